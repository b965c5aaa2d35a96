//! The contract that every store keeps: named cases, run on each database, and by whoever brings an own [`Store`].
//!
//! Each case gets a new, empty store for Django's own user model: user names that are unique, addresses that need not
//! be. [`CASES`] lists them all; [`failures`] runs them.

#![expect(clippy::unwrap_used, reason = "a case fails by panicking")]

mod addresses;
mod mails;
mod own_fields;
mod refresh_tokens;
mod sessions;
mod social_accounts;
mod social_codes;
mod throttles;
mod tokens;
mod transactions;
mod users;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{Records, Store, StoreError, StoreResult, Tx};
use crate::model::{EncodedPassword, NewUser, Timestamp, User};

pub use own_fields::user_model as own_fields_model;

/// What a case does: it panics when the contract is broken.
type Run = fn(Arc<dyn Store>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// One sentence of the contract, and its proof.
pub struct Case {
    /// The sentence.
    pub name: &'static str,
    run: Run,
}

/// The contract.
pub const CASES: &[&[Case]] = &[
    users::CASES,
    addresses::CASES,
    tokens::CASES,
    refresh_tokens::CASES,
    sessions::CASES,
    social_accounts::CASES,
    social_codes::CASES,
    mails::CASES,
    throttles::CASES,
    transactions::CASES,
];

/// Runs every case on a store of its own, and names those that fail. `fresh` makes a store.
pub async fn failures<F, Made>(fresh: F) -> Vec<&'static str>
where
    F: Fn() -> Made,
    Made: Future<Output = Arc<dyn Store>>,
{
    failures_of(CASES.iter().copied().flatten(), fresh).await
}

/// The part of the contract that is about fields of a deployment's own: runs its cases on stores for the user model
/// [`own_fields_model`].
pub async fn failures_with_own_fields<F, Made>(fresh: F) -> Vec<&'static str>
where
    F: Fn() -> Made,
    Made: Future<Output = Arc<dyn Store>>,
{
    failures_of(own_fields::CASES.iter(), fresh).await
}

async fn failures_of<F, Made>(cases: impl Iterator<Item = &'static Case>, fresh: F) -> Vec<&'static str>
where
    F: Fn() -> Made,
    Made: Future<Output = Arc<dyn Store>>,
{
    let mut failed = Vec::new();
    for case in cases {
        let store = fresh().await;
        // As a task, so that a panic ends the case and not the run.
        if tokio::spawn((case.run)(store)).await.is_err() {
            failed.push(case.name);
        }
    }
    failed
}

/// When everything happens.
const NOW: Timestamp = Timestamp::from_micros(1_795_312_798_096_391);

/// Names a function as a case.
macro_rules! case {
    ($name:ident) => {
        Case { name: stringify!($name), run: |store| Box::pin($name(store)) }
    };
}
use case;

async fn read(store: &Arc<dyn Store>) -> Box<dyn Records> {
    store.read().await.expect("the store can be read")
}

async fn write(store: &Arc<dyn Store>) -> Box<dyn Tx> {
    store.write().await.expect("the store can be written")
}

fn new_user(name: &str) -> NewUser {
    let password = EncodedPassword::from_column(format!("!{name}"));
    NewUser::new(Some(name.to_owned()), format!("{name}@example.com"), password, NOW)
}

/// An account that is there.
async fn add_user(store: &Arc<dyn Store>, name: &str) -> User {
    let mut tx = write(store).await;
    let user = tx.add_user(new_user(name)).await.expect("the name is free");
    tx.commit().await.expect("nothing is in the way");
    user
}

/// Which field a result says is taken.
fn conflict<T: std::fmt::Debug>(result: StoreResult<T>) -> &'static str {
    match result {
        Err(StoreError::Conflict { field }) => field,
        other => panic!("not a conflict: {other:?}"),
    }
}
