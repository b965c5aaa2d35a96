//! The page that lists every check of the configuration.

use std::fmt::Write as _;

use rest_auth::core::checks::{self, Level};

use super::cell;

/// The page, in Markdown.
pub fn checks_page() -> String {
    let mut text = String::from(
        "# Checks\n\n\
         Generated from the checks. `rest-auth check` reports them, a line each, with the place of the key; `serve` \
         refuses to start with errors.\nThe ids stay the same for good.\n",
    );
    let levels = [
        (Level::Error, "Errors", "The server does not start."),
        (Level::Warning, "Warnings", "The server starts, and says so."),
        (Level::Deploy, "Deployment", "Reported by `rest-auth check --deploy` only."),
    ];
    for (level, title, meaning) in levels {
        let _ =
            write!(text, "\n## {title}\n\n{meaning}\n\n| id | a key | what to do |\n| --- | --- | --- |\n");
        for check in checks::all().into_iter().filter(|check| check.level == level) {
            let sentence = cell(&check.sentence.replace("{}", "…"));
            let _ = writeln!(text, "| `{}` | {sentence} | {} |", check.id, cell(check.hint));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_generated;

    #[test]
    fn the_committed_page_is_the_generated_one() {
        assert_generated("docs/reference/checks.md", &checks_page());
    }
}
