//! What is measured, in which order.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::Failure;
use super::arguments::Arguments;
use super::bare::Model;
use super::commit_rate;
use super::connection::Connection;
use super::crowd::{Pace, Plan, Seen, gather};
use super::databases::Database;
use super::hash_rate;
use super::machine::{self, Machine};
use super::process::Process;
use super::report::Report;
use super::requests::{Bare, Details, Login, details_request};
use super::tokens::{self, Present, Refresh, SECRET, Signer, verify_request};
use crate::population::Population;

/// Before requests that hash nothing are counted.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long the bare route and the server are asked in turns,
const TURN: Duration = Duration::from_secs(1);
/// and before each turn counts.
const TURN_WARM_UP: Duration = Duration::from_millis(250);
/// Until an idle server has given back what it does not need.
const REST: Duration = Duration::from_secs(2);
/// Clients for each core that log in without a pause, so that no hashing thread ever waits for work.
const LOGINS_PER_CORE: usize = 4;
/// The bound of a queue: `password.max_wait`'s default, in seconds, which the server runs with.
pub(super) const MAX_WAIT: u64 = 5;

/// Everything that one round measured.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Round {
    pub(super) start_millis: f64,
    /// Resident memory before the first request.
    pub(super) idle_mib: f64,
    /// Hashes a second, the ceiling of logins.
    pub(super) hashes: f64,
    /// CPU time of a hash.
    pub(super) hash_cpu_millis: f64,
    /// The bare route.
    pub(super) bare: Figures,
    /// `GET user/` with a token.
    pub(super) user: Figures,
    /// Logins.
    pub(super) login: Figures,
    /// `GET user/` at a steady rate and nothing else.
    pub(super) calm: Figures,
    /// The same during a storm of logins.
    pub(super) stormy: Figures,
    /// The storm itself.
    pub(super) storm: Figures,
    /// Resident memory after the storm.
    pub(super) after_mib: f64,
    /// JSON web tokens.
    pub(super) tokens: TokenFigures,
}

/// What was measured of JSON web tokens, on a server of their own.
#[derive(Clone, Debug, Serialize)]
pub(super) struct TokenFigures {
    /// The bare route, which is posted the same and answers what `token/verify/` answers.
    pub(super) posted: Figures,
    /// `token/verify/` with an access token.
    pub(super) verify: Figures,
    /// The bare route, asked with a token in the header.
    pub(super) asked: Figures,
    /// A host's route beside it that wants the claims.
    pub(super) claims: Figures,
    /// `GET user/` with an access token.
    pub(super) user: Figures,
    /// Durable commits a second to an SQLite file, one after the other.
    pub(super) commits: f64,
    /// `token/refresh/` with rotation, blacklist and families.
    pub(super) refresh: Figures,
}

/// What a crowd of clients saw.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    /// Served requests a second.
    pub(super) rate: f64,
    pub(super) p50_millis: f64,
    pub(super) p99_millis: f64,
    /// The slowest answer, refusals included.
    pub(super) slowest_millis: f64,
    /// CPU time of the server for each served request.
    pub(super) cpu_millis: f64,
    /// The most resident memory.
    pub(super) peak_mib: f64,
    /// How many times of served requests the percentiles are of.
    pub(super) served: usize,
    /// How many were answered 503.
    pub(super) refused: usize,
}

impl From<Seen> for Figures {
    fn from(seen: Seen) -> Self {
        Self {
            rate: seen.rate(),
            p50_millis: millis(seen.latencies.within(500)),
            p99_millis: millis(seen.latencies.within(990)),
            slowest_millis: millis(seen.latencies.within(1000).max(seen.refusals.within(1000))),
            cpu_millis: seen.cpu_millis(),
            peak_mib: seen.usage.peak_mib,
            served: seen.latencies.count(),
            refused: seen.refusals.count(),
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Measures everything and reports.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let machine = Machine::look();
    let bench = Bench::set_up(arguments)?;
    println!("{machine}");
    println!("{} users on {}, {} rounds", arguments.users, bench.database.name(), arguments.rounds);
    let mut rounds = Vec::new();
    for number in 1..=arguments.rounds {
        rounds.push(bench.round().map_err(|failure| format!("{failure} (log: {})", bench.log().display()))?);
        eprintln!("round {number} of {} is done", arguments.rounds);
    }
    let report = Report { machine, database: bench.database.name(), users: arguments.users, rounds };
    println!("{report}");
    if let Some(file) = &arguments.json {
        fs::write(file, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    Ok(())
}

/// What all rounds share.
struct Bench<'a> {
    arguments: &'a Arguments,
    binary: PathBuf,
    folder: PathBuf,
    database: Database,
    population: Population,
}

impl<'a> Bench<'a> {
    fn set_up(arguments: &'a Arguments) -> Result<Self, Failure> {
        let own = std::env::current_exe()?;
        let beside = own.parent().ok_or("this program lies in no folder")?;
        let binary = arguments.server.clone().unwrap_or_else(|| beside.join("rest-auth"));
        if !binary.is_file() {
            return Err(format!(
                "there is no server at {}: cargo build --release -p rest-auth-server",
                binary.display()
            )
            .into());
        }
        let folder = beside.join("load-files");
        fs::create_dir_all(&folder)?;
        let database = Database::of(&arguments.database, &folder, arguments.users)?;
        let population = database.fill(arguments.users)?;
        Ok(Self { arguments, binary, folder, database, population })
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn round(&self) -> Result<Round, Failure> {
        let span = self.arguments.span();
        let server = self.start("", "")?;
        std::thread::sleep(REST);
        let idle_mib = server.resident_mib()?;
        let hashes = hash_rate::measure(span)?;
        let (bare, user) = self.user(&server)?;
        let logins = u32::try_from(machine::cores() * LOGINS_PER_CORE)?;
        let login =
            gather(self.plan(&server, logins, Pace::Eager), &server, |client| self.login(&server, client))?;
        let calm = self.watch(&server)?;
        let (stormy, storm) = std::thread::scope(|scope| {
            let storm = scope.spawn(|| self.storm(&server));
            let stormy = self.watch(&server);
            (stormy, storm.join().expect("a storm does not panic"))
        });
        std::thread::sleep(REST);
        let (started_within, after_mib) = (server.started_within, server.resident_mib()?);
        drop(server);
        let tokens = self.tokens()?;
        Ok(Round {
            start_millis: millis(started_within),
            idle_mib,
            hashes: hashes.rate,
            hash_cpu_millis: hashes.cpu_millis,
            bare: bare.into(),
            user: user.into(),
            login: login.into(),
            calm: calm.into(),
            stormy: stormy?.into(),
            storm: storm?.into(),
            after_mib,
            tokens,
        })
    }

    /// JSON web tokens: verified, used and exchanged.
    fn tokens(&self) -> Result<TokenFigures, Failure> {
        let span = self.arguments.span();
        let http = "authentication = [\"jwt\"]\nfeatures = [\"registration\", \"blacklist\"]\n";
        let server = self.start(http, tokens::SETTINGS)?;
        let signer = Signer::new()?;
        let (host, list) = (server.address, signer.access(self.population));
        let mut connection = Connection::open(host)?;
        let model = Model::of(&connection.ask(&verify_request(host, &list[0].1))?)?.with_claims(SECRET);
        let bare = Process::bare(&model)?;
        let plan = |process| self.plan(process, self.arguments.connections, Pace::Eager);
        let (posted, verify) = self.in_turns(
            |_| {
                gather(self.turn(&bare), &bare, |client| {
                    Present::to_bare(bare.address, &list, &model, client)
                })
            },
            |_| gather(self.turn(&server), &server, |client| Present::to_verify(host, &list, client)),
        )?;
        let route = |path: &'static str| {
            gather(self.turn(&bare), &bare, |client| {
                Present::to_route(bare.address, path, &list, &model, client)
            })
        };
        let (asked, claims) = self.in_turns(|_| route("/"), |_| route("/claims"))?;
        let user =
            gather(plan(&server), &server, |client| Present::to_user(host, self.population, &list, client))?;
        let commits = commit_rate::measure(&self.folder, span)?;
        let refresh = gather(plan(&server), &server, |client| {
            Refresh::new(host, signer.refresh(self.population, client))
        })?;
        Ok(TokenFigures {
            posted: posted.into(),
            verify: verify.into(),
            asked: asked.into(),
            claims: claims.into(),
            user: user.into(),
            commits,
            refresh: refresh.into(),
        })
    }

    /// The server on a database of this round's own, with the defaults of everything that costs time. `http` are more keys
    /// of that section, `more` are more sections.
    fn start(&self, http: &str, more: &str) -> Result<Process, Failure> {
        let config = self.folder.join("load.toml");
        let url = self.database.for_a_round()?;
        let mails = self.folder.join("mails");
        let text = format!(
            "secret_key = {SECRET:?}\n\
             [http]\nbase_url = \"http://localhost\"\n{http}\
             [database]\nurl = {url:?}\n\
             [password]\nmax_wait = {MAX_WAIT}\n\
             [email]\nbackend = \"file\"\nfile_path = \"{}\"\n{more}",
            mails.display()
        );
        fs::write(&config, text)?;
        Process::server(&self.binary, &config, &self.log())
    }

    fn details(&self, server: &Process, client: u32) -> Details {
        Details::new(self.population, server.address, client)
    }

    fn login(&self, server: &Process, client: u32) -> Login {
        Login::new(self.population, server.address, client)
    }

    fn plan(&self, server: &Process, clients: u32, pace: Pace) -> Plan {
        Plan { address: server.address, clients, pace, warm_up: WARM_UP, span: self.arguments.span() }
    }

    /// `GET user/`, and the bare route that answers the same.
    fn user(&self, server: &Process) -> Result<(Seen, Seen), Failure> {
        let mut connection = Connection::open(server.address)?;
        let model = Model::of(&connection.ask(&details_request(server.address, 0))?)?;
        let bare = Process::bare(&model)?;
        self.in_turns(
            |_| gather(self.turn(&bare), &bare, |_| Bare::new(bare.address, model.body.clone())),
            |turn| {
                let first = turn * self.arguments.connections;
                gather(self.turn(server), server, |client| self.details(server, first + client))
            },
        )
    }

    /// A ceiling and what it is the ceiling of: a second each, in turns, so that whatever else the machine does meets both.
    fn in_turns(
        &self,
        ceiling: impl Fn(u32) -> Result<Seen, Failure>,
        measured: impl Fn(u32) -> Result<Seen, Failure>,
    ) -> Result<(Seen, Seen), Failure> {
        let mut sums: Option<(Seen, Seen)> = None;
        for turn in 0..u32::try_from(self.arguments.seconds)? {
            let (above, below) = (ceiling(turn)?, measured(turn)?);
            sums = Some(match sums {
                Some((ceiling, measured)) => (ceiling.and(above), measured.and(below)),
                None => (above, below),
            });
        }
        sums.ok_or_else(|| "no time to measure anything".into())
    }

    fn turn(&self, process: &Process) -> Plan {
        let plan = self.plan(process, self.arguments.connections, Pace::Eager);
        Plan { warm_up: TURN_WARM_UP, span: TURN, ..plan }
    }

    /// `GET user/` at a steady rate.
    fn watch(&self, server: &Process) -> Result<Seen, Failure> {
        let plan = self.plan(server, 16.min(self.arguments.watch), Pace::Steady(self.arguments.watch));
        gather(plan, server, |client| self.details(server, client))
    }

    /// Everybody logs in at once, and again, for longer than the watchers watch.
    fn storm(&self, server: &Process) -> Result<Seen, Failure> {
        let pace = if self.arguments.impatient { Pace::Eager } else { Pace::Polite };
        let span = WARM_UP + self.arguments.span();
        let plan = Plan { warm_up: Duration::ZERO, span, ..self.plan(server, self.arguments.storm, pace) };
        gather(plan, server, |client| self.login(server, client))
    }
}
