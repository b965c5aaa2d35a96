//! Secrets in files of their own: a key `secret_key_file` names the file that holds `secret_key`.

use std::path::Path;

use rest_auth::core::settings::Settings;

use super::draft::{Draft, path};
use super::{Mistake, Origin};

/// Reads every file that a `…_file` key names into the key that it stands for.
///
/// Of a key and its file the one from the later source holds, so that the environment can replace either;
/// both from the same source contradict each other.
pub(super) fn follow(folder: &Path, draft: &mut Draft) {
    for section in Settings::sections() {
        let names: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
        for twin in &names {
            let Some(key) = twin.strip_suffix("_file").filter(|key| names.contains(key)) else { continue };
            let Some(file) = draft.get(section.name, twin).and_then(toml::Value::as_str) else { continue };
            let file = file.to_owned();
            let (twin, origin) =
                (path(section.name, twin), draft.origins.get(&path(section.name, twin)).cloned());
            let direct = draft.origins.get(&path(section.name, key));
            match direct.map(rank).cmp(&origin.as_ref().map(rank)) {
                std::cmp::Ordering::Greater => {}
                std::cmp::Ordering::Equal => {
                    let message = format!("`{key}` is given too");
                    draft.mistakes.push(Mistake { message, ..about(origin, &twin, "keep one of the two") });
                }
                std::cmp::Ordering::Less => match read(&folder.join(&file)) {
                    Ok(secret) => {
                        warn_of_readers(&folder.join(&file), &file, &about(origin.clone(), &twin, ""), draft);
                        if let Some(origin) = origin {
                            draft.set(section.name, key, secret.into(), origin);
                        }
                    }
                    Err((message, hint)) => {
                        let message = format!("{file}: {message}");
                        draft.mistakes.push(Mistake { message, ..about(origin, &twin, hint) });
                    }
                },
            }
        }
    }
}

/// Which source is the later one.
fn rank(origin: &Origin) -> u8 {
    match origin {
        Origin::File { .. } | Origin::WholeFile(_) => 0,
        Origin::Variable(_) => 1,
        Origin::Option(_) => 2,
    }
}

/// The text of the file without white space around it; or what is wrong with it, and what to do.
fn read(file: &Path) -> Result<String, (String, &'static str)> {
    let bytes = std::fs::read(file).map_err(|error| {
        let hint = match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                "give the user that the server runs as the right to read it"
            }
            _ => "name a file with the secret in it, and nothing else",
        };
        (format!("the file cannot be read: {error}"), hint)
    })?;
    let text = String::from_utf8(bytes).map_err(|_| ("no UTF-8".to_owned(), "write the secret as text"))?;
    match text.trim() {
        "" => Err(("the file is empty".to_owned(), "write the secret into it")),
        secret => Ok(secret.to_owned()),
    }
}

/// A secret that every user of the machine can read is worth a word, and no refusal: in a container that is usual.
#[cfg(unix)]
fn warn_of_readers(file: &Path, shown: &str, about: &Mistake, draft: &mut Draft) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(mode) = std::fs::metadata(file).map(|metadata| metadata.permissions().mode()) else { return };
    if mode & 0o006 != 0 {
        draft.warnings.push(Mistake {
            message: format!("{shown}: every user of this machine can read the secret"),
            hint: Some(format!("`chmod o= {shown}`")),
            ..about.clone()
        });
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path, _: &str, _: &Mistake, _: &mut Draft) {}

fn about(origin: Option<Origin>, key: &str, hint: &str) -> Mistake {
    Mistake { origin, key: Some(key.to_owned()), message: String::new(), hint: Some(hint.to_owned()) }
}
