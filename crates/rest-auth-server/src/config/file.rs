//! The TOML file: its values, and the line and column of each key.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::draft::{Draft, path};
use super::{Mistake, Origin};

/// Reads the file. One that cannot be read, or is no TOML, is all that can be reported.
pub(super) fn read(file: &Path, folder: &Path, draft: &mut Draft) -> Result<(), Vec<Mistake>> {
    let name = file.display().to_string();
    let text = std::fs::read(folder.join(file)).map_err(|error| vec![unreadable(&name, &error)])?;
    let text = String::from_utf8(text).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        vec![Mistake {
            origin: Some(position(&name, &before, good)),
            key: None,
            message: "no UTF-8 from here on".to_owned(),
            hint: Some("save the file as UTF-8".to_owned()),
        }]
    })?;
    let (spans, mut errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        errors.sort_by_key(|error| error.span().map(|span| span.start));
        return Err(errors.iter().map(|error| syntax(&name, &text, error)).collect());
    }
    draft.table = text.parse().map_err(|error| vec![syntax(&name, &text, &error)])?;
    for (key, value) in spans.get_ref() {
        record(&name, &text, "", key, draft);
        if let DeValue::Table(section) = value.get_ref() {
            for inner in section.keys() {
                record(&name, &text, key.get_ref(), inner, draft);
            }
        }
    }
    Ok(())
}

fn record(
    file: &str,
    text: &str,
    section: &str,
    key: &Spanned<std::borrow::Cow<'_, str>>,
    draft: &mut Draft,
) {
    draft.origins.insert(path(section, key.get_ref()), position(file, text, key.span().start));
}

fn unreadable(name: &str, error: &std::io::Error) -> Mistake {
    let hint = match error.kind() {
        std::io::ErrorKind::NotFound => Some("`rest-auth init` writes a new one"),
        std::io::ErrorKind::PermissionDenied => Some("give this user the right to read it"),
        _ => None,
    };
    Mistake {
        origin: Some(Origin::WholeFile(name.to_owned())),
        key: None,
        message: format!("the file cannot be read: {error}"),
        hint: hint.map(str::to_owned),
    }
}

fn syntax(name: &str, text: &str, error: &toml::de::Error) -> Mistake {
    let origin = match error.span() {
        Some(span) => position(name, text, span.start),
        None => Origin::WholeFile(name.to_owned()),
    };
    let message = error.message().trim().replace('\n', "; ");
    Mistake { origin: Some(origin), key: None, message, hint: None }
}

/// The line and column of a byte.
fn position(file: &str, text: &str, offset: usize) -> Origin {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
    Origin::File { file: file.to_owned(), line, column }
}
