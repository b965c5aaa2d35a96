//! What has ended is deleted: in portions, by several at once, and nothing else with it.

use std::sync::Arc;
use std::time::Duration;

use rest_auth_core::cleaning::{self, Cleared};
use rest_auth_core::model::{SessionKey, SessionRow};
use rest_auth_outbound::Behaviour;
use rest_auth_tests::app::{BEGINNING, Database, TestApp};

/// Adds sessions that end so many seconds after the beginning.
async fn add_sessions(app: &TestApp, count: u32, seconds: i64) {
    let mut tx = app.store.write().await.unwrap();
    for number in 0..count {
        let key = SessionKey::parse(&format!("{seconds:016}{number:016}")).unwrap();
        let row = SessionRow { key, data: String::new(), expires: BEGINNING.plus_seconds(seconds) };
        tx.add_session(&row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn every_expired_session_goes_and_every_other_one_stays() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        add_sessions(&app, 1201, -60).await;
        add_sessions(&app, 3, 60).await;
        let cleared = cleaning::clear(app.app()).await.unwrap();
        assert_eq!(cleared, Cleared { sessions: 1201, ..Cleared::default() });
        assert_eq!(app.rows().count("django_session").await, 3);
        assert_eq!(cleaning::clear(app.app()).await.unwrap(), Cleared::default());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_instances_clean_one_database_and_none_fails() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        add_sessions(&app, 2600, -60).await;
        let others = [app.another().await, app.another().await, app.another().await];
        let crowd: Vec<_> = others
            .iter()
            .map(|other| {
                let app = Arc::clone(other.app());
                tokio::spawn(async move { cleaning::clear(&app).await })
            })
            .collect();
        let mut total = 0;
        for member in crowd {
            total += member.await.unwrap().unwrap().sessions;
        }
        assert_eq!(total, 2600, "each was deleted by one of them");
        assert_eq!(app.rows().count("django_session").await, 0);
    }
}

#[tokio::test]
async fn stored_keys_go_when_they_are_too_old_and_mails_that_were_given_up_stay() {
    let settings = "[account]\nemail_confirmation_hmac = false\nemail_confirmation_expire_days = 2";
    for database in Database::each().await {
        let app = TestApp::on(database, settings).await;
        app.mailbox.behave(Behaviour::Reject);
        app.register("ann").await;
        app.deliver().await;
        assert_eq!(app.store.read().await.unwrap().mail_counts().await.unwrap(), (0, 1));
        app.clock.advance(86_400);
        app.register("bob").await;
        assert_eq!(cleaning::clear(app.app()).await.unwrap().confirmation_keys, 0);
        app.clock.advance(86_400 + 1);
        let cleared = cleaning::clear(app.app()).await.unwrap();
        assert_eq!(cleared.confirmation_keys, 1, "only ann's key is too old");
        app.clock.advance(30 * 86_400);
        let cleared = cleaning::clear(app.app()).await.unwrap();
        assert_eq!(cleared, Cleared { sessions: 2, confirmation_keys: 1, ..Cleared::default() });
        let (waiting, given_up) = app.store.read().await.unwrap().mail_counts().await.unwrap();
        assert_eq!((waiting, given_up), (1, 1), "no mail is ever deleted here");
        assert_eq!(app.rows().count("account_emailaddress").await, 2);
    }
}

#[tokio::test]
async fn hits_go_when_they_count_no_more() {
    let settings = "[rest_framework]\ndefault_throttle_classes = [\"AnonRateThrottle\"]\n\
                    default_throttle_rates = { anon = \"5/min\" }";
    for database in Database::each().await {
        let app = TestApp::on(database, settings).await;
        for _ in 0..3 {
            app.log_in("nobody", "wrong").await;
        }
        app.clock.advance(59);
        assert_eq!(cleaning::clear(app.app()).await.unwrap(), Cleared::default());
        app.clock.advance(2);
        let cleared = cleaning::clear(app.app()).await.unwrap();
        assert_eq!(cleared, Cleared { throttle_hits: 3, ..Cleared::default() });
    }
}

/// Waits until only so many sessions are left, for as long as a busy machine may need.
async fn wait_for_sessions(app: &TestApp, left: u64) {
    let waiting = async {
        while app.rows().count("django_session").await != left {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waiting).await.expect("the sessions go");
}

#[tokio::test]
async fn a_host_cleans_by_itself_again_and_again_until_it_is_shut_down() {
    let app = TestApp::on(Database::file(), "[database]\nclear_expired = 1").await;
    add_sessions(&app, 2, 3600).await;
    for round in 1..=2 {
        add_sessions(&app, 700, -round).await;
        wait_for_sessions(&app, 2).await;
    }
    let rows = app.rows();
    app.auth.clone().shut_down(Duration::ZERO).await;
    assert_eq!(rows.count("django_session").await, 2);
}

#[tokio::test]
async fn who_switches_it_off_keeps_every_row() {
    let app = TestApp::on(Database::file(), "[database]\nclear_expired = false").await;
    add_sessions(&app, 5, -60).await;
    let never = cleaning::run(Arc::clone(app.app()));
    assert!(tokio::time::timeout(Duration::from_millis(200), never).await.is_err());
    assert_eq!(app.rows().count("django_session").await, 5);
    assert_eq!(
        cleaning::clear_sessions(app.store.as_ref(), app.clock.now()).await.unwrap(),
        5,
        "the command"
    );
}
