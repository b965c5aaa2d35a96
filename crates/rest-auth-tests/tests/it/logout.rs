//! Logout: what is gone afterwards, whatever happens at the same time.

use rest_auth_tests::app::{Database, PASSWORD, TestApp};
use serde_json::json;

const LOGOUT: &str = "/rest-auth/logout/";

#[tokio::test]
async fn a_logout_deletes_the_token_and_the_session_and_nothing_of_others() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        app.register("bob").await;
        let browser = app.client();
        app.register("ann").await;
        let login = json!({"username": "ann", "password": PASSWORD});
        browser.post("/rest-auth/login/").json(&login).send().await;
        let sessions = app.rows().count("django_session").await;
        let answer = browser.post(LOGOUT).csrf().send().await;
        assert_eq!((answer.status, answer.detail().as_str()), (200, "Successfully logged out."));
        assert_eq!(browser.cookie("sessionid"), None);
        assert_eq!(app.rows().count("authtoken_token").await, 1, "bob's is left");
        assert_eq!(app.rows().count("django_session").await, sessions - 1);
    }
}

#[tokio::test]
async fn logins_and_logouts_at_the_same_time_disturb_nobody() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let key = app.token_of("ann").await;
        let tasks: Vec<_> = (0..40)
            .map(|number| {
                let (client, key) = (app.client(), key.clone());
                tokio::spawn(async move {
                    let answer = if number % 2 == 0 {
                        let login = json!({"username": "ann", "password": PASSWORD});
                        client.post("/rest-auth/login/").json(&login).send().await
                    } else {
                        client.post(LOGOUT).token(&key).send().await
                    };
                    assert_eq!(answer.status, 200, "{}", answer.text());
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(app.rows().count("authtoken_token").await <= 1);
        let last = app.log_in("ann", PASSWORD).await.json()["key"].as_str().unwrap().to_owned();
        app.client().post(LOGOUT).token(&last).send().await;
        assert_eq!(app.rows().count("authtoken_token").await, 0);
        assert_eq!(app.client().get("/rest-auth/user/").token(&last).send().await.status, 401);
    }
}
