//! `check`: what is wrong with the configuration.

use std::path::Path;

use rest_auth::core::checks::Level;

use super::{Failure, load};
use crate::process::Process;

/// Reports every finding on a line of its own, and fails if one is an error.
pub(super) fn run(process: &mut Process, file: Option<&Path>, deploy: bool) -> Result<(), Failure> {
    let configuration = load(process, file, None)?;
    let findings = configuration.findings(deploy);
    for (level, finding) in &findings {
        process.console.complain(&format!("{level}: {finding}"));
    }
    let levels: Vec<Level> = findings.iter().map(|(level, _)| *level).collect();
    process.console.say(&summary(&levels));
    if levels.contains(&Level::Error) { Err(Failure::default()) } else { Ok(()) }
}

fn summary(levels: &[Level]) -> String {
    let kinds = [
        (Level::Error, "error", "errors"),
        (Level::Warning, "warning", "warnings"),
        (Level::Deploy, "deviation from a safe deployment", "deviations from a safe deployment"),
    ];
    let counts =
        kinds.map(|(level, one, many)| match levels.iter().filter(|found| **found == level).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    if counts.is_empty() {
        "The configuration is in order.".to_owned()
    } else {
        format!("{}.", counts.join(", "))
    }
}
