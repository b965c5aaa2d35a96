//! The page that a reset mail leads to where no front end has one.

use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use serde_json::json;

const NEW: &str = "n3w-battery-staple";

/// The path of the link in a reset mail.
async fn path_of(app: &TestApp, name: &str) -> String {
    let body = json!({"email": format!("{name}@example.com")});
    assert_eq!(app.client().post("/rest-auth/password/reset/").json(&body).send().await.status, 200);
    let mail = app.last_mail_to(name).await;
    let link = mail.text.split_whitespace().find(|word| word.contains("/password/reset/confirm/")).unwrap();
    link.strip_prefix("http://testserver").unwrap().to_owned()
}

async fn post(client: &Client, path: &str, body: &str) -> Response {
    client.post(path).body("application/x-www-form-urlencoded", body.to_owned()).send().await
}

fn form(password1: &str, password2: &str) -> String {
    format!("new_password1={password1}&new_password2={password2}")
}

fn assert_is_safe(page: &Response) {
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!((page.header("x-frame-options"), page.header("x-content-type-options")), ("DENY", "nosniff"));
    assert_eq!(page.set_cookies(), Vec::<String>::new());
    assert!(!page.text().contains("script") && !page.text().contains("://"), "{}", page.text());
}

#[tokio::test]
async fn s_61_opening_the_link_ten_times_changes_nothing_and_the_form_sets_the_password() {
    for database in Database::each().await {
        for features in ["[\"registration\"]", "[]"] {
            let app = TestApp::on(database.clone(), &format!("[http]\nfeatures = {features}")).await;
            if features != "[]" {
                app.register("ann").await;
            }
            let (path, client) = (path_of(&app, "ann").await, app.client());
            let before = app.rows().dump().await;
            for method in ["GET", "HEAD"].iter().cycle().take(20) {
                let page = client.request(method, &path).send().await;
                assert_is_safe(&page);
                assert_eq!(
                    page.text().matches("<input type=\"password\"").count(),
                    if *method == "GET" { 2 } else { 0 }
                );
            }
            assert_eq!(app.rows().dump().await, before);

            let done = post(&client, &path, &form(NEW, NEW)).await;
            assert_is_safe(&done);
            assert!(done.text().contains("Your new password has been set."), "{}", done.text());
            assert_eq!(client.get("/rest-auth/user/").send().await.status, 401, "nobody is logged in by it");
            assert_eq!(app.log_in("ann", NEW).await.status, 200);

            for page in [
                client.get(&path).send().await,
                post(&client, &path, &form("s0me-0ther-one", "s0me-0ther-one")).await,
            ] {
                assert_is_safe(&page);
                assert!(
                    page.text().contains("expired, was used already or is invalid")
                        && !page.text().contains("<input")
                );
            }
            assert_eq!(app.log_in("ann", NEW).await.status, 200);
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_password_stands_beside_it_and_the_link_stays_good() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let (path, client) = (path_of(&app, "ann").await, app.client());
    for (body, told) in [
        (
            form("12345", "12345"),
            "<li>This password is too short. It must contain at least 8 characters.</li>",
        ),
        (form("annexample", "annexample1"), "<li>The two password fields didn\u{2019}t match.</li>"),
        (
            form("ann%40example.com", "ann%40example.com"),
            "<li>The password is too similar to the email address.</li>",
        ),
        (form("", "++"), "<li>This field may not be blank.</li>"),
        (String::new(), "<li>This field is required.</li>"),
        (form(&"x".repeat(129), NEW), "<li>Ensure this field has no more than 128 characters.</li>"),
    ] {
        let page = post(&client, &path, &body).await;
        assert_is_safe(&page);
        assert!(page.text().contains(told), "{body}: {}", page.text());
        assert!(page.text().contains("aria-invalid") && page.text().contains("<form method=\"post\">"));
        assert!(!page.text().contains("value="), "no password is shown again");
    }
    assert_eq!(app.log_in("ann", PASSWORD).await.status, 200);
    // That login was one of those that end a link.
    let path = path_of(&app, "ann").await;
    assert!(
        post(&client, &path, &form("sp%C3%A4t+%26+laut", "sp%C3%A4t+%26+laut"))
            .await
            .text()
            .contains("has been set")
    );
    assert_eq!(app.log_in("ann", "spät & laut").await.status, 200);
}

#[tokio::test]
async fn the_page_takes_forms_whatever_the_api_takes_and_serves_no_other_host() {
    let settings = "[http]\nallowed_hosts = [\"testserver\"]\n[rest_framework]\ndefault_parser_classes = [\"JSONParser\"]";
    let app = TestApp::with(settings).await;
    app.register("ann").await;
    let (path, client) = (path_of(&app, "ann").await, app.client());
    let evil = client.post(&path).header("host", "evil.example");
    let refused = evil.body("application/x-www-form-urlencoded", form(NEW, NEW)).send().await;
    assert_eq!(refused.status, 400);
    assert_eq!(client.get(&path).header("host", "evil.example").send().await.status, 400);
    let json = client.post(&path).json(&json!({"new_password1": NEW, "new_password2": NEW})).send().await;
    assert_eq!(json.status, 415);
    assert_eq!(app.log_in("ann", NEW).await.status, 400, "neither has set anything");
    let bare = path.trim_end_matches('/');
    assert!(post(&client, bare, &form(NEW, NEW)).await.text().contains("has been set"));
}

#[tokio::test]
async fn links_that_are_none_are_told_so() {
    let app = TestApp::start().await;
    app.register("ann").await;
    for path in ["1/x", "!/x", "zz/bkrfgg-8155", "%00/%00", "%F0%9F%92%A9/a%2Fb", "1/%3Cscript%3E"] {
        let path = format!("/rest-auth/password/reset/confirm/{path}/");
        for page in [app.client().get(&path).send().await, post(&app.client(), &path, &form(NEW, NEW)).await]
        {
            assert_is_safe(&page);
            assert!(page.text().contains("is invalid"), "{path}: {}", page.text());
        }
    }
    let strange = app.client().get("/rest-auth/password/reset/confirm/%ff/x/").send().await;
    assert_eq!(strange.status, 400);
}
