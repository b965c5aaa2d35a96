//! Accounts at identity providers.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Case, NOW, add_user, case, conflict, read, write};
use crate::model::{Secret, SocialAccount, SocialToken, User};
use crate::providers::Application;
use crate::store::{ListedApplication, Store};

pub(super) const CASES: &[Case] = &[
    case!(a_social_account_finds_its_user),
    case!(one_social_account_belongs_to_one_user),
    case!(a_social_account_is_deleted_by_its_user_only_and_with_its_tokens),
    case!(a_token_replaces_the_one_before_and_keeps_its_secret),
    case!(an_account_is_deleted_with_its_social_accounts),
    case!(two_connections_at_once_leave_one),
    case!(an_application_is_found_by_its_provider_or_its_own_id),
    case!(an_application_belongs_to_its_sites),
    case!(each_application_has_a_token_of_its_own),
    case!(an_application_is_listed_with_its_sites_and_deleted_with_them),
    case!(tokens_outlive_their_application),
];

fn profile(text: &str) -> Map<String, Value> {
    json!({"id": 77, "name": text, "list": [1, null, "ü"]}).as_object().unwrap().clone()
}

async fn connect(store: &Arc<dyn Store>, user: &User, uid: &str) -> SocialAccount {
    let mut tx = write(store).await;
    let account = tx.add_social_account(user.id, ("github", uid), &profile(uid), NOW).await.unwrap();
    tx.commit().await.unwrap();
    account
}

async fn a_social_account_finds_its_user(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let (first, second) = (connect(&store, &ann, "77").await, connect(&store, &ann, "78").await);
    assert_eq!((first.user_id, first.date_joined, &first.extra_data), (ann.id, NOW, &profile("77")));
    let later = NOW.plus_seconds(60);
    let mut tx = write(&store).await;
    tx.set_social_account(first.id, &profile("new"), later).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    let found = records.social_account("github", "77").await.unwrap().unwrap();
    assert_eq!((found.last_login, found.date_joined, &found.extra_data), (later, NOW, &profile("new")));
    assert_eq!(records.user_social_accounts(ann.id).await.unwrap(), [found, second]);
    for (provider, uid) in
        [("gitlab", "77"), ("github", "7"), ("GitHub", "77"), ("github", ""), ("github", "%")]
    {
        assert_eq!(records.social_account(provider, uid).await.unwrap(), None, "{provider} {uid}");
        assert_eq!(records.social_user(provider, uid).await.unwrap(), None, "{provider} {uid}");
    }
    assert_eq!(records.social_user("github", "77").await.unwrap(), records.user(ann.id).await.unwrap());
}

async fn one_social_account_belongs_to_one_user(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    connect(&store, &ann, "77").await;
    let mut tx = write(&store).await;
    assert_eq!(conflict(tx.add_social_account(bob.id, ("github", "77"), &profile(""), NOW).await), "uid");
    drop(tx);
    let mut tx = write(&store).await;
    tx.add_social_account(bob.id, ("gitlab", "77"), &profile(""), NOW).await.unwrap();
    tx.commit().await.unwrap();
}

fn token(text: &str, secret: &str) -> SocialToken {
    let (token, token_secret) = (Secret::from(text), Secret::from(secret));
    SocialToken { application: None, token, token_secret, expires_at: Some(NOW.plus_seconds(3600)) }
}

async fn a_social_account_is_deleted_by_its_user_only_and_with_its_tokens(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let account = connect(&store, &ann, "77").await;
    let mut tx = write(&store).await;
    tx.set_social_token(account.id, &token("t", "s")).await.unwrap();
    assert!(!tx.delete_social_account(bob.id, account.id).await.unwrap());
    assert!(!tx.delete_social_account(ann.id, account.id + 1000).await.unwrap());
    assert!(tx.delete_social_account(ann.id, account.id).await.unwrap());
    assert!(!tx.delete_social_account(ann.id, account.id).await.unwrap());
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    assert_eq!(records.social_account("github", "77").await.unwrap(), None);
    assert_eq!(records.social_tokens(account.id).await.unwrap(), []);
}

async fn a_token_replaces_the_one_before_and_keeps_its_secret(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let account = connect(&store, &ann, "77").await;
    let mut tx = write(&store).await;
    tx.set_social_token(account.id, &token("one", "refresh")).await.unwrap();
    tx.set_social_token(account.id, &SocialToken { expires_at: None, ..token("two", "") }).await.unwrap();
    tx.commit().await.unwrap();
    let kept = read(&store).await.social_tokens(account.id).await.unwrap();
    assert_eq!(kept, [SocialToken { expires_at: None, ..token("two", "refresh") }]);
}

async fn an_account_is_deleted_with_its_social_accounts(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let account = connect(&store, &ann, "77").await;
    let mut tx = write(&store).await;
    tx.set_social_token(account.id, &token("t", "s")).await.unwrap();
    tx.delete_user(ann.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(read(&store).await.social_account("github", "77").await.unwrap(), None);
}

async fn two_connections_at_once_leave_one(store: Arc<dyn Store>) {
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let connections: Vec<_> = [ann.id, bob.id]
        .map(|user| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = write(&store).await;
                let added = tx.add_social_account(user, ("github", "77"), &profile(""), NOW).await;
                if added.is_err() {
                    assert_eq!(conflict(added), "uid");
                    return false;
                }
                tokio::task::yield_now().await;
                tx.commit().await.unwrap();
                true
            })
        })
        .into();
    let mut done = 0;
    for connection in connections {
        done += usize::from(connection.await.unwrap());
    }
    assert_eq!(done, 1);
}

fn application(own_id: &str) -> Application {
    Application {
        id: None,
        name: "Ünicode".to_owned(),
        provider_id: own_id.to_owned(),
        client_id: "client".to_owned(),
        secret: Secret::from("secret"),
        key: Secret::from("key"),
        settings: profile("settings"),
    }
}

async fn an_application_is_found_by_its_provider_or_its_own_id(store: Arc<dyn Store>) {
    let mut tx = write(&store).await;
    let first = tx.add_social_application("openid_connect", &application("ours"), None).await.unwrap();
    let second = tx.add_social_application("openid_connect", &application("theirs"), None).await.unwrap();
    tx.commit().await.unwrap();
    let mut records = read(&store).await;
    let ids = |found: Vec<(String, Application)>| found.iter().map(|(_, app)| app.id).collect::<Vec<_>>();
    let all = records.social_applications("openid_connect", None).await.unwrap();
    assert_eq!(all[0], ("openid_connect".to_owned(), Application { id: Some(first), ..application("ours") }));
    assert_eq!(ids(all), [Some(first), Some(second)]);
    assert_eq!(ids(records.social_applications("theirs", None).await.unwrap()), [Some(second)]);
    assert_eq!(records.social_applications("github", None).await.unwrap(), []);
}

async fn an_application_belongs_to_its_sites(store: Arc<dyn Store>) {
    let mut tx = write(&store).await;
    tx.add_social_application("github", &application(""), None).await.unwrap();
    assert_eq!(tx.social_applications("github", Some(1)).await.unwrap(), []);
    let own = tx.add_social_application("github", &application(""), Some(1)).await.unwrap();
    let found = tx.social_applications("github", Some(1)).await.unwrap();
    assert_eq!(found.iter().map(|(_, app)| app.id).collect::<Vec<_>>(), [Some(own)]);
    assert_eq!(tx.social_applications("github", Some(2)).await.unwrap(), []);
    // Not committed: a new store has no site that the row could belong to.
}

async fn each_application_has_a_token_of_its_own(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let account = connect(&store, &ann, "77").await;
    let mut tx = write(&store).await;
    let id = tx.add_social_application("github", &application(""), None).await.unwrap();
    let of = |application, text| SocialToken { application, ..token(text, "s") };
    for text in ["one", "two"] {
        tx.set_social_token(account.id, &of(Some(id), text)).await.unwrap();
        tx.set_social_token(account.id, &of(None, text)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let kept = read(&store).await.social_tokens(account.id).await.unwrap();
    assert_eq!(kept, [of(Some(id), "two"), of(None, "two")]);
}

async fn an_application_is_listed_with_its_sites_and_deleted_with_them(store: Arc<dyn Store>) {
    let mut tx = write(&store).await;
    let first = tx.add_social_application("github", &application(""), None).await.unwrap();
    let second = tx.add_social_application("google", &application("own"), None).await.unwrap();
    for site in [2, 1] {
        tx.add_application_site(second, site).await.unwrap();
    }
    let listed = tx.all_social_applications().await.unwrap();
    let expected = |id, provider: &str, own: &str, sites: &[i64]| ListedApplication {
        provider: provider.to_owned(),
        application: Application { id: Some(id), ..application(own) },
        sites: sites.to_vec(),
    };
    assert_eq!(listed, [expected(first, "github", "", &[]), expected(second, "google", "own", &[1, 2])]);
    assert!(tx.delete_social_application(second).await.unwrap());
    assert!(!tx.delete_social_application(second).await.unwrap(), "it is gone");
    assert_eq!(tx.social_applications("google", Some(1)).await.unwrap(), []);
    // Without its sites there is nothing that a commit could object to, whichever sites there are.
    tx.commit().await.unwrap();
    let listed = read(&store).await.all_social_applications().await.unwrap();
    assert_eq!(listed, [expected(first, "github", "", &[])]);
    let sites = read(&store).await.sites().await.unwrap();
    assert!(sites.is_sorted_by_key(|(id, _)| *id));
}

async fn tokens_outlive_their_application(store: Arc<dyn Store>) {
    let ann = add_user(&store, "ann").await;
    let account = connect(&store, &ann, "77").await;
    let mut tx = write(&store).await;
    let id = tx.add_social_application("github", &application(""), None).await.unwrap();
    let kept = SocialToken { application: Some(id), ..token("one", "s") };
    tx.set_social_token(account.id, &kept).await.unwrap();
    assert!(tx.delete_social_application(id).await.unwrap());
    tx.commit().await.unwrap();
    let tokens = read(&store).await.social_tokens(account.id).await.unwrap();
    assert_eq!(tokens, [SocialToken { application: None, ..kept }]);
}
