//! The commented file. A comment is `# text`, a key with its default is `#key = value`: who removes the sign
//! has set the key, and who removes all of them has changed nothing.

use std::fmt::Write as _;

use rest_auth::core::model::Secret;
use rest_auth::core::settings::{Key, SectionInfo, Settings};

use super::inline;

/// A longer line is broken, an element a line.
const WIDTH: usize = 110;

/// Every key with its default, all of them commented.
pub fn defaults() -> String {
    let mut text = String::from(
        "# Every key of rest-auth.toml, with its default. Remove the sign before a key to set it.\n\
         # In the environment a key is REST_AUTH__SECTION__KEY, or REST_AUTH__KEY at the top level.\n\
         # Where Python says None a key says false. Durations are seconds, or \"15m\", \"2h\", \"1d\".\n\
         # Relative paths begin in the folder that the server is started in.\n",
    );
    for section in Settings::sections() {
        open(&mut text, &section);
        for key in &section.keys {
            let note = key.strict.as_ref().map(|strict| format!("Profile \"strict\": {}", inline(strict)));
            commented(&mut text, key, key.default.as_ref(), note.as_deref());
        }
    }
    text
}

/// The file of a new project: the profile "strict", a secret of its own, and every other key commented with the
/// value that this profile gives it.
pub fn new_project(secret: &Secret) -> String {
    let mut text = String::from(
        "# The configuration of rest-auth. Keys behind a sign show what holds anyhow; remove it to set them.\n\
         # In the environment a key is REST_AUTH__SECTION__KEY, or REST_AUTH__KEY at the top level.\n\
         # Where Python says None a key says false. Durations are seconds, or \"15m\", \"2h\", \"1d\".\n\
         # Relative paths begin in the folder that the server is started in.\n",
    );
    for section in Settings::sections() {
        open(&mut text, &section);
        for key in &section.keys {
            match (section.name, key.name) {
                ("", "profile") => set(&mut text, key, "strict"),
                ("", "secret_key") => set(&mut text, key, secret.expose()),
                _ => {
                    let compat = key.strict.as_ref().and(key.default.as_ref());
                    let note = compat.map(|compat| format!("Profile \"compat\": {}", inline(compat)));
                    commented(&mut text, key, key.strict.as_ref().or(key.default.as_ref()), note.as_deref());
                }
            }
        }
    }
    text
}

fn open(text: &mut String, section: &SectionInfo) {
    text.push('\n');
    comment(text, section.doc.iter().copied());
    if !section.name.is_empty() {
        let _ = writeln!(text, "[{}]", section.name);
    }
}

fn set(text: &mut String, key: &Key, value: &str) {
    text.push('\n');
    comment(text, key.doc.iter().copied());
    let _ = writeln!(text, "{} = {}", key.name, inline(&value.into()));
}

fn commented(text: &mut String, key: &Key, value: Option<&toml::Value>, note: Option<&str>) {
    text.push('\n');
    comment(text, key.doc.iter().copied());
    comment(text, note.into_iter());
    let Some(value) = value else { return };
    let line = format!("{} = {}", key.name, inline(value));
    match value {
        toml::Value::Array(elements) if line.len() > WIDTH => {
            let _ = writeln!(text, "#{} = [", key.name);
            for element in elements {
                let _ = writeln!(text, "#    {},", inline(element));
            }
            text.push_str("#]\n");
        }
        _ => {
            let _ = writeln!(text, "#{line}");
        }
    }
}

fn comment<'a>(text: &mut String, lines: impl Iterator<Item = &'a str>) {
    for line in lines {
        let _ = writeln!(text, "# {}", line.trim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_generated;

    /// Removes the sign before every key, and before the lines of a list.
    fn uncommented(text: &str) -> String {
        let mut inside = false;
        let mut out = String::new();
        for line in text.lines() {
            let key = line.strip_prefix('#').filter(|rest| inside || !rest.starts_with(' '));
            if let Some(key) = key {
                inside = (inside || key.ends_with('[')) && key != "]";
            }
            out.push_str(key.unwrap_or(line));
            out.push('\n');
        }
        out
    }

    #[test]
    fn the_sample_is_the_default_commented_or_not() {
        for text in [defaults(), uncommented(&defaults())] {
            assert_eq!(Settings::from_table(text.parse().unwrap()).unwrap(), Settings::default());
        }
    }

    #[test]
    fn the_uncommented_sample_names_every_key() {
        let table: toml::Table = uncommented(&defaults()).parse().unwrap();
        assert_eq!(table, Settings::default().to_table());
    }

    #[test]
    fn a_new_project_is_strict_and_what_it_shows_is_what_holds() {
        let text = new_project(&"0123456789".into());
        let settings = Settings::from_table(text.parse().unwrap()).unwrap();
        assert_eq!(settings.top.secret_key.expose(), "0123456789");
        assert!(settings.session.cookie_secure);
        assert_eq!(Settings::from_table(uncommented(&text).parse().unwrap()).unwrap(), settings);
    }

    #[test]
    fn the_committed_sample_is_the_generated_one() {
        assert_generated("docs/reference/rest-auth.toml", &defaults());
    }
}
