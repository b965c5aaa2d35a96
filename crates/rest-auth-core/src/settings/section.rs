//! How a section of the configuration is written down: once, and everything else is generated from it.

/// A key, for the sample and the reference.
#[derive(Clone, Debug)]
pub struct Key {
    /// The name in the file.
    pub name: &'static str,
    /// What it means, line by line.
    pub doc: &'static [&'static str],
    /// The default, as TOML; `None` where it has no TOML form.
    pub default: Option<toml::Value>,
    /// The value in the profile "strict", where that differs.
    pub strict: Option<toml::Value>,
    /// The value is a secret: it is never shown, not even a wrong one.
    pub hidden: bool,
}

/// A section of the file.
pub trait Section {
    /// Its name, `""` for the top level.
    const NAME: &'static str;
    /// What it is about, line by line.
    const DOC: &'static [&'static str];
    /// Its keys, in the order of the sample.
    fn keys() -> Vec<Key>;
}

/// Declares a section: a struct with defaults that refuses unknown keys, and its description.
///
/// A macro, since each key would otherwise be written four times: field, default, sample, reference.
macro_rules! section {
    (
        $(#[doc = $section_doc:literal])+
        $name:ident in $section:literal {
            $( $(#[doc = $doc:literal])+ $key:ident: $ty:ty = $default:expr $(, strict = $strict:expr)?; )*
        }
    ) => {
        $(#[doc = $section_doc])+
        #[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
        #[allow(clippy::doc_link_with_quotes, reason = "these texts are also the sample's: they show TOML")]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $key: $ty, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $key: $default, )* }
            }
        }

        impl $crate::settings::Section for $name {
            const NAME: &'static str = $section;
            const DOC: &'static [&'static str] = &[$($section_doc),+];

            fn keys() -> Vec<$crate::settings::Key> {
                let defaults = Self::default();
                vec![$({
                    #[allow(unused_mut, unused_assignments, reason = "only some keys have a strict value")]
                    let mut strict: Option<$ty> = None;
                    $( strict = Some($strict); )?
                    $crate::settings::Key {
                        name: stringify!($key),
                        doc: &[$($doc),+],
                        default: toml::Value::try_from(&defaults.$key).ok(),
                        strict: strict.and_then(|value| toml::Value::try_from(&value).ok()),
                        hidden: stringify!($ty).contains("Secret"),
                    }
                }),*]
            }
        }
    };
}
pub(super) use section;
