//! DRF's tokens.

use std::sync::Arc;

use super::{Case, NOW, add_user, case, conflict, read, write};
use crate::model::TokenKey;
use crate::store::Store;

pub(super) const CASES: &[Case] = &[
    case!(a_token_finds_its_account),
    case!(an_account_keeps_its_token),
    case!(a_deleted_token_finds_nobody),
    case!(two_accounts_cannot_have_one_key),
    case!(two_logins_at_once_get_one_token),
    case!(logins_beside_logouts_always_get_a_token),
];

fn key(digit: char) -> TokenKey {
    TokenKey::new(digit.to_string().repeat(40))
}

async fn a_token_finds_its_account(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    let token = tx.token_or_add(ann.id, key('a'), NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((&token.key, token.user_id, token.created), (&key('a'), ann.id, NOW));
    let mut records = read(&store).await;
    assert_eq!(records.token(ann.id).await.unwrap().as_ref(), Some(&token));
    assert_eq!(records.token_user(&key('a')).await.unwrap(), Some((token, ann)));
    for wrong in ["", "A", "%", "aaaa", "a\0", &"a".repeat(39), &"A".repeat(40), &"a".repeat(4000)] {
        assert!(records.token_user(&TokenKey::new(wrong)).await.unwrap().is_none(), "{wrong:?}");
    }
}

async fn an_account_keeps_its_token(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let mut tx = write(&store).await;
    let first = tx.token_or_add(ann.id, key('a'), NOW).await.unwrap();
    let second = tx.token_or_add(ann.id, key('b'), NOW.plus_seconds(60)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(first, second);
    assert!(read(&store).await.token_user(&key('b')).await.unwrap().is_none());
}

async fn a_deleted_token_finds_nobody(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let mut tx = write(&store).await;
    tx.token_or_add(ann.id, key('a'), NOW).await.unwrap();
    tx.token_or_add(bob.id, key('b'), NOW).await.unwrap();
    assert!(tx.delete_token(ann.id).await.unwrap());
    assert!(!tx.delete_token(ann.id).await.unwrap());
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    assert!(records.token(ann.id).await.unwrap().is_none());
    assert!(records.token_user(&key('a')).await.unwrap().is_none());
    assert!(records.token_user(&key('b')).await.unwrap().is_some());
}

async fn two_accounts_cannot_have_one_key(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let mut tx = write(&store).await;
    tx.token_or_add(ann.id, key('a'), NOW).await.unwrap();
    assert_eq!(conflict(tx.token_or_add(bob.id, key('a'), NOW).await), "key");
}

async fn two_logins_at_once_get_one_token(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let logins: Vec<_> = ('0'..='9')
        .map(|digit| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                let token = tx.token_or_add(ann.id, key(digit), NOW).await.unwrap();
                tokio::task::yield_now().await;
                tx.commit().await.unwrap();
                token
            })
        })
        .collect();
    let stored = {
        let mut answers = Vec::new();
        for login in logins {
            answers.push(login.await.unwrap());
        }
        answers.dedup();
        assert_eq!(answers.len(), 1);
        answers.remove(0)
    };
    assert_eq!(read(&store).await.token(ann.id).await.unwrap(), Some(stored));
}

async fn logins_beside_logouts_always_get_a_token(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let visits: Vec<_> = (0..60)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                if number % 2 == 0 {
                    let key = TokenKey::new(format!("{number:040}"));
                    assert_eq!(tx.token_or_add(ann.id, key, NOW).await.unwrap().user_id, ann.id);
                } else {
                    tx.delete_token(ann.id).await.unwrap();
                }
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for visit in visits {
        visit.await.unwrap();
    }
}
