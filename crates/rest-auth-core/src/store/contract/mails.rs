//! The outbox, and the site that mails carry.

use std::sync::Arc;

use super::{Case, NOW, case, read, write};
use crate::mail::Mail;
use crate::store::{Site, Store};

pub(super) const CASES: &[Case] = &[
    case!(a_mail_is_queued_with_its_transaction),
    case!(a_mail_is_taken_by_one_worker),
    case!(two_workers_at_once_share_the_mails),
    case!(a_mail_that_failed_is_due_again_later),
    case!(a_mail_that_is_given_up_stays_to_be_seen),
    case!(mails_are_taken_oldest_first),
    case!(the_first_site_has_a_name),
];

fn mail(to: &str) -> Mail {
    Mail {
        from: "Us <us@example.com>".to_owned(),
        to: to.to_owned(),
        subject: "Grüße".to_owned(),
        text: "Line 1\n\"Line\" 2 😀\n".to_owned(),
        html: None,
    }
}

async fn queue(store: &Arc<dyn Store>, to: &str, seconds: i64) {
    let mut tx = write(store).await;
    tx.add_mail(&mail(to), NOW.plus_seconds(seconds)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_mail_is_queued_with_its_transaction(store: Arc<dyn Store>) {
    assert_eq!(read(&store).await.next_mail_due().await.unwrap(), None);
    let mut tx = write(&store).await;
    tx.add_mail(&mail("nobody@example.com"), NOW).await.unwrap();
    drop(tx);
    assert_eq!(read(&store).await.mail_counts().await.unwrap(), (0, 0));
    queue(&store, "ann@example.com", 0).await;
    assert_eq!(read(&store).await.next_mail_due().await.unwrap(), Some(NOW));
    assert_eq!(read(&store).await.mail_counts().await.unwrap(), (1, 0));
    let mut tx = write(&store).await;
    let taken = tx.take_due_mails(NOW, NOW.plus_seconds(60), 10).await.unwrap();
    assert_eq!(taken[0].mail, mail("ann@example.com"));
    assert_eq!((taken.len(), taken[0].created, taken[0].attempts), (1, NOW, 0));
    tx.set_mail_sent(taken[0].id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.mail_counts().await.unwrap(), (0, 0));
}

async fn a_mail_is_taken_by_one_worker(store: Arc<dyn Store>) {
    queue(&store, "ann@example.com", 0).await;
    let until = NOW.plus_seconds(60);
    let mut tx = write(&store).await;
    assert!(
        tx.take_due_mails(NOW.plus_seconds(-1), until, 10).await.unwrap().is_empty(),
        "it is not due yet"
    );
    assert_eq!(tx.take_due_mails(NOW, until, 10).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.next_mail_due().await.unwrap(), Some(until), "then the lock has run out");
    let mut tx = write(&store).await;
    assert!(tx.take_due_mails(NOW.plus_seconds(59), NOW.plus_seconds(120), 10).await.unwrap().is_empty());
    assert_eq!(tx.take_due_mails(until, NOW.plus_seconds(120), 10).await.unwrap().len(), 1);
}

async fn two_workers_at_once_share_the_mails(store: Arc<dyn Store>) {
    for number in 0..8 {
        queue(&store, &format!("{number}@example.com"), 0).await;
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                let taken = tx.take_due_mails(NOW, NOW.plus_seconds(60), 5).await.unwrap();
                tokio::task::yield_now().await;
                tx.commit().await.unwrap();
                taken.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    let count = taken.len();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), count, "no mail is taken twice");
    assert!(count >= 5, "the first worker gets its portion");
}

async fn a_mail_that_failed_is_due_again_later(store: Arc<dyn Store>) {
    queue(&store, "ann@example.com", 0).await;
    let later = NOW.plus_seconds(30);
    let mut tx = write(&store).await;
    let taken = tx.take_due_mails(NOW, NOW.plus_seconds(600), 10).await.unwrap();
    tx.set_mail_failed(taken[0].id, "451 later\0", Some(later)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.next_mail_due().await.unwrap(), Some(later));
    let mut tx = write(&store).await;
    assert!(tx.take_due_mails(NOW, NOW.plus_seconds(600), 10).await.unwrap().is_empty());
    let again = tx.take_due_mails(later, NOW.plus_seconds(600), 10).await.unwrap();
    assert_eq!((again[0].id, again[0].attempts), (taken[0].id, 1), "the lock went with the try");
}

async fn a_mail_that_is_given_up_stays_to_be_seen(store: Arc<dyn Store>) {
    queue(&store, "ann@example.com", 0).await;
    let mut tx = write(&store).await;
    let taken = tx.take_due_mails(NOW, NOW.plus_seconds(60), 10).await.unwrap();
    tx.set_mail_failed(taken[0].id, "550 no such user", None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.mail_counts().await.unwrap(), (0, 1));
    assert_eq!(read(&store).await.next_mail_due().await.unwrap(), None);
    let mut tx = write(&store).await;
    assert!(tx.take_due_mails(NOW.plus_seconds(9000), NOW.plus_seconds(9060), 10).await.unwrap().is_empty());
}

async fn mails_are_taken_oldest_first(store: Arc<dyn Store>) {
    for (to, seconds) in [("c", 3), ("a", 1), ("b", 2)] {
        queue(&store, to, seconds).await;
    }
    let mut tx = write(&store).await;
    let taken = tx.take_due_mails(NOW.plus_seconds(9), NOW.plus_seconds(60), 2).await.unwrap();
    let names: Vec<&str> = taken.iter().map(|queued| &*queued.mail.to).collect();
    assert_eq!(names, ["a", "b"]);
}

async fn the_first_site_has_a_name(store: Arc<dyn Store>) {
    let name = "example.com".to_owned();
    let site = read(&store).await.site(1).await.unwrap();
    assert_eq!(site, Some(Site { domain: name.clone(), name }));
    assert_eq!(read(&store).await.site(2).await.unwrap(), None);
}
