//! Providers with steps of their own, over HTTP: what their forms take, and what a login by them comes to.

use rest_auth_tests::app::{BEGINNING, Client, Database, Response, TestApp};
use serde_json::{Value, json};

const SETTINGS: &str = r#"
[http]
features = ["registration", "social"]
[socialaccount.providers.telegram]
client_id = "123456"
secret = "123456:bot-token"
[socialaccount.providers.vk]
client_id = "vk-id"
secret = "vk-secret"
callback_url = "https://app.example.com/vk"
"#;

/// What Telegram says of Ann, signed for the bot when the tests begin.
const SAID: &str = r#"{"id": 4242, "first_name": "Ann", "last_name": "Łuczak", "username": "annlee", "auth_date": 1768478390,
    "hash": "8e366b2dc6df8c67f8a2d5ce7313403bc86dc4117446ec97855497d99b155d9c"}"#;

async fn post(client: &Client, path: &str, body: Value) -> Response {
    client.post(&format!("/rest-auth/{path}")).json(&body).send().await
}

#[tokio::test]
async fn s_84_telegrams_word_logs_in_once() {
    assert_eq!(BEGINNING.seconds(), 1_768_478_400);
    for database in Database::each().await {
        let app = TestApp::on(database, SETTINGS).await;
        let first = post(&app.client(), "telegram/", json!({"tgAuthResult": SAID})).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let key = first.json()["key"].as_str().unwrap().to_owned();
        let user = app.client().get("/rest-auth/user/").token(&key).send().await.json();
        assert_eq!((&user["username"], &user["last_name"]), (&json!("annlee"), &json!("Łuczak")));
        let again = post(&app.client(), "telegram/", json!({"tgAuthResult": SAID})).await;
        assert_eq!((again.status, again.json()), (400, json!({"non_field_errors": ["Incorrect value"]})));
    }
}

#[tokio::test]
async fn a_provider_asks_for_what_its_row_says() {
    let app = TestApp::on(Database::Memory, SETTINGS).await;
    let empty = post(&app.client(), "telegram/", json!({"code": "x", "access_token": "y"})).await;
    assert_eq!(empty.json(), json!({"tgAuthResult": ["This field is required."]}));
    for text in ["x", "{}", "e30=", "[]", "{\"hash\": 3}"] {
        let refused = post(&app.client(), "telegram/", json!({"tgAuthResult": text})).await;
        assert_eq!((refused.status, refused.json()), (400, json!({"non_field_errors": ["Incorrect value"]})));
    }
    let options = app.client().request("OPTIONS", "/rest-auth/vk/").send().await.json();
    assert!(options["actions"]["POST"]["device_id"].is_object(), "{options}");
    assert!(options["actions"]["POST"]["user"].is_null(), "{options}");
}
