//! Where the users are kept, and a database for each round.

use std::fs;
use std::path::{Path, PathBuf};

use rest_auth_core::model::Timestamp;
use rest_auth_core::settings;
use rest_auth_sql::{Options, SqlStore, UserModel};

use super::Failure;
use crate::population::Population;
use crate::postgres::{Cluster, Durability};

/// A database that is full of users.
pub(super) enum Database {
    /// A file that is copied for each round.
    Sqlite {
        /// The file with the users, which stays as it is.
        seed: PathBuf,
        /// The copy that is used.
        work: PathBuf,
    },
    /// One database for all rounds, perhaps on a server of our own, which ends with this value.
    Postgres { url: String, _server: Option<Cluster> },
}

impl Database {
    /// The database that the command line names. `folder` is where files may stay.
    pub(super) fn of(name: &str, folder: &Path, users: u32) -> Result<Self, Failure> {
        match name {
            "sqlite" => Ok(Self::Sqlite {
                seed: folder.join(format!("users-{users}.sqlite3")),
                work: folder.join("work.sqlite3"),
            }),
            "postgres" => {
                let server = Cluster::start(Durability::Full).ok_or("there is no PostgreSQL here")?;
                let url = block_on(server.database())?;
                Ok(Self::Postgres { url, _server: Some(server) })
            }
            url if url.starts_with("postgres") => Ok(Self::Postgres { url: url.to_owned(), _server: None }),
            other => Err(format!("{other:?}: use \"sqlite\", \"postgres\" or a postgres:// URL").into()),
        }
    }

    /// What the report calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Finds or makes the users.
    pub(super) fn fill(&self, users: u32) -> Result<Population, Failure> {
        match self {
            Self::Postgres { url, .. } => block_on(populate(url, users))?,
            Self::Sqlite { seed, .. } if seed.exists() => block_on(populate(&sqlite_url(seed), users))?,
            Self::Sqlite { seed, .. } => {
                // Under another name until it is whole.
                let new = seed.with_extension("new");
                remove(&new)?;
                let population = block_on(populate(&sqlite_url(&new), users))??;
                fs::rename(&new, seed)?;
                Ok(population)
            }
        }
    }

    /// The URL of a database with the users and nothing else.
    pub(super) fn for_a_round(&self) -> Result<String, Failure> {
        match self {
            Self::Postgres { url, .. } => Ok(url.clone()),
            Self::Sqlite { seed, work } => {
                remove(work)?;
                fs::copy(seed, work)?;
                Ok(sqlite_url(work))
            }
        }
    }
}

async fn populate(url: &str, users: u32) -> Result<Population, Failure> {
    let model = UserModel::new(&settings::UserModel::default())?;
    let store = SqlStore::open(url, Options::default(), model)?;
    store.migrate(Timestamp::from_seconds(0)).await?;
    let population = match Population::find(&store, users).await? {
        Some(population) => population,
        None => Population::settle(&store, users).await?,
    };
    rest_auth_core::store::Store::close(&store).await;
    Ok(population)
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// Removes a database file and the files beside it, where they are there.
pub(super) fn remove(file: &Path) -> Result<(), Failure> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Runs what is asynchronous; the program itself is not.
fn block_on<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}
