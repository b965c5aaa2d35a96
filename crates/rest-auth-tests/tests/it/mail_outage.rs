//! A thousand sign-ups while the mail server is down for a minute: nobody notices, and every mail arrives once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rest_auth::core::outbox::Worker;
use rest_auth_outbound::SmtpMailer;
use rest_auth_tests::app::{Database, TestApp};
use rest_auth_tests::smtp::{Conduct, Encryption, SmtpServer, Stage};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

/// How many sign up at once.
const CROWD: u32 = 25;
/// Whoever waited for a mail would wait for the time limit of the settings below, a minute at least.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two processes that sign people up and send mails, on one database and with one mail server.
struct Instances {
    apps: Vec<Arc<TestApp>>,
    workers: Vec<(oneshot::Sender<Duration>, JoinHandle<()>)>,
}

impl Instances {
    async fn start(database: Database, mail_port: u16) -> Self {
        let settings = format!(
            "[email]\nbackend = \"smtp\"\nhost = \"127.0.0.1\"\nport = {mail_port}\ntimeout = \"1m\"\n\
             [database]\nmax_connections = 4"
        );
        let one = TestApp::on(database, &settings).await;
        let two = one.another().await;
        let apps = vec![Arc::new(one), Arc::new(two)];
        let workers = apps.iter().map(|app| {
            let mailer = SmtpMailer::new(&app.app().settings.email).unwrap();
            let (stop, stopped) = oneshot::channel();
            let work =
                Worker::new(Arc::clone(app.app()), Arc::new(mailer)).run(async { stopped.await.unwrap() });
            (stop, tokio::spawn(work))
        });
        Self { workers: workers.collect(), apps }
    }

    /// Time passes, and the workers look.
    fn advance(&self, seconds: i64) {
        self.apps[0].clock.advance(seconds);
        for app in &self.apps {
            app.app().outbox_bell.notify_one();
        }
    }

    /// These people sign up, many at once, half of them at each instance. All are let in, and soon.
    async fn sign_up(&self, people: std::ops::Range<u32>) {
        let each = (people.end - people.start) / CROWD;
        let mut crowd = JoinSet::new();
        for (number, first) in people.step_by(usize::try_from(each).unwrap()).enumerate() {
            let app = Arc::clone(&self.apps[number % 2]);
            let group = first..first + each;
            crowd.spawn(async move {
                for person in group {
                    let since = Instant::now();
                    let answer = app.register(&format!("user{person}")).await;
                    assert_eq!(answer.status, 201, "{}", answer.text());
                    assert!(since.elapsed() < PATIENCE, "user{person} waited for {:?}", since.elapsed());
                }
            });
        }
        while let Some(group) = crowd.join_next().await {
            group.unwrap();
        }
    }

    /// How many mails wait, and how many were given up.
    async fn counts(&self) -> (u64, u64) {
        self.apps[0].store.read().await.unwrap().mail_counts().await.unwrap()
    }

    /// Waits until nobody tries to send anything.
    async fn rest(&self) {
        let at_work = "SELECT 'x' FROM rest_auth_outbox WHERE locked_until IS NOT NULL";
        let app = &self.apps[0];
        let is_due = async || {
            let due = app.store.read().await.unwrap().next_mail_due().await.unwrap();
            due.is_some_and(|due| due <= app.clock.now())
        };
        wait("nobody rests", async || !is_due().await && app.rows().texts(at_work).await.is_empty()).await;
    }

    async fn shut_down(self) {
        for (stop, work) in self.workers {
            stop.send(Duration::from_secs(5)).unwrap();
            work.await.unwrap();
        }
    }
}

/// Waits until it is so.
async fn wait(otherwise: &str, is_so: impl AsyncFn() -> bool) {
    let since = Instant::now();
    while !is_so().await {
        assert!(since.elapsed() < PATIENCE, "{otherwise}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sign_ups_while_the_mail_server_is_down_for_a_minute_get_one_mail_each() {
    for database in Database::each().await {
        // At first it takes connections and says nothing, as servers do that go down.
        let server = SmtpServer::start().await;
        server.behave(Conduct::Hang(Stage::Greeting));
        let port = server.port();
        let instances = Instances::start(database, port).await;
        instances.sign_up(0..250).await;
        assert!(server.connections() > 0, "somebody has tried to send");
        drop(server);
        for ten_seconds in 1..=6 {
            instances.advance(10);
            instances.sign_up(125 * (ten_seconds + 1)..125 * (ten_seconds + 2)).await;
        }
        assert_eq!(instances.counts().await, (1000, 0), "all wait and none is given up");

        instances.rest().await;
        let server = SmtpServer::listen(port, Encryption::None, None).await;
        // Longer than any mail waits after a minute of failures, and shorter than one is locked that is being sent.
        instances.advance(90);
        wait("mails are left", async || instances.counts().await == (0, 0)).await;
        instances.shut_down().await;
        let received = server.received();
        let to: BTreeSet<&str> = received.iter().map(|mail| mail.to.as_str()).collect();
        let ids: BTreeSet<&str> = received.iter().filter_map(|mail| mail.header("Message-ID")).collect();
        assert_eq!((received.len(), to.len(), ids.len()), (1000, 1000, 1000));
    }
}
