//! What is generated from the code: the commented sample, the page of every key and the page of every check.

mod checks_page;
mod sample;
mod settings_page;

pub use checks_page::checks_page;
pub use sample::{defaults, new_project};
pub use settings_page::settings_page;

/// A text that does not end its cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

/// A value as it stands in the file, on one line; a table begins with what names it.
fn inline(value: &toml::Value) -> String {
    match value {
        toml::Value::Array(values) => {
            let values: Vec<String> = values.iter().map(inline).collect();
            format!("[{}]", values.join(", "))
        }
        toml::Value::Table(table) => {
            let (named, rest): (Vec<_>, Vec<_>) =
                table.iter().partition(|(key, _)| ["name", "algorithm"].contains(&key.as_str()));
            let entries =
                named.into_iter().chain(rest).map(|(key, value)| format!("{key} = {}", inline(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}
