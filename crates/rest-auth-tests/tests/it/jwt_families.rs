//! Families of refresh tokens: what comes from one login, how it goes on, and what ends it.

use std::sync::Arc;

use rest_auth_core::model::Secret;
use rest_auth_core::{cleaning, commands};
use rest_auth_tests::app::{Database, PASSWORD, TestApp};
use serde_json::json;

use crate::journal::Journal;
use crate::jwt::{FAMILIES, IN_BODIES, LOGIN, LOGOUT, USER, claims, log_in, refresh, text, verify};

async fn next(app: &TestApp, token: &str) -> String {
    let answer = refresh(&app.client(), token).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    text(&answer, "refresh")
}

async fn is_ended(app: &TestApp, token: &str) -> bool {
    verify(&app.client(), token).await.status == 400
}

#[tokio::test]
async fn s_41_a_refresh_token_that_comes_back_after_its_successor_was_used_ends_its_family() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (_, first) = log_in(&app, "ann").await;
        let other = text(&app.log_in("ann", PASSWORD).await, "refresh");
        let second = next(&app, &first).await;
        let third = next(&app, &second).await;
        app.clock.advance(11);
        let journal = Journal::default();
        let listening = journal.start();
        let refused = refresh(&app.client(), &first).await;
        assert_eq!(refused.status, 401);
        assert_eq!(refused.json(), json!({"detail": "Token is blacklisted", "code": "token_not_valid"}));
        drop(listening);
        assert!(journal.text().contains("its family is ended"), "{}", journal.text());
        assert!(is_ended(&app, &third).await, "although nobody has used it");
        assert_eq!(refresh(&app.client(), &third).await.status, 401);
        assert!(!is_ended(&app, &other).await, "another login's goes on");
        assert_eq!(refresh(&app.client(), &other).await.status, 200);
    }
}

#[tokio::test]
async fn s_41_within_the_grace_a_late_one_is_refused_and_nothing_more() {
    let app = TestApp::with(FAMILIES).await;
    let (_, first) = log_in(&app, "ann").await;
    let second = next(&app, &first).await;
    let third = next(&app, &second).await;
    app.clock.advance(10);
    assert_eq!(refresh(&app.client(), &first).await.status, 401);
    assert!(!is_ended(&app, &third).await);
    app.clock.advance(1);
    assert_eq!(refresh(&app.client(), &first).await.status, 401);
    assert!(is_ended(&app, &third).await, "a second later it counts as stolen");
}

#[tokio::test]
async fn a_parent_gets_its_unused_child_again_however_late() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (_, first) = log_in(&app, "ann").await;
        let second = next(&app, &first).await;
        for seconds in [0, 9, 3600] {
            app.clock.advance(seconds);
            let answer = refresh(&app.client(), &first).await;
            assert_eq!((answer.status, text(&answer, "refresh")), (200, second.clone()));
            let access = text(&answer, "access");
            assert_eq!(app.client().get(USER).bearer(&access).send().await.status, 200);
        }
        assert_eq!(
            app.rows().count("token_blacklist_outstandingtoken").await,
            3,
            "sign-up, login, one child"
        );
    }
}

/// The refresh tokens of fifty answers to one token, and how many were refused.
async fn fifty_at_once(apps: &[&TestApp], token: &str) -> (Vec<String>, usize) {
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let client = apps[number % apps.len()].client();
            let token = token.to_owned();
            tokio::spawn(async move { refresh(&client, &token).await })
        })
        .collect();
    let (mut children, mut refused) = (Vec::new(), 0);
    for task in tasks {
        let answer = task.await.unwrap();
        match answer.status {
            200 => children.push(text(&answer, "refresh")),
            401 => refused += 1,
            _ => panic!("{}: {}", answer.status, answer.text()),
        }
    }
    children.sort();
    children.dedup();
    (children, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_42_fifty_refreshes_at_once_make_one_child_and_all_get_it() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (_, token) = log_in(&app, "ann").await;
        let (children, refused) = fifty_at_once(&[&app], &token).await;
        assert_eq!((children.len(), refused), (1, 0));
        assert_eq!(app.rows().count("token_blacklist_outstandingtoken").await, 3);
        assert_eq!(app.rows().count("token_blacklist_blacklistedtoken").await, 1);
        next(&app, &children[0]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_42_without_families_one_of_fifty_succeeds() {
    let settings = FAMILIES.replace("refresh_token_families = true", "");
    for database in Database::each().await {
        let app = TestApp::on(database, &settings).await;
        let (_, token) = log_in(&app, "ann").await;
        let (children, refused) = fifty_at_once(&[&app], &token).await;
        assert_eq!((children.len(), refused), (1, 49));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_43_two_instances_on_one_database_behave_as_one() {
    for database in Database::each().await {
        let one = TestApp::on(database, FAMILIES).await;
        let two = one.another().await;
        let (_, token) = log_in(&one, "ann").await;
        let (children, refused) = fifty_at_once(&[&one, &two], &token).await;
        assert_eq!((children.len(), refused), (1, 0));
        assert_eq!(one.rows().count("token_blacklist_outstandingtoken").await, 3);
        let second = next(&two, &children[0]).await;
        one.clock.advance(11);
        assert_eq!(refresh(&one.client(), &token).await.status, 401, "stolen");
        assert!(is_ended(&two, &second).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_that_is_ended_while_it_is_refreshed_has_no_survivor() {
    for database in Database::each().await {
        let app = Arc::new(TestApp::on(database, FAMILIES).await);
        let (_, first) = log_in(&app, "ann").await;
        let second = next(&app, &first).await;
        let third = next(&app, &second).await;
        app.clock.advance(60);
        let tasks: Vec<_> = (0..30)
            .map(|number| {
                let (app, token) =
                    (Arc::clone(&app), if number % 3 == 1 { first.clone() } else { third.clone() });
                tokio::spawn(async move { refresh(&app.client(), &token).await })
            })
            .collect();
        for task in tasks {
            assert!([200, 401].contains(&task.await.unwrap().status));
        }
        let rows = app.rows();
        let alive = rows.count(
            "token_blacklist_outstandingtoken o JOIN rest_auth_refresh_token f ON f.jti = o.jti \
             LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id \
             WHERE b.id IS NULL AND f.parent IS NOT NULL",
        );
        assert_eq!(alive.await, 0);
    }
}

#[tokio::test]
async fn s_44_a_family_has_an_absolute_life() {
    let settings = format!("{FAMILIES}refresh_token_family_lifetime = \"36h\"\n");
    let app = TestApp::with(&settings).await;
    let (_, first) = log_in(&app, "ann").await;
    let began = claims(&first)["iat"].as_i64().unwrap();
    app.clock.advance(20 * 3600);
    let second = next(&app, &first).await;
    assert_eq!(claims(&second)["exp"], began + 36 * 3600, "shorter than its own day");
    app.clock.advance(15 * 3600);
    let answer = refresh(&app.client(), &second).await;
    let third = text(&answer, "refresh");
    assert_eq!(claims(&third)["exp"], began + 36 * 3600);
    assert_eq!(text(&answer, "refresh_expiration"), "2026-01-17T00:00:00Z");
    app.clock.advance(3600);
    let refused = refresh(&app.client(), &third).await;
    assert_eq!(refused.json(), json!({"detail": "Token is expired", "code": "token_not_valid"}));
}

#[tokio::test]
async fn a_logout_ends_the_family_and_no_other() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (_, first) = log_in(&app, "ann").await;
        let other = text(&app.log_in("ann", PASSWORD).await, "refresh");
        let second = next(&app, &first).await;
        let out = app.client().post(LOGOUT).json(&json!({ "refresh": second })).send().await;
        assert_eq!(out.status, 200, "{}", out.text());
        for token in [&first, &second] {
            let refused = refresh(&app.client(), token).await;
            assert_eq!((refused.status, refused.detail().as_str()), (401, "Token is blacklisted"));
        }
        assert_eq!(refresh(&app.client(), &other).await.status, 200);
    }
}

#[tokio::test]
async fn a_logout_with_a_token_that_another_tab_has_exchanged_ends_the_family_too() {
    let app = TestApp::with(FAMILIES).await;
    let (_, first) = log_in(&app, "ann").await;
    let second = next(&app, &first).await;
    let third = next(&app, &second).await;
    let out = app.client().post(LOGOUT).json(&json!({ "refresh": first })).send().await;
    assert_eq!((out.status, out.detail().as_str()), (200, "Successfully logged out."));
    assert!(is_ended(&app, &third).await);
    let again = app.client().post(LOGOUT).json(&json!({ "refresh": third })).send().await;
    assert_eq!((again.status, again.detail().as_str()), (401, "Token is blacklisted"));
}

#[tokio::test]
async fn a_password_that_the_operator_changes_ends_every_token_of_the_account() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (access, token) = log_in(&app, "ann").await;
        let cx = app.context();
        let user = commands::find_user(&cx, "ann").await.unwrap().unwrap();
        commands::change_password(&cx, &user, Secret::from("an0ther-horse"), false).await.unwrap();
        assert_eq!(app.client().get(USER).bearer(&access).send().await.status, 401);
        assert!(is_ended(&app, &token).await);
    }
}

#[tokio::test]
async fn s_35_s_52_a_new_password_ends_every_token_where_the_deployment_says_so() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (access, first) = log_in(&app, "ann").await;
        let other = text(&app.log_in("ann", PASSWORD).await, "refresh");
        let new = json!({ "new_password1": "an0ther-horse", "new_password2": "an0ther-horse" });
        let changed =
            app.client().post("/rest-auth/password/change/").bearer(&access).json(&new).send().await;
        assert_eq!(changed.status, 200, "{}", changed.text());
        let refused = app.client().get(USER).bearer(&access).send().await;
        let expected = json!({"detail": "The user's password has been changed.", "code": "password_changed"});
        assert_eq!((refused.status, refused.json()), (401, expected));
        for token in [&first, &other] {
            assert!(is_ended(&app, token).await);
            assert_eq!(refresh(&app.client(), token).await.status, 401);
        }
        let body = json!({ "username": "ann", "password": "an0ther-horse" });
        let access = text(&app.client().post(LOGIN).json(&body).send().await, "access");
        assert_eq!(app.client().get(USER).bearer(&access).send().await.status, 200);
    }
}

#[tokio::test]
async fn s_52_in_compat_tokens_outlive_the_password_as_upstreams_do_and_the_claim_alone_ends_them() {
    let blacklist = "features = [\"registration\", \"blacklist\"]\nauthentication";
    let compat = IN_BODIES.replace("authentication", blacklist);
    let new = json!({ "new_password1": "an0ther-horse", "new_password2": "an0ther-horse" });
    for (settings, survives) in
        [(compat.clone(), true), (format!("{compat}[simple_jwt]\ncheck_revoke_token = true\n"), false)]
    {
        let app = TestApp::with(&settings).await;
        let (access, token) = log_in(&app, "ann").await;
        app.client().post("/rest-auth/password/change/").bearer(&access).json(&new).send().await;
        let shown = app.client().get(USER).bearer(&access).send().await;
        assert_eq!(shown.status == 200, survives, "{}", shown.text());
        let answer = refresh(&app.client(), &token).await;
        assert_eq!(answer.status == 200, survives, "A-05: {}", answer.text());
    }
}

#[tokio::test]
async fn a_token_from_before_there_was_a_blacklist_begins_a_family() {
    for database in Database::each().await {
        let app = TestApp::on(database.clone(), IN_BODIES).await;
        let (_, first) = log_in(&app, "ann").await;
        assert_eq!(app.rows().count("token_blacklist_outstandingtoken").await, 0);
        let app = TestApp::on(database.clone(), FAMILIES).await;
        let refused = refresh(&app.client(), &first).await;
        assert_eq!(refused.detail(), "The user's password has been changed.", "it has no such claim");
        let app = TestApp::on(database, &FAMILIES.replace("check_revoke_token = true", "")).await;
        let second = next(&app, &first).await;
        assert_eq!(next(&app, &first).await, second);
        next(&app, &second).await;
        app.clock.advance(11);
        assert_eq!(refresh(&app.client(), &first).await.status, 401);
        assert_eq!(refresh(&app.client(), &second).await.status, 401);
    }
}

#[tokio::test]
async fn refresh_tokens_that_have_ended_are_deleted_with_all_that_was_noted_of_them() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (_, first) = log_in(&app, "ann").await;
        next(&app, &first).await;
        app.clock.advance(86_399);
        assert_eq!(cleaning::clear(app.app()).await.unwrap().refresh_tokens, 0);
        app.clock.advance(1);
        assert_eq!(cleaning::clear(app.app()).await.unwrap().refresh_tokens, 3);
        for table in [
            "token_blacklist_outstandingtoken",
            "token_blacklist_blacklistedtoken",
            "rest_auth_refresh_token",
        ] {
            assert_eq!(app.rows().count(table).await, 0, "{table}");
        }
    }
}
