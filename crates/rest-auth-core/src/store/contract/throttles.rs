//! Sliding windows.

use std::sync::Arc;

use super::{Case, NOW, case, write};
use crate::model::Timestamp;
use crate::store::{Hit, Store, Window};

pub(super) const CASES: &[Case] = &[
    case!(a_window_has_room_for_its_limit_and_slides),
    case!(a_hit_under_one_key_leaves_others_alone),
    case!(a_hit_can_be_taken_back),
    case!(every_hit_under_a_key_can_be_taken_back),
    case!(a_hit_counts_only_after_its_commit),
    case!(a_window_of_nothing_refuses_everything),
    case!(a_lowered_limit_cannot_say_how_long),
    case!(a_hundred_hits_at_once_are_counted_exactly),
    case!(hits_that_count_no_more_are_removed_in_portions),
];

const SECOND: i64 = 1_000_000;
const FIVE: Window = Window { limit: 5, micros: 60 * SECOND };

async fn hit(store: &Arc<dyn Store>, key: &str, window: Window, now: Timestamp) -> Hit {
    let mut tx = write(store).await;
    let hit = tx.add_hit(key, window, now).await.unwrap();
    tx.commit().await.unwrap();
    hit
}

fn counts(hit: Hit) -> bool {
    matches!(hit, Hit::Counted { .. })
}

async fn a_window_has_room_for_its_limit_and_slides(store: Arc<dyn Store>) {
    for second in 0..5 {
        assert!(counts(hit(&store, "a", FIVE, NOW.plus_seconds(second * 10)).await));
    }
    let refused = hit(&store, "a", FIVE, NOW.plus_seconds(45)).await;
    assert_eq!(refused, Hit::Refused { wait: Some(15 * SECOND) }, "until the first one counts no more");
    assert_eq!(
        hit(&store, "a", FIVE, NOW.plus_seconds(59)).await,
        Hit::Refused { wait: Some(SECOND) },
        "who is refused does not wait longer for it"
    );
    assert!(counts(hit(&store, "a", FIVE, NOW.plus_seconds(60)).await));
    let next = hit(&store, "a", FIVE, NOW.plus_seconds(61)).await;
    assert_eq!(next, Hit::Refused { wait: Some(9 * SECOND) }, "the second one is the oldest now");
}

async fn a_hit_under_one_key_leaves_others_alone(store: Arc<dyn Store>) {
    let one = Window { limit: 1, ..FIVE };
    for key in ["a", "A", "a ", "ä", ""] {
        assert!(counts(hit(&store, key, one, NOW).await), "{key:?}");
        assert!(!counts(hit(&store, key, one, NOW).await), "{key:?}");
    }
}

async fn a_hit_can_be_taken_back(store: Arc<dyn Store>) {
    let one = Window { limit: 1, ..FIVE };
    let Hit::Counted { id } = hit(&store, "a", one, NOW).await else { panic!("there is room") };
    let mut tx = write(&store).await;
    tx.delete_hit(id).await.unwrap();
    tx.delete_hit(id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(counts(hit(&store, "a", one, NOW).await));
}

async fn every_hit_under_a_key_can_be_taken_back(store: Arc<dyn Store>) {
    for key in ["a", "a", "b"] {
        hit(&store, key, FIVE, NOW).await;
    }
    let mut tx = write(&store).await;
    tx.delete_hits("a").await.unwrap();
    tx.commit().await.unwrap();
    let one = Window { limit: 1, ..FIVE };
    assert!(counts(hit(&store, "a", one, NOW).await));
    assert!(!counts(hit(&store, "b", one, NOW).await));
}

async fn a_hit_counts_only_after_its_commit(store: Arc<dyn Store>) {
    let one = Window { limit: 1, ..FIVE };
    let mut tx = write(&store).await;
    assert!(counts(tx.add_hit("a", one, NOW).await.unwrap()));
    assert!(!counts(tx.add_hit("a", one, NOW).await.unwrap()), "the transaction sees its own");
    drop(tx);
    assert!(counts(hit(&store, "a", one, NOW).await));
}

async fn a_window_of_nothing_refuses_everything(store: Arc<dyn Store>) {
    let nothing = Window { limit: 0, ..FIVE };
    assert_eq!(hit(&store, "a", nothing, NOW).await, Hit::Refused { wait: Some(60 * SECOND) });
}

async fn a_lowered_limit_cannot_say_how_long(store: Arc<dyn Store>) {
    for _ in 0..3 {
        hit(&store, "a", FIVE, NOW).await;
    }
    let lowered = Window { limit: 2, ..FIVE };
    assert_eq!(hit(&store, "a", lowered, NOW).await, Hit::Refused { wait: None });
}

async fn a_hundred_hits_at_once_are_counted_exactly(store: Arc<dyn Store>) {
    let tries: Vec<_> = (0..100)
        .map(|number| {
            let store = Arc::clone(&store);
            // Two keys in one transaction, as those do who are limited by address and by target.
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                let first = tx.add_hit("address", Window { limit: 40, ..FIVE }, NOW).await.unwrap();
                let second = tx.add_hit(&format!("target {}", number % 2), FIVE, NOW).await.unwrap();
                tx.commit().await.unwrap();
                (counts(first), counts(second))
            })
        })
        .collect();
    let mut counted = (0, 0);
    for one in tries {
        let (first, second) = one.await.unwrap();
        counted = (counted.0 + usize::from(first), counted.1 + usize::from(second));
    }
    assert_eq!(counted, (40, 10));
}

async fn hits_that_count_no_more_are_removed_in_portions(store: Arc<dyn Store>) {
    let wide = Window { limit: 100, ..FIVE };
    for _ in 0..5 {
        hit(&store, "old", wide, NOW).await;
    }
    let later = NOW.plus_seconds(60);
    hit(&store, "new", Window { limit: 1, ..FIVE }, later).await;
    let mut tx = write(&store).await;
    assert_eq!(tx.delete_expired_hits(NOW.plus_seconds(59), 10).await.unwrap(), 0, "they still count");
    assert_eq!(tx.delete_expired_hits(later, 3).await.unwrap(), 3);
    assert_eq!(tx.delete_expired_hits(later, 3).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert!(!counts(hit(&store, "new", Window { limit: 1, ..FIVE }, later).await), "this one still counts");
}
