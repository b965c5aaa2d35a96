//! Codes that hand a login over: used once, whoever is fastest.

use std::sync::Arc;

use super::{Case, NOW, case, read, write};
use crate::model::Secret;
use crate::store::{SocialCode, Store};

pub(super) const CASES: &[Case] = &[
    case!(a_code_is_found_by_its_digest_and_used_once),
    case!(a_code_that_has_ended_is_not_used),
    case!(a_use_that_is_rolled_back_did_not_happen),
    case!(of_fifty_uses_at_once_one_counts),
    case!(codes_that_have_ended_are_deleted_in_portions),
];

async fn add(store: &Arc<dyn Store>, digest: &str, seconds: i64) {
    let mut tx = write(store).await;
    tx.add_social_code(digest, &Secret::from("stands for"), NOW.plus_seconds(seconds)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn use_up(store: &Arc<dyn Store>, digest: &str, seconds: i64) -> bool {
    let mut tx = write(store).await;
    let used = tx.use_social_code(digest, &Secret::from("gave"), NOW.plus_seconds(seconds)).await.unwrap();
    tx.commit().await.unwrap();
    used
}

async fn find(store: &Arc<dyn Store>, digest: &str) -> Option<SocialCode> {
    read(store).await.social_code(digest).await.unwrap()
}

async fn a_code_is_found_by_its_digest_and_used_once(store: Arc<dyn Store>) {
    add(&store, "a", 60).await;
    let found = find(&store, "a").await.unwrap();
    let expected =
        SocialCode { content: Secret::from("stands for"), expires: NOW.plus_seconds(60), used: false };
    assert_eq!(found, expected);
    assert_eq!(find(&store, "b").await, None);
    assert!(!use_up(&store, "b", 0).await);
    let mut tx = write(&store).await;
    tx.set_social_code("a", &Secret::from("too early")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&store, "a").await.unwrap(), expected, "an unused code has given nothing");
    assert!(use_up(&store, "a", 59).await);
    assert!(!use_up(&store, "a", 59).await);
    let used = SocialCode { content: Secret::from("gave"), used: true, ..expected };
    assert_eq!(find(&store, "a").await.unwrap(), used);
    let mut tx = write(&store).await;
    tx.set_social_code("a", &Secret::from("gave this")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(find(&store, "a").await.unwrap().content, Secret::from("gave this"));
}

async fn a_code_that_has_ended_is_not_used(store: Arc<dyn Store>) {
    add(&store, "a", 60).await;
    assert!(!use_up(&store, "a", 60).await);
    assert!(!find(&store, "a").await.unwrap().used);
}

async fn a_use_that_is_rolled_back_did_not_happen(store: Arc<dyn Store>) {
    add(&store, "a", 60).await;
    let mut tx = write(&store).await;
    assert!(tx.use_social_code("a", &Secret::from("gave"), NOW).await.unwrap());
    drop(tx);
    assert!(use_up(&store, "a", 0).await);
}

async fn of_fifty_uses_at_once_one_counts(store: Arc<dyn Store>) {
    add(&store, "a", 60).await;
    let crowd: Vec<_> = (0..50)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { use_up(&store, "a", 0).await })
        })
        .collect();
    let mut counted = 0;
    for member in crowd {
        counted += usize::from(member.await.unwrap());
    }
    assert_eq!(counted, 1);
}

async fn codes_that_have_ended_are_deleted_in_portions(store: Arc<dyn Store>) {
    for (digest, seconds) in [("a", 1), ("b", 2), ("c", 3), ("d", 60)] {
        add(&store, digest, seconds).await;
    }
    use_up(&store, "b", 0).await;
    for expected in [2, 1, 0] {
        let mut tx = write(&store).await;
        let deleted = tx.delete_expired_social_codes(NOW.plus_seconds(60), 2).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(deleted, expected);
    }
    assert!(find(&store, "d").await.is_some() && find(&store, "c").await.is_none());
}
