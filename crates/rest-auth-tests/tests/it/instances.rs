//! Several instances on one database: each knows at once what the others have done.

use rest_auth_core::model::UserId;
use rest_auth_tests::app::{Database, PASSWORD, TestApp};
use serde_json::json;

const LOGIN: &str = "/rest-auth/login/";
const USER: &str = "/rest-auth/user/";

#[tokio::test]
async fn whoever_registers_at_one_instance_is_known_to_the_others() {
    for database in Database::each().await {
        let one = TestApp::on(database, "").await;
        let two = one.another().await;
        let key = one.token_of("ann").await;
        let login = two.log_in("ann", PASSWORD).await;
        assert_eq!((login.status, login.json()["key"].as_str()), (200, Some(key.as_str())));
        assert_eq!(two.client().get(USER).token(&key).send().await.json()["username"], "ann");
        let change = json!({"first_name": "Ann"});
        two.client().request("PATCH", USER).token(&key).json(&change).send().await;
        assert_eq!(one.client().get(USER).token(&key).send().await.json()["first_name"], "Ann");
    }
}

#[tokio::test]
async fn a_session_is_valid_at_each_instance_and_ended_at_each() {
    for database in Database::each().await {
        let one = TestApp::on(database, "").await;
        let two = one.another().await;
        one.register("ann").await;
        let (here, there) = (one.client(), two.client());
        here.post(LOGIN).json(&json!({"username": "ann", "password": PASSWORD})).send().await;
        for cookie in ["sessionid", "csrftoken"] {
            there.set_cookie(cookie, &here.cookie(cookie).unwrap());
        }
        assert_eq!(there.get(USER).send().await.json()["username"], "ann");
        let change = there.request("PATCH", USER).csrf().json(&json!({"last_name": "Lee"})).send().await;
        assert_eq!(change.status, 200, "the proof is valid there too: {}", change.text());
        assert_eq!(there.post("/rest-auth/logout/").csrf().send().await.status, 200);
        assert_eq!(here.get(USER).send().await.status, 401);
    }
}

#[tokio::test]
async fn a_key_that_one_instance_mailed_verifies_at_another_and_is_used_up_at_both() {
    let settings =
        "[account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]";
    for database in Database::each().await {
        let one = TestApp::on(database, settings).await;
        let two = one.another().await;
        one.register("ann").await;
        // Whichever instance gets to it sends the mail; nobody sends it twice.
        tokio::join!(one.deliver(), two.deliver());
        let sent = one.mailbox.sent();
        assert_eq!(sent.len(), 1);
        let text = &sent[0].mail.text;
        let link = text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
        let key = link.trim_end_matches('/').rsplit('/').next().unwrap();
        let verify = async |app: &TestApp| {
            let body = json!({ "key": key });
            app.client().post("/rest-auth/registration/verify-email/").json(&body).send().await.status
        };
        let (first, second) = tokio::join!(verify(&one), verify(&two));
        let mut statuses = [first, second];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404]);
        assert_eq!(two.log_in("ann", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn an_account_that_is_switched_off_is_shut_out_everywhere() {
    for database in Database::each().await {
        let one = TestApp::on(database, "").await;
        let two = one.another().await;
        let key = one.token_of("ann").await;
        assert_eq!(two.client().get(USER).token(&key).send().await.status, 200);
        let mut tx = one.store.write().await.unwrap();
        tx.set_active(UserId::Int(1), false).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(two.client().get(USER).token(&key).send().await.status, 401);
    }
}

#[tokio::test]
async fn a_crowd_that_registers_one_name_at_several_instances_makes_one_account() {
    for database in Database::each().await {
        let one = TestApp::on(database, "").await;
        let instances = [one.another().await, one.another().await, one];
        let tasks: Vec<_> = ["ann", "Ann", "ANN", "aNN"]
            .into_iter()
            .cycle()
            .take(24)
            .zip(instances.iter().cycle())
            .map(|(spelling, app)| {
                let client = app.client();
                let body = json!({"username": spelling, "password1": PASSWORD, "password2": PASSWORD});
                tokio::spawn(async move { client.post("/rest-auth/registration/").json(&body).send().await })
            })
            .collect();
        let mut made = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            assert!([201, 400].contains(&answer.status), "{}: {}", answer.status, answer.text());
            made += usize::from(answer.status == 201);
        }
        assert_eq!(made, 1);
    }
}

#[tokio::test]
async fn thirty_mails_leave_once_whoever_sends_them() {
    for database in Database::each().await {
        let one = TestApp::on(database, "").await;
        let two = one.another().await;
        for number in 0..30 {
            one.register(&format!("guest{number}")).await;
        }
        tokio::join!(one.deliver(), two.deliver());
        let mut receivers: Vec<_> = one.mailbox.sent().into_iter().map(|sent| sent.mail.to).collect();
        receivers.sort();
        let all = receivers.len();
        receivers.dedup();
        assert_eq!((receivers.len(), all), (30, 30));
    }
}
