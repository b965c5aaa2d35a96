//! The page that lists every key: default, strict value, variable and meaning.

use std::fmt::Write as _;

use rest_auth::core::settings::{Key, NOT_TAKEN, NotTaken, Settings};

use super::{cell, inline};
use crate::config::variable;

/// The page, in Markdown.
pub fn settings_page() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Generated from the settings; [rest-auth.toml](rest-auth.toml) is the same as a file. How a configuration is \
         found:\n`--config FILE`, else the variable `REST_AUTH_CONFIG`, else `./rest-auth.toml`, else the defaults. \
         A variable wins over\nthe file, `--listen` over both. The value of a variable is taken as text where the key \
         takes text, else as TOML:\n`REST_AUTH__HTTP__AUTHENTICATION='[\"token\"]'`. Unknown keys and variables refuse \
         to start.\n\n\
         Durations are whole seconds, or text such as `\"15m\"`, `\"2h\"`, `\"1d\"`. Where Python says `None` a key says \
         `false`.\nRelative paths begin in the folder that the server is started in.\n\n\
         Two variables are no keys: `REST_AUTH_LOG` sets what is logged (`info`; `warn`, `debug`, or by part: \
         `info,rest_auth_sql=debug`),\nand `REST_AUTH_LOG_FORMAT` how: `text`, the default at a terminal, or `json`, \
         the default elsewhere.\n",
    );
    for section in Settings::sections() {
        let title =
            if section.name.is_empty() { "Top level".to_owned() } else { format!("`[{}]`", section.name) };
        let _ = write!(text, "\n## {title}\n\n{}\n\n", section.doc.join("\n").trim());
        text.push_str("| key | default | strict | variable | meaning |\n| --- | --- | --- | --- | --- |\n");
        for key in &section.keys {
            let _ = writeln!(text, "{}", row(section.name, key));
        }
    }
    text.push_str(
        "\n## Upstream's settings that are no keys\n\nEach of them refuses to start, with these words.\n\n\
         | key | it | instead |\n| --- | --- | --- |\n",
    );
    for NotTaken { keys, why, instead } in NOT_TAKEN {
        let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let _ = writeln!(text, "| {} | {} | {} |", keys.join(", "), cell(why), cell(instead));
    }
    text
}

fn row(section: &str, key: &Key) -> String {
    // Within back-ticks only the bar needs care.
    let code = |value: &toml::Value| format!("`{}`", inline(value).replace('|', "\\|"));
    let default = key.default.as_ref().map(code).unwrap_or_default();
    let strict = key.strict.as_ref().map(code).unwrap_or_default();
    let meaning: Vec<&str> = key.doc.iter().map(|line| line.trim()).collect();
    let meaning = cell(&meaning.join(" "));
    format!("| `{}` | {default} | {strict} | `{}` | {meaning} |", key.name, variable(section, key.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_generated;

    #[test]
    fn the_committed_page_is_the_generated_one() {
        assert_generated("docs/reference/settings.md", &settings_page());
    }

    #[test]
    fn every_row_has_the_cells_of_its_table() {
        let page = settings_page();
        let (keys, others) = page.split_once("## Upstream's settings").unwrap();
        for (part, bars) in [(keys, 6), (others, 4)] {
            for line in part.lines().filter(|line| line.starts_with('|')) {
                assert_eq!(line.replace("\\|", "").matches('|').count(), bars, "{line}");
            }
        }
    }
}
