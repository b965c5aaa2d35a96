//! The pages that a confirmation mail leads to where no front end has pages of its own.

use rest_auth_tests::app::TestApp;
use serde_json::json;

const MANDATORY: &str = "[account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]\n\
                         [http]\nlogin_url = \"/welcome/\"";

/// The path of the link in the mail that a sign-up caused.
async fn link_to(app: &TestApp, name: &str) -> String {
    app.register(name).await;
    let mail = app.last_mail_to(name).await;
    let link = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
    link.split_once("testserver").unwrap().1.to_owned()
}

async fn is_verified(app: &TestApp) -> bool {
    let rows = app.store.read().await.unwrap().email_addresses("ann@example.com").await.unwrap();
    rows.iter().any(|row| row.verified)
}

#[tokio::test]
async fn opening_the_link_asks_and_only_the_button_confirms() {
    let app = TestApp::with(MANDATORY).await;
    let (link, client) = (link_to(&app, "ann").await, app.client());
    for method in ["GET", "HEAD"] {
        let page = client.request(method, &link).send().await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(
            (page.header("referrer-policy"), page.header("cache-control")),
            ("no-referrer", "no-store")
        );
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(page.text().contains("<form method=\"post\">"), method == "GET");
        assert!(!is_verified(&app).await, "{method} must not confirm: scanners open links too");
    }
    let done = client.post(&link).send().await;
    assert_eq!((done.status, done.header("location")), (302, "/welcome/"));
    assert!(is_verified(&app).await);
    let again = client.post(&link).send().await;
    assert_eq!(again.status, 200);
    assert!(again.text().contains("This email confirmation link expired or is invalid."));
}

#[tokio::test]
async fn a_wrong_key_is_told_so_and_no_other_host_is_served() {
    let app = TestApp::with("[http]\nallowed_hosts = [\"testserver\"]").await;
    let client = app.client();
    let link = "/rest-auth/registration/account-confirm-email/MQ:1xUx9u:wrong/";
    assert!(client.post(link).send().await.text().contains("expired or is invalid"));
    assert_eq!(client.post(link).header("host", "evil.example").send().await.status, 400);
    let sent = client.get("/rest-auth/registration/account-email-verification-sent/").send().await;
    assert_eq!(sent.status, 200);
    let without = TestApp::with("[http]\nfeatures = []").await;
    assert_eq!(without.client().get(link).json(&json!({})).send().await.status, 404);
}
