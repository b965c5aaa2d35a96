//! Django's database sessions.

use std::sync::Arc;

use super::{Case, NOW, case, conflict, read, write};
use crate::model::{SessionKey, SessionRow};
use crate::store::Store;

pub(super) const CASES: &[Case] = &[
    case!(a_session_is_read_as_it_was_written),
    case!(a_session_ends_at_its_end),
    case!(a_session_is_written_again_only_while_it_is_there),
    case!(a_key_is_used_once),
    case!(expired_sessions_are_swept_in_portions),
];

fn session(number: u32, seconds: i64) -> SessionRow {
    let key = SessionKey::parse(&format!("{number:032}")).expect("it is long enough");
    SessionRow { key, data: format!(".signed:ø{number}"), expires: NOW.plus_seconds(seconds) }
}

async fn add(store: &Arc<dyn Store>, rows: &[SessionRow]) {
    let mut tx = write(store).await;
    for row in rows {
        tx.add_session(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn a_session_is_read_as_it_was_written(store: Arc<dyn Store>) {
    let row = session(1, 60);
    add(&store, std::slice::from_ref(&row)).await;
    assert_eq!(read(&store).await.session(&row.key, NOW).await.unwrap(), Some(row));
    assert_eq!(read(&store).await.session(&session(2, 60).key, NOW).await.unwrap(), None);
}

async fn a_session_ends_at_its_end(store: Arc<dyn Store>) {
    let row = session(1, 60);
    add(&store, std::slice::from_ref(&row)).await;
    let mut records = read(&store).await;
    assert!(records.session(&row.key, NOW.plus_seconds(59)).await.unwrap().is_some());
    assert!(records.session(&row.key, NOW.plus_seconds(60)).await.unwrap().is_none());
    assert!(records.session(&row.key, NOW.plus_seconds(6000)).await.unwrap().is_none());
}

async fn a_session_is_written_again_only_while_it_is_there(store: Arc<dyn Store>) {
    let mut row = session(1, 60);
    add(&store, std::slice::from_ref(&row)).await;
    row = SessionRow { data: "other".to_owned(), expires: NOW.plus_seconds(120), ..row };
    let mut tx = write(&store).await;
    assert!(tx.set_session(&row).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.session(&row.key, NOW).await.unwrap().as_ref(), Some(&row));
    let mut tx = write(&store).await;
    assert!(tx.delete_session(&row.key).await.unwrap());
    assert!(!tx.delete_session(&row.key).await.unwrap());
    assert!(!tx.set_session(&row).await.unwrap(), "what has ended does not come back");
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.session(&row.key, NOW).await.unwrap(), None);
}

async fn a_key_is_used_once(store: Arc<dyn Store>) {
    add(&store, &[session(1, 60)]).await;
    let mut tx = write(&store).await;
    assert_eq!(conflict(tx.add_session(&session(1, 90)).await), "key");
}

async fn expired_sessions_are_swept_in_portions(store: Arc<dyn Store>) {
    let rows: Vec<_> = (0..5).map(|number| session(number, i64::from(number) - 3)).collect();
    add(&store, &rows).await;
    let mut tx = write(&store).await;
    assert_eq!(tx.delete_expired_sessions(NOW, 2).await.unwrap(), 2);
    assert_eq!(tx.delete_expired_sessions(NOW, 2).await.unwrap(), 1);
    assert_eq!(tx.delete_expired_sessions(NOW, 2).await.unwrap(), 0);
    tx.commit().await.unwrap();
    let alive = read(&store).await.session(&rows[4].key, NOW).await.unwrap();
    assert_eq!(alive.as_ref(), Some(&rows[4]));
}
