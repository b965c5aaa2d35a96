//! DRF's throttles: who is told to wait, how long, and what does not count.

use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use serde_json::json;

const SCOPED: &str = r#"
[rest_framework]
default_throttle_classes = ["ScopedRateThrottle"]
default_throttle_rates = { dj_rest_auth = "3/min" }
"#;

const ANON_AND_USER: &str = r#"
[rest_framework]
default_throttle_classes = ["AnonRateThrottle", "UserRateThrottle"]
default_throttle_rates = { anon = "2/hour", user = "3/min" }
"#;

async fn log_in(client: &Client, name: &str, address: &str) -> Response {
    let body = json!({"username": name, "password": PASSWORD});
    client.post("/rest-auth/login/").from(address).json(&body).send().await
}

#[tokio::test]
async fn s_19_a_client_that_asks_too_often_waits_as_drf_says() {
    for database in Database::each().await {
        let app = TestApp::on(database, SCOPED).await;
        let client = app.client();
        for _ in 0..3 {
            assert_eq!(log_in(&client, "nobody", "192.0.2.1").await.status, 400);
            app.clock.advance(10);
        }
        let refused = log_in(&client, "nobody", "192.0.2.1").await;
        assert_eq!((refused.status, refused.header("Retry-After")), (429, "30"));
        let words = r#"{"detail":"Request was throttled. Expected available in 30 seconds."}"#;
        assert_eq!(refused.text(), words);
        assert_eq!(log_in(&client, "nobody", "192.0.2.2").await.status, 400, "another address is free");

        app.clock.advance(29);
        let refused = log_in(&client, "nobody", "192.0.2.1").await;
        assert_eq!(refused.detail(), "Request was throttled. Expected available in 1 second.");
        app.clock.advance(1);
        assert_eq!(log_in(&client, "nobody", "192.0.2.1").await.status, 400);
    }
}

#[tokio::test]
async fn endpoints_of_a_scope_share_their_room_and_others_have_none_of_it() {
    let app = TestApp::with(SCOPED).await;
    let client = app.client();
    let send = async |method: &str, path: &str| client.request(method, path).send().await.status;
    assert_eq!(send("GET", "/rest-auth/login/").await, 405);
    assert_eq!(send("OPTIONS", "/rest-auth/registration/").await, 200);
    assert_eq!(send("POST", "/rest-auth/logout/").await, 200);
    for (method, path) in [
        ("POST", "password/reset/"),
        ("POST", "password/reset/confirm/"),
        ("GET", "login/"),
        ("OPTIONS", "login/"),
        ("POST", "registration/"),
        ("POST", "logout/"),
    ] {
        assert_eq!(send(method, &format!("/rest-auth/{path}")).await, 429, "{method} {path}");
    }
    for _ in 0..5 {
        assert_eq!(send("GET", "/rest-auth/user/").await, 401);
        assert_ne!(send("POST", "/rest-auth/registration/resend-email/").await, 429);
    }
}

#[tokio::test]
async fn an_account_counts_wherever_it_comes_from_and_strangers_by_address() {
    for database in Database::each().await {
        let app = TestApp::on(database, ANON_AND_USER).await;
        let key = app.token_of("ann").await;
        let client = app.client();
        let user =
            async |address: &str| client.get("/rest-auth/user/").token(&key).from(address).send().await;
        for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
            assert_eq!(user(address).await.status, 200);
        }
        assert_eq!(user("192.0.2.4").await.header("Retry-After"), "60");

        // Both classes count a stranger; the longer wait is told.
        for _ in 0..2 {
            assert_eq!(log_in(&client, "nobody", "192.0.2.9").await.status, 400);
        }
        let refused = log_in(&client, "nobody", "192.0.2.9").await;
        assert_eq!((refused.status, refused.header("Retry-After")), (429, "3600"));
    }
}

#[tokio::test]
async fn who_may_not_is_told_so_and_not_counted() {
    let app = TestApp::with(ANON_AND_USER).await;
    let client = app.client();
    for _ in 0..5 {
        let refused = client.get("/rest-auth/user/").from("192.0.2.1").send().await;
        assert_eq!(refused.status, 401);
    }
    assert_eq!(log_in(&client, "nobody", "192.0.2.1").await.status, 400);
}

#[tokio::test]
async fn a_hundred_requests_at_two_instances_are_counted_exactly() {
    for database in Database::each().await {
        let app = TestApp::on(database, SCOPED).await;
        let other = app.another().await;
        let requests: Vec<_> = (0..100)
            .map(|number| {
                let client = if number % 2 == 0 { app.client() } else { other.client() };
                tokio::spawn(async move { client.get("/rest-auth/login/").send().await.status })
            })
            .collect();
        let mut served = 0;
        for request in requests {
            match request.await.unwrap() {
                405 => served += 1,
                status => assert_eq!(status, 429),
            }
        }
        assert_eq!(served, 3);
    }
}

#[tokio::test]
async fn s_19_no_header_changes_the_address_unless_a_proxy_is_declared() {
    let forged = |app: &TestApp, number: u32| {
        let client = app.client();
        async move {
            let request = client.get("/rest-auth/login/").from("192.0.2.1");
            let request = request.header("X-Forwarded-For", format!("198.51.100.{number}"));
            let request = request.header("X-Real-IP", format!("198.51.100.{number}"));
            request.header("Forwarded", format!("for=198.51.100.{number}")).send().await.status
        }
    };
    let app = TestApp::with(SCOPED).await;
    for number in 0..3 {
        assert_eq!(forged(&app, number).await, 405);
    }
    assert_eq!(forged(&app, 4).await, 429);

    let app = TestApp::with(&format!("{SCOPED}num_proxies = 1")).await;
    for number in 0..8 {
        assert_eq!(forged(&app, number).await, 405, "the proxy says who it is");
    }
    let behind = async |sent: &str| {
        let request = app.client().get("/rest-auth/login/").from("192.0.2.1");
        request.header("X-Forwarded-For", sent).send().await.status
    };
    for forged in ["1.1.1.1, 203.0.113.5", "2.2.2.2, 203.0.113.5", "3.3.3.3, 203.0.113.5"] {
        assert_eq!(behind(forged).await, 405);
    }
    assert_eq!(behind("4.4.4.4, 203.0.113.5").await, 429);
}

#[tokio::test]
async fn s_19_the_addresses_of_one_ipv6_network_are_one_client() {
    let app = TestApp::with(SCOPED).await;
    let client = app.client();
    let from = async |address: &str| client.get("/rest-auth/login/").from(address).send().await.status;
    for address in ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0:8000::"] {
        assert_eq!(from(address).await, 405);
    }
    assert_eq!(from("2001:db8::3").await, 429);
    assert_eq!(from("2001:db8:0:1::1").await, 405, "the next network");
    assert_eq!(from("::ffff:192.0.2.1").await, 405, "an IPv4 address in IPv6's clothes is one");
    for _ in 0..2 {
        assert_eq!(from("192.0.2.1").await, 405);
    }
    assert_eq!(from("::ffff:192.0.2.1").await, 429);
    assert_eq!(from("::ffff:192.0.2.2").await, 405);
}

#[tokio::test]
async fn e_03_verification_is_throttled_in_the_strict_profile_only() {
    let strict = format!("profile = \"strict\"\n{SCOPED}\n[password]\nhashers = [\"argon2\"]");
    for (settings, is_throttled) in [(SCOPED, false), (&strict, true)] {
        for path in ["verify-email/", "resend-email/"] {
            let app = TestApp::with(settings).await;
            let client = app.client();
            let mut last = 0;
            for _ in 0..4 {
                last = client.post(&format!("/rest-auth/registration/{path}")).send().await.status;
            }
            assert_eq!(last == 429, is_throttled, "{path}");
        }
    }
}

#[tokio::test]
async fn hits_that_count_no_more_leave_the_table() {
    let app = TestApp::on(Database::file(), ANON_AND_USER).await;
    let client = app.client();
    for number in 0..400_u32 {
        let address = format!("192.0.{}.{}", number / 250, number % 250);
        client.get("/rest-auth/login/").from(&address).send().await;
    }
    app.clock.advance(7200);
    for number in 0..800_u32 {
        let address = format!("198.51.{}.{}", number / 250, number % 250);
        client.get("/rest-auth/login/").from(&address).send().await;
    }
    let old = "SELECT CAST(count(*) AS text) FROM rest_auth_throttle WHERE key LIKE '%192.0.%'";
    assert_eq!(app.rows().texts(old).await, ["0"]);
}
