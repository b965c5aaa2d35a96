//! Verifying addresses: once, in time, by whoever was first.

use rest_auth_tests::app::{Database, PASSWORD, Response, TestApp};
use serde_json::json;

const MANDATORY: &str =
    "[account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]\n";
const THREE_DAYS: i64 = 3 * 24 * 60 * 60;

/// The key in the last mail to somebody.
async fn mailed_key(app: &TestApp, name: &str) -> String {
    let mail = app.last_mail_to(name).await;
    let link = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
    link.trim_end_matches('/').rsplit('/').next().unwrap().to_owned()
}

async fn verify(app: &TestApp, key: &str) -> Response {
    app.client().post("/rest-auth/registration/verify-email/").json(&json!({ "key": key })).send().await
}

/// Signs up with an address that others may have too: the key of its mail.
async fn register_with(app: &TestApp, name: &str, email: &str) -> String {
    let body = json!({"username": name, "email": email, "password1": PASSWORD, "password2": PASSWORD});
    let answer = app.client().post("/rest-auth/registration/").json(&body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    mailed_key(app, email.split('@').next().unwrap()).await
}

#[tokio::test]
async fn an_address_is_verified_with_the_key_from_its_mail_and_only_once() {
    for database in Database::each().await {
        let app = TestApp::on(database, MANDATORY).await;
        let answer = app.register("ann").await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (201, r#"{"detail":"Verification e-mail sent."}"#)
        );
        let refused = app.log_in("ann", PASSWORD).await;
        assert_eq!(refused.json(), json!({"non_field_errors": ["E-mail is not verified."]}));

        let mail = app.last_mail_to("ann").await;
        assert_eq!(mail.subject, "[example.com] Please Confirm Your Email Address");
        let key = mailed_key(&app, "ann").await;
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

#[tokio::test]
async fn a_key_is_good_for_three_days_to_the_second_whether_signed_or_kept_in_a_row() {
    for database in Database::each().await {
        for hmac in [true, false] {
            let app =
                TestApp::on(database.clone(), &format!("{MANDATORY}email_confirmation_hmac = {hmac}")).await;
            let (late, timely) = (format!("late{hmac}"), format!("timely{hmac}"));
            app.register(&late).await;
            app.register(&timely).await;
            let (late, timely) = (mailed_key(&app, &late).await, mailed_key(&app, &timely).await);
            // Django's signatures expire after the last second, rows with it.
            app.clock.advance(THREE_DAYS - i64::from(!hmac));
            assert_eq!(verify(&app, &timely).await.status, 200, "hmac {hmac}");
            app.clock.advance(1);
            assert_eq!(verify(&app, &late).await.status, 404, "hmac {hmac}");
        }
    }
}

#[tokio::test]
async fn a_key_signed_with_a_former_secret_still_verifies() {
    for database in Database::each().await {
        let app = TestApp::on(database.clone(), MANDATORY).await;
        app.register("ann").await;
        let key = mailed_key(&app, "ann").await;
        let without =
            TestApp::on(database.clone(), &format!("secret_key = \"{NEW_SECRET}\"\n{MANDATORY}")).await;
        assert_eq!(verify(&without, &key).await.status, 404);
        let former = app.app().settings.top.secret_key.expose().clone();
        let settings =
            format!("secret_key = \"{NEW_SECRET}\"\nsecret_key_fallbacks = [\"{former}\"]\n{MANDATORY}");
        let with = TestApp::on(database, &settings).await;
        assert_eq!(verify(&with, &key).await.status, 200);
    }
}

const NEW_SECRET: &str = "zq81mVb4LrT9xkPy2nWc6HdJ7fGs0aEo3uIvBt5D";

#[tokio::test]
async fn s_66_an_address_belongs_to_the_first_who_verifies_it_and_nobody_learns_whose_it_is() {
    for database in Database::each().await {
        let app = TestApp::on(database, MANDATORY).await;
        let ann = register_with(&app, "ann", "shared@example.com").await;
        app.clock.advance(600);
        let eve = register_with(&app, "eve", "shared@example.com").await;
        assert_ne!(ann, eve);
        let (ann, eve) = tokio::join!(verify(&app, &ann), verify(&app, &eve));
        let mut statuses = [ann.status, eve.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404]);
        let loser = if ann.status == 404 { ann } else { eve };
        assert_eq!(loser.text(), r#"{"detail":"Not found."}"#, "as for a key that was made up");
        let verified = "SELECT CAST(user_id AS text) FROM account_emailaddress WHERE verified";
        assert_eq!(app.rows().texts(verified).await.len(), 1);
    }
}

#[tokio::test]
async fn a_mail_that_is_sent_again_has_a_key_that_verifies_and_strangers_get_the_same_answer() {
    for database in Database::each().await {
        let app = TestApp::on(database, MANDATORY).await;
        app.register("ann").await;
        app.deliver().await;
        let sent = app.mailbox.sent().len();
        app.clock.advance(3600);
        let resend = async |email: &str| {
            let body = json!({ "email": email });
            let answer = app.client().post("/rest-auth/registration/resend-email/").json(&body).send().await;
            (answer.status, answer.text())
        };
        let known = resend("ANN@example.com").await;
        assert_eq!(known, (200, r#"{"detail":"ok"}"#.to_owned()));
        assert_eq!(resend("nobody@example.com").await, known);
        app.deliver().await;
        assert_eq!(app.mailbox.sent().len(), sent + 1);
        assert_eq!(verify(&app, &mailed_key(&app, "ann").await).await.status, 200);
        app.clock.advance(3600);
        assert_eq!(resend("ann@example.com").await, known, "nor does it tell who is verified");
        app.deliver().await;
        assert_eq!(app.mailbox.sent().len(), sent + 1);
    }
}
