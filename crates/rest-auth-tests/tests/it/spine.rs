//! The way that a newcomer walks: sign up, log in, read and change the details, log out. On both databases.

use rest_auth_tests::app::{Database, PASSWORD, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_newcomer_walks_the_whole_way() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let key = app.token_of("ann").await;
        let client = app.client();

        let login = client
            .post("/rest-auth/login/")
            .json(&json!({"username": "ann", "password": PASSWORD}))
            .send()
            .await;
        assert_eq!((login.status, login.json()), (200, json!({ "key": key })));

        let stranger = app.client();
        let user = stranger.get("/rest-auth/user/").token(&key).send().await;
        let ann = json!({"pk": 1, "username": "ann", "email": "ann@example.com", "first_name": "", "last_name": ""});
        assert_eq!((user.status, user.json()), (200, ann));

        let change = json!({"first_name": "Ann", "email": "other@example.com"});
        let changed = stranger.request("PATCH", "/rest-auth/user/").token(&key).json(&change).send().await;
        assert_eq!(changed.json()["first_name"], "Ann");
        assert_eq!(changed.json()["email"], "ann@example.com", "the address is read-only");

        let out = stranger.post("/rest-auth/logout/").token(&key).send().await;
        assert_eq!((out.status, out.text()), (200, r#"{"detail":"Successfully logged out."}"#.to_owned()));
        let gone = stranger.get("/rest-auth/user/").token(&key).send().await;
        assert_eq!((gone.status, gone.header("WWW-Authenticate")), (401, "Token"));
    }
}
