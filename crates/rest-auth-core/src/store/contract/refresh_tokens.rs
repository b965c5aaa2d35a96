//! Outstanding and blacklisted refresh tokens, and their families.

use std::sync::Arc;

use super::{Case, NOW, add_user, case, conflict, read, write};
use crate::model::{Child, FamilyMember, NewRefreshToken, RefreshToken, Secret, UserId};
use crate::store::Store;

pub(super) const CASES: &[Case] = &[
    case!(a_refresh_token_is_noted_once),
    case!(a_refresh_token_is_ended_once),
    case!(a_token_of_nobody_can_be_noted_and_ended),
    case!(a_parent_knows_its_only_child),
    case!(a_family_ends_as_a_whole_and_alone),
    case!(all_tokens_of_an_account_end_and_nobody_elses),
    case!(of_fifty_that_end_a_token_at_once_one_does),
    case!(expired_refresh_tokens_are_swept_in_portions_with_everything_about_them),
    case!(the_tokens_of_a_deleted_account_stay_ended_and_without_an_owner),
];

fn token(id: &str, user: Option<UserId>, lives: i64) -> NewRefreshToken {
    NewRefreshToken {
        id: id.to_owned(),
        token: Secret::new(format!("{id}.signed")),
        user_id: user,
        created: NOW,
        expires: NOW.plus_seconds(lives),
    }
}

fn member(id: &str, family: &str, parent: Option<&str>) -> FamilyMember {
    FamilyMember {
        id: id.to_owned(),
        family: family.to_owned(),
        started: NOW.minus_seconds(7),
        parent: parent.map(str::to_owned),
        expires: NOW.plus_seconds(60),
    }
}

async fn add(store: &Arc<dyn Store>, tokens: &[NewRefreshToken]) {
    let mut tx = write(store).await;
    for token in tokens {
        assert!(tx.add_refresh_token(token).await.unwrap());
    }
    tx.commit().await.unwrap();
}

async fn known(store: &Arc<dyn Store>, id: &str) -> RefreshToken {
    read(store).await.refresh_token(id).await.unwrap().expect("it is noted")
}

/// Does something in a transaction of its own. A macro, since a future that borrows a transaction would not be `Send`.
macro_rules! within {
    ($store:expr, |$tx:ident| $work:expr) => {{
        let mut $tx = write(&$store).await;
        let done = $work;
        $tx.commit().await.unwrap();
        done
    }};
}

async fn a_refresh_token_is_noted_once(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    assert_eq!(read(&store).await.refresh_token("a").await.unwrap(), None);
    add(&store, &[token("a", Some(ann.id), 60)]).await;
    let again = within!(store, |tx| tx.add_refresh_token(&token("a", None, 90)).await.unwrap());
    assert!(!again);
    let expected = RefreshToken { blacklisted: false, family: None, child: None };
    assert_eq!(known(&store, "a").await, expected);
    assert_eq!(read(&store).await.refresh_token("A").await.unwrap(), None);
}

async fn a_refresh_token_is_ended_once(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    add(&store, &[token("a", Some(ann.id), 60), token("b", Some(ann.id), 60)]).await;
    for (id, is_new) in [("a", true), ("a", false), ("unknown", false)] {
        let done = within!(store, |tx| tx.blacklist_refresh_token(id, NOW).await.unwrap());
        assert_eq!(done, is_new, "{id}");
    }
    assert!(known(&store, "a").await.blacklisted);
    assert!(!known(&store, "b").await.blacklisted);
}

async fn a_token_of_nobody_can_be_noted_and_ended(store: Arc<dyn Store>) {
    add(&store, &[token("a", None, 60)]).await;
    assert!(within!(store, |tx| tx.blacklist_refresh_token("a", NOW).await.unwrap()));
    assert!(known(&store, "a").await.blacklisted);
}

async fn a_parent_knows_its_only_child(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    add(&store, &[token("a", Some(ann.id), 60), token("b", Some(ann.id), 90)]).await;
    within!(store, |tx| {
        tx.add_family_member(&member("a", "a", None)).await.unwrap();
        tx.add_family_member(&member("b", "a", Some("a"))).await.unwrap();
    });
    let parent = known(&store, "a").await;
    assert_eq!(parent.family, Some(("a".to_owned(), NOW.minus_seconds(7))));
    let expected = Child {
        token: Secret::from("b.signed"),
        created: NOW,
        expires: NOW.plus_seconds(90),
        blacklisted: false,
    };
    assert_eq!(parent.child, Some(expected));
    assert_eq!(known(&store, "b").await.child, None);
    within!(store, |tx| tx.blacklist_refresh_token("b", NOW).await.unwrap());
    assert!(known(&store, "a").await.child.is_some_and(|child| child.blacklisted));
    let mut tx = write(&store).await;
    assert_eq!(conflict(tx.add_family_member(&member("c", "a", Some("a"))).await), "parent");
}

async fn a_family_ends_as_a_whole_and_alone(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let ids = ["a", "b", "c", "other"];
    add(&store, &ids.map(|id| token(id, Some(ann.id), 60))).await;
    within!(store, |tx| {
        for (id, family, parent) in
            [("a", "a", None), ("b", "a", Some("a")), ("c", "a", Some("b")), ("other", "other", None)]
        {
            tx.add_family_member(&member(id, family, parent)).await.unwrap();
        }
        tx.blacklist_refresh_token("a", NOW).await.unwrap();
    });
    let ended = within!(store, |tx| {
        tx.hold_refresh_tokens("1").await.unwrap();
        tx.blacklist_family("a", NOW).await.unwrap()
    });
    assert_eq!(ended, 2, "one was ended before");
    for id in ids {
        assert_eq!(known(&store, id).await.blacklisted, id != "other", "{id}");
    }
}

async fn all_tokens_of_an_account_end_and_nobody_elses(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let rows = [token("a", Some(ann.id), 60), token("b", Some(ann.id), 90), token("c", Some(bob.id), 60)];
    add(&store, &rows).await;
    for expected in [2, 0] {
        let ended = within!(store, |tx| tx.blacklist_refresh_tokens(ann.id, NOW).await.unwrap());
        assert_eq!(ended, expected);
    }
    for (id, ended) in [("a", true), ("b", true), ("c", false)] {
        assert_eq!(known(&store, id).await.blacklisted, ended, "{id}");
    }
}

async fn of_fifty_that_end_a_token_at_once_one_does(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    add(&store, &[token("a", Some(ann.id), 60)]).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                tx.hold_refresh_tokens("ann").await.unwrap();
                let ended = tx.blacklist_refresh_token("a", NOW).await.unwrap();
                tx.commit().await.unwrap();
                ended
            })
        })
        .collect();
    let mut ended = 0;
    for task in tasks {
        ended += u32::from(task.await.unwrap());
    }
    assert_eq!(ended, 1);
}

async fn expired_refresh_tokens_are_swept_in_portions_with_everything_about_them(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let rows: Vec<_> = (0..5).map(|number| token(&format!("t{number}"), Some(ann.id), number - 2)).collect();
    add(&store, &rows).await;
    within!(store, |tx| {
        for row in &rows {
            let family = FamilyMember { expires: row.expires, ..member(&row.id, "t0", None) };
            tx.add_family_member(&family).await.unwrap();
            tx.blacklist_refresh_token(&row.id, NOW).await.unwrap();
        }
    });
    for expected in [2, 1, 0] {
        let swept = within!(store, |tx| tx.delete_expired_refresh_tokens(NOW, 2).await.unwrap());
        assert_eq!(swept, expected);
    }
    for row in &rows {
        let left = read(&store).await.refresh_token(&row.id).await.unwrap();
        assert_eq!(left.is_some(), row.expires > NOW, "{}", row.id);
        assert!(left.is_none_or(|left| left.blacklisted && left.family.is_some()));
    }
}

async fn the_tokens_of_a_deleted_account_stay_ended_and_without_an_owner(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    add(&store, &[token("a", Some(ann.id), 60)]).await;
    within!(store, |tx| {
        tx.add_family_member(&member("a", "a", None)).await.unwrap();
        tx.blacklist_refresh_token("a", NOW).await.unwrap();
    });
    within!(store, |tx| tx.delete_user(ann.id).await.unwrap());
    let expected = RefreshToken { blacklisted: true, family: None, child: None };
    assert_eq!(known(&store, "a").await, expected);
}
