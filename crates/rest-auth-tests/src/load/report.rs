//! The report: medians with their spread, ratios to the ceilings, and whether the goals are met.

use std::fmt;

use serde::Serialize;

use super::machine::Machine;
use super::rounds::{MAX_WAIT, Round};

/// Everything that was measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) database: &'static str,
    pub(super) users: u32,
    pub(super) rounds: Vec<Round>,
}

/// The middle of all rounds, with the least and the greatest.
#[derive(Clone, Copy)]
struct Spread {
    median: f64,
    least: f64,
    greatest: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let median = f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]);
        Self { median, least: values[0], greatest: values[values.len() - 1] }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.greatest {
            great if great >= 1000.0 => 0,
            great if great >= 10.0 => 1,
            _ => 3,
        };
        let Self { median, least, greatest } = self;
        write!(f, "{median:>10.digits$}   {least:.digits$} – {greatest:.digits$}")
    }
}

/// A goal and the figure that it is about.
struct Goal {
    words: &'static str,
    figure: f64,
    bound: f64,
    at_least: bool,
}

impl Report {
    fn spread(&self, figure: impl Fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.iter().map(figure).collect())
    }

    fn goals(&self) -> [Goal; 8] {
        let max_wait = f64::from(u32::try_from(MAX_WAIT).unwrap_or(u32::MAX)) * 1000.0;
        let median = |figure: fn(&Round) -> f64| self.spread(figure).median;
        let goal = |words, figure, bound, at_least| Goal { words, figure, bound, at_least };
        [
            goal("logins to hashes", median(login_ratio), 0.9, true),
            goal("GET user/ to the bare route", median(user_ratio), 0.5, true),
            goal("token/verify/ to the bare route", median(verify_ratio), 0.8, true),
            goal("a route that wants claims to the bare route", median(claims_ratio), 0.8, true),
            goal("refreshes to single commits on SQLite", median(refresh_ratio), 10.0, true),
            goal("MiB when idle", median(|round| round.idle_mib), 30.0, false),
            goal("p99 of GET user/ in a storm to without", median(storm_ratio), 5.0, false),
            goal("ms to the slowest answer of a storm", self.spread(slowest_login).greatest, max_wait, false),
        ]
    }
}

fn login_ratio(round: &Round) -> f64 {
    round.login.rate / round.hashes
}

fn user_ratio(round: &Round) -> f64 {
    round.user.rate / round.bare.rate
}

fn verify_ratio(round: &Round) -> f64 {
    round.tokens.verify.rate / round.tokens.posted.rate
}

fn claims_ratio(round: &Round) -> f64 {
    round.tokens.claims.rate / round.tokens.asked.rate
}

fn refresh_ratio(round: &Round) -> f64 {
    round.tokens.refresh.rate / round.tokens.commits
}

fn storm_ratio(round: &Round) -> f64 {
    round.stormy.p99_millis / round.calm.p99_millis
}

fn slowest_login(round: &Round) -> f64 {
    round.storm.slowest_millis
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<46}{:>10}   least – greatest", "", "median")?;
        for (name, figure) in ROWS {
            writeln!(f, "{name:<46}{}", self.spread(figure))?;
        }
        writeln!(f)?;
        for Goal { words, figure, bound, at_least } in self.goals() {
            let met = if at_least { figure >= bound } else { figure <= bound };
            let (verdict, limit) = (if met { "met" } else { "MISSED" }, if at_least { "≥" } else { "≤" });
            writeln!(f, "{verdict:<7} {words}: {figure:.2} (goal {limit} {bound})")?;
        }
        Ok(())
    }
}

/// A line of the table: its words, and the figure of a round.
type Row = (&'static str, fn(&Round) -> f64);

const ROWS: &[Row] = &[
    ("start, ms", |round| round.start_millis),
    ("memory, idle, MiB", |round| round.idle_mib),
    ("memory, GET user/, MiB", |round| round.user.peak_mib),
    ("memory, logins, MiB", |round| round.login.peak_mib),
    ("memory, storm, MiB", |round| round.storm.peak_mib),
    ("memory, after the storm, MiB", |round| round.after_mib),
    ("hashes alone, 1/s", |round| round.hashes),
    ("logins, 1/s", |round| round.login.rate),
    ("logins / hashes", login_ratio),
    ("hash, CPU, ms", |round| round.hash_cpu_millis),
    ("login, server's CPU, ms", |round| round.login.cpu_millis),
    ("logins / hashes, by CPU", |round| round.hash_cpu_millis / round.login.cpu_millis),
    ("logins, p50, ms", |round| round.login.p50_millis),
    ("logins, p99, ms", |round| round.login.p99_millis),
    ("bare route, 1/s", |round| round.bare.rate),
    ("bare route, server's CPU, ms", |round| round.bare.cpu_millis),
    ("bare route, p50, ms", |round| round.bare.p50_millis),
    ("bare route, p99, ms", |round| round.bare.p99_millis),
    ("GET user/, 1/s", |round| round.user.rate),
    ("GET user/, server's CPU, ms", |round| round.user.cpu_millis),
    ("GET user/, p50, ms", |round| round.user.p50_millis),
    ("GET user/, p99, ms", |round| round.user.p99_millis),
    ("GET user/ / bare route, by 1/s", user_ratio),
    ("GET user/ / bare route, by server's CPU", |round| round.bare.cpu_millis / round.user.cpu_millis),
    ("steady GET user/, p50, ms", |round| round.calm.p50_millis),
    ("steady GET user/, p99, ms", |round| round.calm.p99_millis),
    ("steady GET user/ in a storm, p50, ms", |round| round.stormy.p50_millis),
    ("steady GET user/ in a storm, p99, ms", |round| round.stormy.p99_millis),
    ("p99 in a storm / without", storm_ratio),
    ("storm, logins, 1/s", |round| round.storm.rate),
    ("storm, logins / hashes", |round| round.storm.rate / round.hashes),
    ("storm, served", |round| count(round.storm.served)),
    ("storm, refused with 503", |round| count(round.storm.refused)),
    ("storm, slowest answer, ms", slowest_login),
    ("bare route, posted, 1/s", |round| round.tokens.posted.rate),
    ("token/verify/, 1/s", |round| round.tokens.verify.rate),
    ("token/verify/ / bare route, by 1/s", verify_ratio),
    ("token/verify/ / bare route, by server's CPU", |round| {
        round.tokens.posted.cpu_millis / round.tokens.verify.cpu_millis
    }),
    ("bare route, with a token, 1/s", |round| round.tokens.asked.rate),
    ("a route that wants claims, 1/s", |round| round.tokens.claims.rate),
    ("a route that wants claims / bare route, by 1/s", claims_ratio),
    ("a route that wants claims / bare route, by CPU", |round| {
        round.tokens.asked.cpu_millis / round.tokens.claims.cpu_millis
    }),
    ("GET user/ with an access token, 1/s", |round| round.tokens.user.rate),
    ("single commits on SQLite, 1/s", |round| round.tokens.commits),
    ("refreshes, 1/s", |round| round.tokens.refresh.rate),
    ("refreshes / single commits", refresh_ratio),
    ("refreshes, p99, ms", |round| round.tokens.refresh.p99_millis),
];

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
