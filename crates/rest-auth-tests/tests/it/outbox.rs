//! The outbox and its worker, on real databases: no mail is lost, none is sent twice, nothing keeps it busy.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use rest_auth_core::context::AppParts;
use rest_auth_core::mail::{Mail, MailError, Mailer};
use rest_auth_core::model::Timestamp;
use rest_auth_core::outbox::Worker;
use rest_auth_core::settings::{Seconds, Settings};
use rest_auth_core::store::{QueuedMail, Records, Store, StoreError, StoreResult, Tx};
use rest_auth_core::{App, Clock, Entropy};
use rest_auth_outbound::{Behaviour, MemoryMailer, SmtpMailer};
use rest_auth_sql::SqlStore;
use rest_auth_tests::postgres;
use rest_auth_tests::smtp::{Conduct, Encryption, SmtpServer, Stage};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const NOW: Timestamp = Timestamp::from_seconds(1_795_312_800);

/// One process: an app on a database, with a clock that stands.
#[derive(Clone)]
struct Process {
    app: Arc<App>,
}

/// A worker that runs, and the way to stop it.
struct Running {
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl Running {
    /// Lets it end within this time.
    async fn shut_down(self, time_left: Duration) {
        self.stop.send(time_left).expect("the worker runs");
        self.task.await.expect("the worker does not panic");
    }

    /// What `kill -9` does: it does nothing any more.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

impl Process {
    async fn in_memory() -> Self {
        Self::on("sqlite::memory:", |_| {}).await
    }

    async fn on(url: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.database.url = url.to_owned();
        change(&mut settings);
        let store = SqlStore::configured(&settings.database, &settings.user_model).expect("the URL is sound");
        store.migrate(NOW).await.expect("the tables are made");
        Self::with(settings, Arc::new(store))
    }

    fn with(settings: Settings, store: Arc<dyn Store>) -> Self {
        let clock = Clock::manual(NOW);
        let parts = AppParts { clock, entropy: Entropy::seeded(1), ..AppParts::new(store) };
        Self { app: App::build(settings, parts).expect("the settings are sound") }
    }

    /// Queues mails to `user1@example.org` and so on, each in a transaction of its own, as sign-ups do.
    async fn queue(&self, ids: std::ops::Range<u32>) {
        for id in ids {
            let mut tx = self.app.store.write().await.expect("a transaction begins");
            tx.add_mail(&mail(id), self.app.clock.now()).await.expect("the mail is queued");
            tx.commit().await.expect("the transaction lasts");
            self.app.outbox_bell.notify_one();
        }
    }

    fn start(&self, mailer: impl Mailer) -> Running {
        let worker = Worker::new(self.app.clone(), Arc::new(mailer));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(worker.run(async move { stopped.await.expect("somebody stops it") }));
        Running { stop, task }
    }

    /// Time passes, and the worker looks.
    fn advance(&self, seconds: i64) {
        self.app.clock.advance(seconds);
        self.app.outbox_bell.notify_one();
    }

    /// How many mails wait, and how many were given up.
    async fn counts(&self) -> (u64, u64) {
        self.app.store.read().await.expect("a connection").mail_counts().await.expect("counts")
    }

    async fn is_due(&self) -> bool {
        let due = self.app.store.read().await.expect("a connection").next_mail_due().await.expect("a time");
        due.is_some_and(|due| due <= self.app.clock.now())
    }
}

fn mail(id: u32) -> Mail {
    Mail {
        from: "shop@example.com".to_owned(),
        to: format!("user{id}@example.org"),
        subject: "Hello".to_owned(),
        text: format!("Hello, {id}"),
        html: None,
    }
}

/// Waits until it is so, and fails when it is not so for long.
async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let since = Instant::now();
    while !is_so().await {
        assert!(since.elapsed() < Duration::from_secs(30), "it never came to this: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

fn recipients(sent: &[QueuedMail]) -> Vec<&str> {
    sent.iter().map(|queued| queued.mail.to.as_str()).collect()
}

/// An SQLite file that goes with the test.
struct File(std::path::PathBuf);

impl File {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("rest-auth-outbox-{}-{number}.sqlite3", std::process::id())))
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.0.display())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.0.display()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_mails_that_were_queued_while_the_server_was_down_arrive_once_each() {
    let server = SmtpServer::start().await;
    let port = server.port();
    drop(server);
    let process = Process::on("sqlite::memory:", |settings| {
        settings.email.host = "127.0.0.1".to_owned();
        settings.email.port = port;
    })
    .await;
    let worker = process.start(SmtpMailer::new(&process.app.settings.email).unwrap());
    process.queue(0..200).await;
    until("each has failed once", async || process.counts().await == (200, 0) && !process.is_due().await)
        .await;
    let server = SmtpServer::listen(port, Encryption::None, None).await;
    // Back, and in a bad mood at first.
    server.behave(Conduct::Answer(Stage::Recipient, "451 4.7.1 Greylisted"));
    process.advance(3);
    until("each has failed twice", async || !process.is_due().await).await;
    server.behave(Conduct::Accept);
    process.advance(6);
    until("all are gone", async || process.counts().await == (0, 0)).await;
    worker.shut_down(Duration::from_secs(5)).await;

    let received = server.received();
    let ids: BTreeSet<&str> = received.iter().filter_map(|mail| mail.header("Message-ID")).collect();
    let to: BTreeSet<&str> = received.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!((received.len(), ids.len(), to.len()), (200, 200, 200));
    assert!(server.connections() <= 210, "connections are used again: {}", server.connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_database_send_each_mail_once() {
    let file = File::new();
    let mut urls = vec![file.url()];
    urls.extend(postgres::database().await);
    for url in urls {
        let (one, two) = (Process::on(&url, |_| {}).await, Process::on(&url, |_| {}).await);
        let mailer = MemoryMailer::concurrent(4);
        one.queue(0..150).await;
        let workers = [one.start(mailer.clone()), two.start(mailer.clone())];
        two.queue(150..300).await;
        until("all are gone", async || one.counts().await == (0, 0)).await;
        for worker in workers {
            worker.shut_down(Duration::from_secs(5)).await;
        }
        let sent = mailer.sent();
        let different: BTreeSet<&str> = recipients(&sent).into_iter().collect();
        assert_eq!((sent.len(), different.len()), (300, 300), "{url}");
        one.app.store.close().await;
        two.app.store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_had_taken_is_sent_by_the_next_one() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::concurrent(4);
    process.queue(0..30).await;
    mailer.accept_until(10, Behaviour::Hang);
    let first = process.start(mailer.clone());
    until("it is in the middle", async || mailer.under_way() == 4).await;
    until("what was sent is settled", async || process.counts().await.0 == 20).await;
    first.kill().await;

    mailer.behave(Behaviour::Accept);
    let second = process.start(mailer.clone());
    sleep(Duration::from_millis(200)).await;
    assert!(process.counts().await.0 >= 4, "what the dead process had locked is left to it for a while");
    process.advance(60);
    until("all are gone", async || process.counts().await == (0, 0)).await;
    second.shut_down(Duration::from_secs(5)).await;
    let sent = mailer.sent();
    let different: BTreeSet<&str> = recipients(&sent).into_iter().collect();
    assert_eq!((sent.len(), different.len()), (30, 30));
}

#[tokio::test]
async fn a_mailer_that_takes_one_at_a_time_gets_them_in_the_order_of_queueing() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::new();
    process.queue(0..40).await;
    let worker = process.start(mailer.clone());
    until("all are gone", async || process.counts().await == (0, 0)).await;
    worker.shut_down(Duration::from_secs(5)).await;
    let expected: Vec<String> = (0..40).map(|id| format!("user{id}@example.org")).collect();
    assert_eq!(recipients(&mailer.sent()), expected);
}

#[tokio::test]
async fn a_commit_that_rings_the_bell_is_heard_at_once() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::new();
    let worker = process.start(mailer.clone());
    sleep(Duration::from_millis(100)).await;
    let since = Instant::now();
    process.queue(0..1).await;
    until("it is sent", async || mailer.sent().len() == 1).await;
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_mail_that_keeps_failing_is_tried_less_and_less_and_given_up_visibly() {
    let process = Process::on("sqlite::memory:", |s| s.email.give_up_after = Seconds(3600)).await;
    let mailer = MemoryMailer::new();
    mailer.behave(Behaviour::Refuse);
    let worker = process.start(mailer.clone());
    process.queue(0..1).await;
    let mut seconds = 0;
    while process.counts().await == (1, 0) {
        until("it is tried", async || !process.is_due().await).await;
        process.app.clock.advance(1);
        seconds += 1;
        if process.is_due().await {
            process.app.outbox_bell.notify_one();
        }
        assert!(seconds < 4000, "it is never given up");
    }
    assert_eq!(process.counts().await, (0, 1));
    assert!((3000..=3600).contains(&seconds), "given up after {seconds} seconds");
    let tries = mailer.tries();
    assert!((12..=25).contains(&tries), "{tries} tries in an hour");
    mailer.behave(Behaviour::Accept);
    process.advance(86_400);
    sleep(Duration::from_millis(200)).await;
    assert_eq!((mailer.tries(), process.counts().await), (tries, (0, 1)), "given up is given up");
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_given_up_at_once_and_holds_nobody_up() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::new();
    mailer.behave(Behaviour::Reject);
    let worker = process.start(mailer.clone());
    process.queue(0..3).await;
    until("all are given up", async || process.counts().await == (0, 3)).await;
    mailer.behave(Behaviour::Accept);
    process.queue(3..4).await;
    until("the next is sent", async || mailer.sent().len() == 1).await;
    assert_eq!((mailer.tries(), process.counts().await), (4, (0, 3)));
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_damaged_row_is_given_up_and_holds_nobody_up() {
    let file = File::new();
    let process = Process::on(&file.url(), |_| {}).await;
    process.queue(0..3).await;
    let behind_our_back = rusqlite::Connection::open(&file.0).unwrap();
    let damage = "UPDATE rest_auth_outbox SET mail = '{\"to\": 7}' WHERE recipient = 'user1@example.org'";
    assert_eq!(behind_our_back.execute(damage, []).unwrap(), 1);
    let mailer = MemoryMailer::new();
    let worker = process.start(mailer.clone());
    until("the others are sent", async || process.counts().await == (0, 1)).await;
    assert_eq!(recipients(&mailer.sent()), ["user0@example.org", "user2@example.org"]);
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_mailer_that_hangs_is_left_after_its_time_limit() {
    let process = Process::on("sqlite::memory:", |s| s.email.timeout = Seconds(1)).await;
    let mailer = MemoryMailer::new();
    mailer.behave(Behaviour::Hang);
    let worker = process.start(mailer.clone());
    process.queue(0..1).await;
    until("it hangs", async || mailer.under_way() == 1).await;
    until("it is left", async || mailer.under_way() == 0).await;
    mailer.behave(Behaviour::Accept);
    process.advance(60);
    until("it is sent", async || mailer.sent().len() == 1).await;
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_mailer_that_panics_takes_nobody_with_it() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::new();
    mailer.behave(Behaviour::Panic);
    let worker = process.start(mailer.clone());
    process.queue(0..2).await;
    until("both have failed", async || mailer.tries() == 2 && !process.is_due().await).await;
    mailer.behave(Behaviour::Accept);
    process.advance(60);
    until("both are sent", async || process.counts().await == (0, 0)).await;
    assert_eq!(mailer.sent().len(), 2);
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_try_again_carries_the_same_number_and_time_for_the_message_id() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::new();
    mailer.behave(Behaviour::LoseAnswer);
    let worker = process.start(mailer.clone());
    process.queue(0..1).await;
    until("it has failed", async || mailer.tries() == 1 && !process.is_due().await).await;
    mailer.behave(Behaviour::Accept);
    process.advance(60);
    until("it is sent", async || process.counts().await == (0, 0)).await;
    let sent = mailer.sent();
    assert_eq!((sent.len(), sent[0].id, sent[0].created), (2, sent[1].id, sent[1].created));
    assert_eq!((sent[0].attempts, sent[1].attempts), (0, 1));
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_shutdown_sends_what_is_due() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::new();
    process.queue(0..100).await;
    process.start(mailer.clone()).shut_down(Duration::from_secs(20)).await;
    assert_eq!((mailer.sent().len(), process.counts().await), (100, (0, 0)));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_server_that_is_down() {
    let process = Process::in_memory().await;
    let mailer = MemoryMailer::new();
    process.queue(0..20).await;
    for (behaviour, limit) in [(Behaviour::Refuse, 20), (Behaviour::Hang, 1)] {
        process.app.clock.advance(60);
        mailer.behave(behaviour);
        let worker = process.start(mailer.clone());
        until("one is tried", async || mailer.tries() > 0).await;
        let since = Instant::now();
        worker.shut_down(Duration::from_secs(limit)).await;
        assert!(since.elapsed() < Duration::from_secs(4), "{behaviour:?}: {:?}", since.elapsed());
        assert_eq!(process.counts().await, (20, 0), "what is not sent stays");
    }
    assert!(process.is_due().await, "and is not locked: the next start sends it at once");
}

/// A store that can be taken away.
struct Flaky {
    store: SqlStore,
    away: Arc<AtomicBool>,
}

impl Flaky {
    fn check(&self) -> StoreResult<()> {
        if self.away.load(Ordering::SeqCst) { Err(StoreError::Unavailable("gone".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for Flaky {
    async fn read(&self) -> StoreResult<Box<dyn Records>> {
        self.check()?;
        self.store.read().await
    }

    async fn write(&self) -> StoreResult<Box<dyn Tx>> {
        self.check()?;
        self.store.write().await
    }

    async fn ready(&self) -> StoreResult<()> {
        self.check()?;
        self.store.ready().await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}

/// A mailer that takes the database away while it sends.
struct Saboteur {
    mailer: MemoryMailer,
    away: Arc<AtomicBool>,
}

#[async_trait]
impl Mailer for Saboteur {
    async fn send(&self, mail: &QueuedMail) -> Result<(), MailError> {
        self.away.store(true, Ordering::SeqCst);
        self.mailer.send(mail).await
    }
}

async fn flaky() -> (Process, Arc<AtomicBool>) {
    let settings = Settings::default();
    let store = SqlStore::open("sqlite::memory:", rest_auth_sql::Options::default(), user_model())
        .expect("the URL is sound");
    store.migrate(NOW).await.expect("the tables are made");
    let away = Arc::new(AtomicBool::new(false));
    (Process::with(settings, Arc::new(Flaky { store, away: away.clone() })), away)
}

fn user_model() -> rest_auth_sql::UserModel {
    rest_auth_sql::UserModel::new(&rest_auth_core::settings::UserModel::default()).expect("Django's own")
}

#[tokio::test]
async fn a_database_that_is_away_delays_mails_and_nothing_else() {
    let (process, away) = flaky().await;
    let mailer = MemoryMailer::new();
    process.queue(0..5).await;
    away.store(true, Ordering::SeqCst);
    let worker = process.start(mailer.clone());
    sleep(Duration::from_millis(300)).await;
    assert_eq!(mailer.tries(), 0);
    away.store(false, Ordering::SeqCst);
    until("all are sent", async || mailer.sent().len() == 5).await;
    until("all are gone", async || process.counts().await == (0, 0)).await;
    worker.shut_down(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_mail_is_sent_once_though_the_database_went_away_meanwhile() {
    let (process, away) = flaky().await;
    let mailer = MemoryMailer::new();
    process.queue(0..1).await;
    let worker = process.start(Saboteur { mailer: mailer.clone(), away: away.clone() });
    until("it is sent", async || mailer.sent().len() == 1).await;
    sleep(Duration::from_millis(500)).await;
    away.store(false, Ordering::SeqCst);
    until("it is gone", async || process.counts().await == (0, 0)).await;
    worker.shut_down(Duration::from_secs(5)).await;
    assert_eq!(mailer.tries(), 1);
}

#[tokio::test]
async fn a_shutdown_while_the_database_is_away_ends_all_the_same() {
    let (process, away) = flaky().await;
    away.store(true, Ordering::SeqCst);
    let worker = process.start(MemoryMailer::new());
    sleep(Duration::from_millis(100)).await;
    let since = Instant::now();
    worker.shut_down(Duration::from_secs(20)).await;
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
}
