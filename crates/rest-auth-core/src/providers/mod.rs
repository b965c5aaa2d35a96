//! Identity providers as data: the table of rows, what a deployment changes in it, and asking a provider who somebody is.
//!
//! | module | knows |
//! | --- | --- |
//! | `row` | a row as it is written |
//! | [`path`] | where in an answer a value stands |
//! | [`pattern`] | addresses and headers with placeholders |
//! | `mapping` | from answers to an account's key, names and addresses |
//! | `provider` | a row with a deployment's settings and application |
//! | `requests` | what a provider is sent |
//! | `identity` | what an exchange begins with and comes to |
//! | `authorize` | where a browser is sent, and with what |
//! | `identify` | the whole exchange, from what a client posted to who that is |
//! | `exchange` | what is answered to a code |
//! | `binding` | whether a login was meant for our application |
//! | `id_token` | which signed statements are believed |
//! | `discovery` | OpenID Connect's addresses |
//! | `documents` | keys and discovery documents, kept for a while |
//! | `quirks` | what a row cannot say |
//! | `telegram` | the one provider that nobody asks |

mod authorize;
mod binding;
mod discovery;
mod documents;
mod exchange;
mod id_token;
mod identify;
mod identity;
mod mapping;
pub mod path;
pub mod pattern;
mod provider;
mod quirks;
mod requests;
mod row;
mod telegram;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use authorize::{AuthorizationParts, SendOff};
pub use documents::Documents;
pub(crate) use documents::Wanted;
pub use identity::{Asking, Given, Identity, Input, ProviderError, ProviderToken};
pub use mapping::{NoProfile, Profile, ProfileAddress};
pub use provider::{Application, Provider};
pub use quirks::QuirkName;
pub(crate) use requests::with_query;
pub use row::{KEYS, Method, Protocol, Row};

use crate::settings::Problem;

/// The rows that rest-auth brings along.
const TABLE: &str = include_str!("../../data/providers.toml");

/// Every provider that can be named: rest-auth's rows, with a deployment's own on top.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    rows: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    row: Row,
    overridden: Vec<String>,
}

impl Catalogue {
    /// rest-auth's rows and a deployment's: a key of `own` replaces the row's, a new name adds a row.
    pub fn read(own: &BTreeMap<String, toml::Table>) -> Result<Self, Vec<Problem>> {
        let mut tables: BTreeMap<String, toml::Table> = builtin();
        let mut problems = Vec::new();
        let mut rows = BTreeMap::new();
        for (name, changes) in own {
            tables.entry(name.clone()).or_default().extend(changes.clone());
        }
        for (name, table) in tables {
            match row::read(&format!("socialaccount.providers.{name}"), &table) {
                Ok(row) => {
                    let overridden =
                        own.get(&name).map(|own| own.keys().cloned().collect()).unwrap_or_default();
                    rows.insert(name, Entry { row, overridden });
                }
                Err(more) => problems.extend(more),
            }
        }
        if problems.is_empty() { Ok(Self { rows }) } else { Err(problems) }
    }

    /// The row of a name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.get(name).map(|entry| &entry.row)
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The row of a name with an application. `None`: there is no such row.
    pub fn provider(&self, name: &str, application: Application) -> Option<Result<Provider, Vec<Problem>>> {
        let entry = self.rows.get(name)?;
        Some(Provider::build(name, entry.row.clone(), application, &entry.overridden))
    }
}

fn builtin() -> BTreeMap<String, toml::Table> {
    toml::from_str(TABLE).expect("the table of providers is TOML; a test reads it")
}
