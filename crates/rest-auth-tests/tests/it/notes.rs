//! The example of a host application, as its users drive it.

#[path = "../../../rest-auth/examples/notes.rs"]
#[expect(dead_code, reason = "as a program it listens on a port")]
mod example;

use rest_auth_tests::app::{Client, PASSWORD};
use serde_json::json;

/// Signs somebody up: their token.
async fn token_of(client: &Client, name: &str) -> String {
    let body = json!({"username": name, "password1": PASSWORD, "password2": PASSWORD});
    let answer = client.post("/auth/registration/").json(&body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn notes_belong_to_whoever_is_logged_in() {
    let (application, auth) = example::application().await.unwrap();
    let client = || Client::new(application.clone());
    let (ann, bob) = (token_of(&client(), "ann").await, token_of(&client(), "bob").await);
    for note in ["milk, eggs", "bread"] {
        let noted = client().post("/notes").token(&ann).body("text/plain", note).send().await;
        assert_eq!((noted.status, noted.text().as_str()), (200, "noted"));
    }
    let list = async |key: &str| client().get("/notes").token(key).send().await;
    assert_eq!(list(&ann).await.text(), "milk, eggs\nbread");
    assert_eq!(list(&bob).await.text(), "");

    let nobody = client().get("/notes").send().await;
    assert_eq!((nobody.status, nobody.header("WWW-Authenticate")), (401, "Token"));
    assert_eq!(list("0000000000000000000000000000000000000000").await.status, 401);
    let unsaid = client().post("/notes").body("text/plain", "a note of nobody's").send().await;
    assert_eq!(unsaid.status, 401);

    // A session of a browser writes with a proof against CSRF only.
    let browser = client();
    let body = json!({"username": "ann", "password": PASSWORD});
    assert_eq!(browser.post("/auth/login/").json(&body).send().await.status, 200);
    assert_eq!(browser.get("/notes").send().await.text(), "milk, eggs\nbread");
    assert_eq!(browser.post("/notes").body("text/plain", "forged").send().await.status, 403);
    assert_eq!(browser.post("/notes").csrf().body("text/plain", "jam").send().await.status, 200);
    assert_eq!(list(&ann).await.text(), "milk, eggs\nbread\njam");

    assert_eq!(client().post("/auth/logout/").token(&ann).send().await.status, 200);
    assert_eq!(list(&ann).await.status, 401);
    auth.shut_down(std::time::Duration::from_secs(10)).await;
}
