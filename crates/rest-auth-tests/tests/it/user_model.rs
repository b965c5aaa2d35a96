//! Other user models than Django's own: UUID keys, no user names, columns of the deployment's own; in tables that we
//! make and in those that Django has made.

use rest_auth_tests::app::{Database, PASSWORD, TestApp};
use serde_json::{Value, json};

const LOGIN: &str = "/rest-auth/login/";
const REGISTRATION: &str = "/rest-auth/registration/";
const USER: &str = "/rest-auth/user/";

/// A login by address, UUIDs for keys, and columns of each kind.
const CLUB: &str = r#"
[account]
login_methods = ["email"]
signup_fields = ["email*"]
[user_model]
table = "club_member"
id_kind = "uuid"
login_field = "email"
username_field = false
extra_fields = [
    { name = "company", max_length = 20, required = true },
    { name = "size", choices = ["S", "M", "L"], required = true },
    { name = "age", kind = "integer" },
    { name = "newsletter", kind = "boolean" },
    { name = "number", kind = "integer", read_only = true },
]
"#;

fn member(email: &str) -> Value {
    json!({
        "email": email, "password1": PASSWORD, "password2": PASSWORD,
        "company": "ACME", "size": "M", "age": 42, "newsletter": true,
    })
}

/// What a browser and a token holder go through, from sign-up to logout.
async fn walk(app: &TestApp) {
    let browser = app.client();
    let answer = browser.post(REGISTRATION).json(&member("ann@example.com")).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let key = answer.json()["key"].as_str().unwrap().to_owned();

    let shown = browser.get(USER).send().await.json();
    let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
    let expected =
        ["pk", "email", "first_name", "last_name", "company", "size", "age", "newsletter", "number"];
    assert_eq!(names, expected);
    let pk = shown["pk"].as_str().unwrap().to_owned();
    assert_eq!(uuid::Uuid::parse_str(&pk).unwrap().hyphenated().to_string(), pk);
    assert_eq!(
        (&shown["company"], &shown["age"], &shown["newsletter"]),
        (&json!("ACME"), &json!(42), &json!(true))
    );

    let by_email = json!({"email": "Ann@Example.com", "password": PASSWORD});
    let login = app.client().post(LOGIN).json(&by_email).send().await;
    assert_eq!((login.status, login.json()["key"].as_str()), (200, Some(key.as_str())));

    let change =
        json!({"company": "Bolts & Co", "age": -7, "newsletter": false, "number": 666, "email": "x@y.com"});
    let changed = app.client().request("PATCH", USER).token(&key).json(&change).send().await.json();
    assert_eq!((&changed["company"], &changed["age"]), (&json!("Bolts & Co"), &json!(-7)));
    assert_eq!((&changed["newsletter"], &changed["pk"]), (&json!(false), &json!(pk)));
    assert_eq!((&changed["number"], &changed["email"]), (&shown["number"], &shown["email"]), "read-only");

    let out = browser.post("/rest-auth/logout/").csrf().send().await;
    assert_eq!(out.status, 200);
    assert_eq!(app.client().get(USER).token(&key).send().await.status, 401);
}

#[tokio::test]
async fn a_table_with_uuids_and_own_columns_goes_the_whole_way() {
    for database in Database::each().await {
        walk(&TestApp::on(database, CLUB).await).await;
    }
}

#[tokio::test]
async fn a_verification_works_with_uuids() {
    for database in Database::each().await {
        let settings = CLUB.replace("[account]", "[account]\nemail_verification = \"mandatory\"");
        let app = TestApp::on(database, &settings).await;
        let answer = app.client().post(REGISTRATION).json(&member("ann@example.com")).send().await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let mail = app.last_mail_to("ann").await;
        let link = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
        let key = link.trim_end_matches('/').rsplit('/').next().unwrap();
        let by_email = json!({"email": "ann@example.com", "password": PASSWORD});
        assert_eq!(app.client().post(LOGIN).json(&by_email).send().await.status, 400);
        let verify = app.client().post("/rest-auth/registration/verify-email/").json(&json!({ "key": key }));
        assert_eq!(verify.send().await.status, 200);
        assert_eq!(app.client().post(LOGIN).json(&by_email).send().await.status, 200);
    }
}

#[tokio::test]
async fn own_columns_are_checked_field_by_field() {
    for database in Database::each().await {
        let app = TestApp::on(database, CLUB).await;
        let wrong = json!({
            "email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD,
            "company": "x".repeat(21), "size": "XXL", "age": "many", "newsletter": "perhaps",
        });
        let answer = app.client().post(REGISTRATION).json(&wrong).send().await;
        let expected = json!({
            "company": ["Ensure this field has no more than 20 characters."],
            "size": ["\"XXL\" is not a valid choice."],
            "age": ["A valid integer is required."],
            "newsletter": ["Must be a valid boolean."],
        });
        assert_eq!((answer.status, answer.json()), (400, expected));
        for (name, value) in [
            ("age", json!(2_147_483_648_i64)),
            ("age", json!(1e300)),
            ("age", json!("9".repeat(500))),
            ("age", Value::Null),
            ("company", json!("\0")),
            ("company", json!([])),
            ("size", json!({})),
            ("newsletter", json!([])),
        ] {
            let mut body = member("bob@example.com");
            body[name] = value;
            let answer = app.client().post(REGISTRATION).json(&body).send().await;
            assert_eq!(answer.status, 400, "{name}: {}", answer.text());
        }
        let missing = json!({"email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD});
        let required = json!({"company": ["This field is required."], "size": ["This field is required."]});
        assert_eq!(app.client().post(REGISTRATION).json(&missing).send().await.json(), required);
        assert_eq!(app.rows().count("club_member").await, 0);
    }
}

#[tokio::test]
async fn an_address_is_one_account_where_people_log_in_by_address() {
    for database in Database::each().await {
        let app = TestApp::on(database, CLUB).await;
        let crowd: Vec<_> = (0..20)
            .map(|number| {
                let client = app.client();
                let body = member(if number % 2 == 0 { "ann@example.com" } else { "ANN@Example.com" });
                tokio::spawn(async move { client.post(REGISTRATION).json(&body).send().await })
            })
            .collect();
        let mut made = 0;
        for task in crowd {
            let answer = task.await.unwrap();
            assert!([201, 400].contains(&answer.status), "{}: {}", answer.status, answer.text());
            made += usize::from(answer.status == 201);
        }
        assert_eq!(made, 1);
        assert_eq!(app.rows().count("club_member").await, 1);
    }
}

#[tokio::test]
async fn keys_of_64_bits_are_whole_in_answers_and_sessions() {
    let settings = "[user_model]\ntable = \"people_person\"\nid_kind = \"bigint\"";
    for database in Database::each().await {
        let app = TestApp::on(database.clone(), settings).await;
        let big = i64::from(i32::MAX) + 1;
        let rows = app.rows();
        match database {
            Database::Url(_) => {
                rows.run(&format!("ALTER TABLE people_person ALTER COLUMN id RESTART WITH {big}")).await;
            }
            _ => {
                rows.run(&format!("INSERT INTO sqlite_sequence VALUES ('people_person', {})", big - 1)).await;
            }
        }
        let browser = app.client();
        let body = json!({"username": "ann", "password1": PASSWORD, "password2": PASSWORD});
        assert_eq!(browser.post(REGISTRATION).json(&body).send().await.status, 201);
        assert_eq!(browser.get(USER).send().await.json()["pk"], big);
    }
}

#[tokio::test]
async fn a_user_name_may_stand_in_a_column_of_another_name() {
    let settings = "[user_model]\ntable = \"people_person\"\nusername_field = \"nickname\"";
    for database in Database::each().await {
        let app = TestApp::on(database, settings).await;
        let key = app.token_of("ann").await;
        assert_eq!(app.rows().texts("SELECT nickname FROM people_person").await, ["ann"]);
        assert_eq!(app.log_in("ann", PASSWORD).await.status, 200);
        assert_eq!(
            app.register("ANN").await.json(),
            json!({"username": ["A user with that username already exists."]})
        );
        let user = app.client().get(USER).token(&key).send().await.json();
        assert_eq!((&user["nickname"], &user["username"]), (&json!("ann"), &Value::Null));
        app.register("bob").await;
        let rename = async |name: &str| {
            let body = json!({ "nickname": name, "username": "carl" });
            app.client().request("PATCH", USER).token(&key).json(&body).send().await
        };
        let taken = json!({"nickname": ["user with this nickname already exists."]});
        assert_eq!(rename("BOB").await.json(), taken);
        assert_eq!(rename("anna").await.json()["nickname"], "anna");
        assert_eq!(app.log_in("anna", PASSWORD).await.status, 200);
    }
}
