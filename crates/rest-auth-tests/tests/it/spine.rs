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

#[tokio::test]
async fn fifty_registrations_of_one_name_make_one_account() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let crowd: Vec<_> = (0..50)
            .map(|_| {
                let client = app.client();
                tokio::spawn(async move {
                    let body = json!({"username": "ann", "password1": PASSWORD, "password2": PASSWORD});
                    client.post("/rest-auth/registration/").json(&body).send().await
                })
            })
            .collect();
        let (mut made, mut refused) = (0, 0);
        for member in crowd {
            let answer = member.await.unwrap();
            match answer.status {
                201 => made += 1,
                400 => {
                    assert_eq!(
                        answer.json(),
                        json!({"username": ["A user with that username already exists."]})
                    );
                    refused += 1;
                }
                other => panic!("{other}: {}", answer.text()),
            }
        }
        assert_eq!((made, refused), (1, 49));
    }
}

#[tokio::test]
async fn an_address_is_verified_with_the_key_from_its_mail_and_only_once() {
    for database in Database::each().await {
        let app = TestApp::on(
            database,
            "[account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]",
        )
        .await;
        let answer = app.register("ann").await;
        assert_eq!(
            (answer.status, answer.text()),
            (201, r#"{"detail":"Verification e-mail sent."}"#.to_owned())
        );
        let refused = app.log_in("ann", PASSWORD).await;
        assert_eq!(refused.json(), json!({"non_field_errors": ["E-mail is not verified."]}));

        let mail = app.last_mail_to("ann").await;
        assert_eq!(mail.subject, "[example.com] Please Confirm Your Email Address");
        let link = mail
            .text
            .split_whitespace()
            .find(|word| word.contains("account-confirm-email/"))
            .unwrap()
            .to_owned();
        let key = link.split('/').rev().nth(1).unwrap().to_owned();

        let crowd: Vec<_> = (0..50)
            .map(|_| {
                let (client, body) = (app.client(), json!({ "key": key }));
                tokio::spawn(async move {
                    client.post("/rest-auth/registration/verify-email/").json(&body).send().await.status
                })
            })
            .collect();
        let mut verified = 0;
        for member in crowd {
            match member.await.unwrap() {
                200 => verified += 1,
                404 => {}
                other => panic!("{other}"),
            }
        }
        assert_eq!(verified, 1);
        assert_eq!(app.log_in("ann", PASSWORD).await.status, 200);
    }
}
