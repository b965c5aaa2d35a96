//! Transactions: all or nothing, one after another, and lasting.

use std::sync::Arc;

use super::{Case, NOW, add_user, case, conflict, new_user, read, write};
use crate::model::TokenKey;
use crate::store::{ProfileChanges, Store, StoreError, UserLookup};

pub(super) const CASES: &[Case] = &[
    case!(a_transaction_that_is_dropped_leaves_no_trace),
    case!(a_transaction_that_is_cut_short_leaves_no_trace),
    case!(a_transaction_sees_what_it_has_written),
    case!(what_is_committed_is_seen_by_everybody),
    case!(a_transaction_with_a_failure_cannot_be_committed),
    case!(of_two_who_want_a_name_one_gets_it),
    case!(whoever_holds_a_name_decides_about_all_its_spellings),
    case!(concurrent_writers_lose_nothing),
    case!(reads_do_not_write),
    case!(a_closed_store_answers_nothing),
];

async fn a_transaction_that_is_dropped_leaves_no_trace(store: Arc<dyn Store>) {
    let mut tx = write(&store).await;
    let ann = tx.add_user(new_user("ann")).await.unwrap();
    tx.add_email_address(ann.id, "ann@example.com", false, true).await.unwrap();
    drop(tx);
    // The next transaction comes after whatever the drop has set off.
    write(&store).await.commit().await.unwrap();
    let mut records = read(&store).await;
    assert_eq!(records.users(UserLookup::Username("ann")).await.unwrap(), []);
    assert_eq!(records.email_addresses("ann@example.com").await.unwrap(), []);
    add_user(&store, "ann").await;
}

async fn a_transaction_that_is_cut_short_leaves_no_trace(store: Arc<dyn Store>) {
    let half_way = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut tx = write(&store).await;
            tx.add_user(new_user("ann")).await.unwrap();
            std::future::pending::<()>().await;
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    half_way.abort();
    assert!(half_way.await.unwrap_err().is_cancelled());
    add_user(&store, "ann").await;
}

async fn a_transaction_sees_what_it_has_written(store: Arc<dyn Store>) {
    let mut tx = write(&store).await;
    let ann = tx.add_user(new_user("ann")).await.unwrap();
    assert_eq!(tx.user(ann.id).await.unwrap(), Some(ann.clone()));
    let key = TokenKey::new("a".repeat(40));
    tx.token_or_add(ann.id, key.clone(), NOW).await.unwrap();
    assert_eq!(tx.token_user(&key).await.unwrap().map(|(_, user)| user), Some(ann));
}

async fn what_is_committed_is_seen_by_everybody(store: Arc<dyn Store>) {
    let mut before = read(&store).await;
    assert_eq!(before.users(UserLookup::Username("ann")).await.unwrap(), []);
    let ann = add_user(&store, "ann").await;
    assert_eq!(before.users(UserLookup::Username("ann")).await.unwrap(), std::slice::from_ref(&ann));
    assert_eq!(write(&store).await.user(ann.id).await.unwrap(), Some(ann));
}

async fn a_transaction_with_a_failure_cannot_be_committed(store: Arc<dyn Store>) {
    add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    let bob = tx.add_user(new_user("bob")).await.unwrap();
    assert_eq!(conflict(tx.add_user(new_user("ann")).await), "username");
    assert!(tx.set_active(bob.id, false).await.is_err());
    assert!(tx.commit().await.is_err());
    add_user(&store, "bob").await;
}

async fn of_two_who_want_a_name_one_gets_it(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                tx.add_user(new_user("ann")).await?;
                tokio::task::yield_now().await;
                tx.commit().await
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => won += 1,
            Err(StoreError::Conflict { field }) => assert_eq!(field, "username"),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(won, 1);
}

async fn whoever_holds_a_name_decides_about_all_its_spellings(store: Arc<dyn Store>) {
    let tasks: Vec<_> = ["ann", "Ann", "ANN", "aNN", "anN", "AnN"]
        .into_iter()
        .map(|spelling| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                tx.hold_username("ann").await.unwrap();
                if tx.users(UserLookup::UsernameFolded("ann")).await.unwrap().is_empty() {
                    tx.add_user(new_user(spelling)).await.unwrap();
                    tokio::task::yield_now().await;
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let found = read(&store).await.users(UserLookup::UsernameFolded("ann")).await.unwrap();
    assert_eq!(found.len(), 1);
    // Held no longer than the transaction.
    let mut first = write(&store).await;
    first.hold_username("ann").await.unwrap();
    drop(first);
    write(&store).await.hold_username("ann").await.unwrap();
}

async fn concurrent_writers_lose_nothing(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..30)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let name = format!("user{number}");
                let user = add_user(&store, &name).await;
                let mut tx = write(&store).await;
                let changes = ProfileChanges { first_name: Some(name.clone()), ..ProfileChanges::default() };
                tx.set_profile(user.id, &changes).await.unwrap();
                tx.commit().await.unwrap();
                // Answered means done: no waiting, no other connection that lags behind.
                let found = read(&store).await.user(user.id).await.unwrap().unwrap();
                assert_eq!(found.first_name, name);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for number in 0..30 {
        let name = format!("user{number}");
        assert_eq!(read(&store).await.users(UserLookup::Username(&name)).await.unwrap().len(), 1);
    }
}

async fn reads_do_not_write(store: Arc<dyn Store>) {
    let mut records = read(&store).await;
    assert!(records.add_user(new_user("ann")).await.is_err());
    assert_eq!(records.users(UserLookup::Username("ann")).await.unwrap(), []);
}

async fn a_closed_store_answers_nothing(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    store.ready().await.unwrap();
    store.close().await;
    assert!(store.ready().await.is_err());
    assert!(store.write().await.is_err());
    if let Ok(mut records) = store.read().await {
        assert!(records.user(ann.id).await.is_err());
    }
}
