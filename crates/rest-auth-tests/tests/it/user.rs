//! The account's details: many changes at once, and what a change leaves alone.

use rest_auth_tests::app::{Database, TestApp};
use serde_json::{Value, json};

const USER: &str = "/rest-auth/user/";

async fn patch(app: &TestApp, key: &str, body: &Value) -> rest_auth_tests::app::Response {
    app.client().request("PATCH", USER).token(key).json(body).send().await
}

#[tokio::test]
async fn a_change_writes_the_columns_that_are_given_and_no_other_row() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let key = app.token_of("ann").await;
        app.register("bob").await;
        let before = app.rows().dump().await;
        let answer = patch(&app, &key, &json!({"first_name": "Ann"})).await;
        assert_eq!(answer.json()["first_name"], "Ann");
        let after = app.rows().dump().await;
        for (table, rows) in &before {
            let changed = rows.iter().filter(|row| !after[table].contains(row)).count();
            assert_eq!(changed, usize::from(table == "auth_user"), "{table}");
        }
        assert_eq!(patch(&app, &key, &json!({})).await.status, 200);
        assert_eq!(app.rows().dump().await, after, "nothing given, nothing written");
    }
}

#[tokio::test]
async fn changes_of_different_columns_at_the_same_time_all_stay() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let key = app.token_of("ann").await;
        for round in 0..10 {
            let (first, last) =
                (json!({"first_name": format!("A{round}")}), json!({"last_name": format!("B{round}")}));
            let (first, last) = tokio::join!(patch(&app, &key, &first), patch(&app, &key, &last));
            assert_eq!((first.status, last.status), (200, 200));
            let user = app.client().get(USER).token(&key).send().await.json();
            assert_eq!(
                (&user["first_name"], &user["last_name"]),
                (&json!(format!("A{round}")), &json!(format!("B{round}")))
            );
        }
    }
}

#[tokio::test]
async fn of_many_who_take_one_name_at_once_in_any_spelling_one_gets_it() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let mut tasks = Vec::new();
        for (number, spelling) in ["eve", "Eve", "EVE", "eVE", "evE", "EvE"].into_iter().enumerate() {
            let (key, client) = (app.token_of(&format!("guest{number}")).await, app.client());
            tasks.push(tokio::spawn(async move {
                client.request("PATCH", USER).token(&key).json(&json!({"username": spelling})).send().await
            }));
        }
        let mut taken = 0;
        for task in tasks {
            let answer = task.await.unwrap();
            if answer.status == 400 {
                assert_eq!(answer.json(), json!({"username": ["A user with that username already exists."]}));
                taken += 1;
            } else {
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        }
        assert_eq!(taken, 5);
    }
}

#[tokio::test]
async fn a_name_that_was_given_up_is_free_for_others() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let key = app.token_of("ann").await;
        assert_eq!(patch(&app, &key, &json!({"username": "anna"})).await.status, 200);
        assert_eq!(
            patch(&app, &key, &json!({"username": "ANNA"})).await.status,
            200,
            "one's own in another case"
        );
        let again = app.client().post("/rest-auth/registration/");
        let body = json!({"username": "ann", "password1": "c0rrect-horse", "password2": "c0rrect-horse"});
        assert_eq!(again.json(&body).send().await.status, 201);
    }
}
