//! Accounts at providers on one database of rest-auth and of a real dj-rest-auth: what one of them connects logs in at the
//! other, and each reads the other's rows.

use rest_auth_core::Clock;
use rest_auth_core::model::Secret;
use rest_auth_core::providers::Application;
use rest_auth_tests::app::{Database, PASSWORD, TestApp, merge};
use rest_auth_tests::fake_providers::{FakeProviders, SETTINGS};
use rest_auth_tests::peer::{self, Peer, PeerServer};
use serde_json::{Value, json};

use crate::peer::ask_peer;

/// What allauth makes of every row, and whether there is anything to migrate.
const LOOK: &str = "
import io, json
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth import authenticate
from django.core.management import call_command
accounts = []
for account in SocialAccount.objects.order_by('pk'):
    account.full_clean()
    account.user.full_clean(exclude=['password'])
    accounts.append({
        'user': account.user.username, 'provider': account.provider, 'uid': account.uid,
        'shown': account.get_provider_account().to_str(), 'profile': account.extra_data,
        'has_password': account.user.has_usable_password(),
        'addresses': [[row.email, row.verified, row.primary]
                      for row in EmailAddress.objects.filter(user=account.user).order_by('pk')],
    })
tokens = [[token.app and token.app.client_id, token.token, token.token_secret,
           token.expires_at is not None] for token in SocialToken.objects.order_by('pk')]
plan = io.StringIO()
call_command('migrate', plan=True, stdout=plan, no_color=True)
print('RESULT ' + json.dumps({'accounts': accounts, 'tokens': tokens, 'plan': plan.getvalue()}))
";

/// Applications, made as an administrator makes them.
const ADD_APPLICATIONS: &str = "
from allauth.socialaccount.models import SocialApp
from django.contrib.sites.models import Site
for name in ('facebook', 'twitter'):
    app = SocialApp.objects.create(provider=name, name=name, client_id=name + '-id', secret=name + '-secret')
    app.sites.add(Site.objects.get())
print('RESULT null')
";

/// One of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Here,
    There,
}

use Side::{Here, There};

/// Where the applications are that the providers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applications {
    InTheConfiguration,
    InTheDatabase,
}

/// Both, on one database, with one secret and the time of this machine.
struct Both {
    app: TestApp,
    peer: Peer,
    server: PeerServer,
}

/// What the providers tell the peer: the same as [`FakeProviders`].
fn answers() -> Value {
    let proof = |token: &str| rest_auth_formats::appsecret_proof("facebook-secret", token);
    let redirect = |name: &str| format!("redirect_uri=https://app.example.com/{name}");
    json!([
        {"ask": "POST https://github.com/login/oauth/access_token",
         "with": ["client_secret=github-secret", "code=code-alice", redirect("github")],
         "json": {"access_token": "token-alice", "token_type": "bearer"}},
        {"ask": "GET https://api.github.com/user", "with": ["Authorization: token token-alice"],
         "json": {"id": 1001, "login": "alice-social", "email": "alice@social.example", "name": "Alice Liddell"}},
        {"ask": "GET https://graph.facebook.com/v19.0/me",
         "with": ["access_token=token-alice", format!("appsecret_proof={}", proof("token-alice"))],
         "json": {"id": "1001", "email": "alice@social.example", "first_name": "Alice", "last_name": "Liddell"}},
        {"ask": "GET https://graph.facebook.com/v19.0/oauth/access_token",
         "with": ["client_secret=facebook-secret", "code=code-unicode", redirect("facebook")],
         "json": {"access_token": "token-unicode", "expires_in": 5_184_000}},
        {"ask": "GET https://graph.facebook.com/v19.0/me",
         "with": ["access_token=token-unicode", format!("appsecret_proof={}", proof("token-unicode"))],
         "json": {"id": "1007", "email": "zoe@social.example", "first_name": "Zoë", "last_name": "Łuczak-日本"}},
        {"ask": "GET https://api.x.com/1.1/account/verify_credentials.json",
         "signed_with": ["twitter-id", "twitter-secret", "token-unicode", "secret-unicode"],
         "json": {"id": 1007, "screen_name": "zoë-social", "name": "Zoë"}},
    ])
}

impl Both {
    /// The tables are Django's if its server is there first.
    async fn on(database: &Database, first: Side, applications: Applications) -> Self {
        let in_database = applications == Applications::InTheDatabase;
        let application = |name: &str| match applications {
            Applications::InTheDatabase => json!({}),
            Applications::InTheConfiguration => {
                json!({"APP": {"client_id": format!("{name}-id"), "secret": format!("{name}-secret")}})
            }
        };
        let url = |name: &str| format!("https://app.example.com/{name}");
        let django = json!({
            "SECRET_KEY": rest_auth_tests::app::settings("").top.secret_key.expose(),
            "PASSWORD_HASHERS": ["project.hashers.QuickPBKDF2PasswordHasher"],
            "FEATURES": ["registration", "social"],
            "SOCIALACCOUNT_STORE_TOKENS": in_database,
            "SOCIALACCOUNT_PROVIDERS": {
                "github": application("github"), "facebook": application("facebook"), "twitter": application("twitter"),
            },
            "SOCIAL_CALLBACK_URLS": {"github": url("github"), "facebook": url("facebook")},
            "SOCIAL_ANSWERS": answers(),
        });
        let peer = Peer::new(&database.url(), &django);
        let mut server = (first == There).then(|| peer.serve());
        let mut settings: toml::Table = toml::from_str(SETTINGS).unwrap();
        if in_database {
            let own = "[socialaccount]\nstore_tokens = true\nproviders.facebook.client_id = \"\"\nproviders.twitter.client_id = \"\"";
            merge(&mut settings, toml::from_str(own).unwrap());
        }
        let settings = toml::to_string(&settings).unwrap();
        let app = TestApp::built(database.clone(), &settings, |builder| {
            builder.clock(Clock::System).fetch(FakeProviders::default())
        })
        .await;
        let server = server.take().unwrap_or_else(|| peer.serve());
        Self { app, peer, server }
    }

    /// A request to one of them without cookies: status and JSON.
    async fn ask(&self, side: Side, call: &str, token: &str, body: &Value) -> (u16, Value) {
        let (method, path) = call.split_once(' ').unwrap();
        match side {
            There => {
                let header = format!("Authorization: Token {token}\r\n");
                let header = if token.is_empty() { "" } else { &header };
                let (status, answer, _) = ask_peer(self.server.address(), method, path, header, body);
                (status, answer)
            }
            Here => {
                let path = if path.starts_with('/') { path.to_owned() } else { format!("/rest-auth/{path}") };
                let request = self.app.client().request(method, &path);
                let request = if token.is_empty() { request } else { request.token(token) };
                let answer = if method == "GET" { request } else { request.json(body) }.send().await;
                (answer.status, answer.json())
            }
        }
    }

    /// The token that a login by a provider is answered with.
    async fn log_in(&self, side: Side, provider: &str, body: &Value) -> String {
        let (status, answer) = self.ask(side, &format!("POST {provider}/"), "", body).await;
        assert_eq!(status, 200, "{side:?}: {answer}");
        answer["key"].as_str().unwrap().to_owned()
    }

    async fn who(&self, side: Side, token: &str) -> Value {
        self.ask(side, "GET user/", token, &Value::Null).await.1["username"].clone()
    }

    /// What both say are the accounts of somebody.
    async fn accounts(&self, token: &str) -> Value {
        let here = self.ask(Here, "GET /socialaccounts/", token, &Value::Null).await;
        let there = self.ask(There, "GET /socialaccounts/", token, &Value::Null).await;
        assert_eq!(here, there);
        assert_eq!(here.0, 200);
        here.1
    }
}

/// What `one` signs up and connects logs in at `other`, until `other` disconnects it.
async fn each_knows_the_others(database: &Database, one: Side, other: Side) {
    let both = Both::on(database, one, Applications::InTheConfiguration).await;
    let (code, token) = (json!({"code": "code-alice"}), json!({"access_token": "token-alice"}));
    let key = both.log_in(one, "github", &code).await;
    for side in [other, one] {
        assert_eq!(both.log_in(side, "github", &token).await, key, "{side:?} knows who it is");
        assert_eq!(both.who(side, &key).await, "alice-social", "{side:?}");
    }
    let (status, answer) = both.ask(one, "POST facebook/", "", &token).await;
    assert_eq!((status, answer["non_field_errors"].is_array()), (400, true), "the address is taken");

    let sign_up =
        json!({"username": "bob", "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD});
    let (status, bob) = both.ask(other, "POST registration/", "", &sign_up).await;
    assert_eq!(status, 201, "{bob}");
    let bob = bob["key"].as_str().unwrap();
    let (status, answer) = both.ask(one, "POST facebook/connect/", bob, &token).await;
    assert_eq!((status, &answer["key"]), (200, &json!(bob)), "{answer}");
    assert_eq!(both.log_in(other, "facebook", &token).await, bob);
    let listed = both.accounts(bob).await;
    assert_eq!((&listed[0]["provider"], &listed[0]["uid"]), (&json!("facebook"), &json!("1001")));

    let call = format!("POST /socialaccounts/{}/disconnect/", listed[0]["id"]);
    assert_eq!(both.ask(other, &call, &key, &json!({})).await, (404, json!({"detail": "Not found."})));
    assert_eq!(both.ask(other, &call, bob, &json!({})).await, (200, json!({})));
    assert_eq!(both.accounts(bob).await, json!([]));
    assert_eq!(both.ask(one, &call, bob, &json!({})).await.0, 404);
    assert_eq!(both.ask(one, "POST facebook/", "", &token).await.0, 400);
    assert_eq!(both.accounts(&key).await[0]["provider"], "github");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_dj_rest_auth_connects_logs_in_here_until_it_is_disconnected() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        each_knows_the_others(&database, There, Here).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_connected_here_logs_in_at_dj_rest_auth_until_it_is_disconnected() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        each_knows_the_others(&database, Here, There).await;
    }
}

/// Puts the applications in the database, as one of them does.
async fn add_applications(both: &Both, maker: Side) {
    if maker == There {
        both.peer.run(ADD_APPLICATIONS, &Value::Null);
        return;
    }
    for name in ["facebook", "twitter"] {
        let application = Application {
            name: name.to_owned(),
            client_id: format!("{name}-id"),
            secret: Secret::new(format!("{name}-secret")),
            ..Application::default()
        };
        let mut tx = both.app.store.write().await.unwrap();
        tx.add_social_application(name, &application, Some(1)).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// `maker` has made the applications, `other` the account.
async fn rows_are_read_by_the_other(database: &Database, maker: Side, other: Side) {
    let both = Both::on(database, maker, Applications::InTheDatabase).await;
    add_applications(&both, maker).await;
    let (code, token) = (json!({"code": "code-unicode"}), json!({"access_token": "token-unicode"}));
    let signed = json!({"access_token": "token-unicode", "token_secret": "secret-unicode"});
    let key = both.log_in(other, "facebook", &code).await;
    assert_eq!(both.log_in(maker, "facebook", &token).await, key);
    let (status, answer) = both.ask(maker, "POST twitter/connect/", &key, &signed).await;
    assert_eq!((status, &answer["key"]), (200, &json!(key)), "{answer}");
    assert_eq!(both.log_in(other, "twitter", &signed).await, key);

    let seen = both.peer.run(LOOK, &Value::Null);
    assert!(seen["plan"].as_str().unwrap().contains("No planned migration operations."), "{}", seen["plan"]);
    let user = both.who(Here, &key).await;
    let account = |provider: &str, shown: &str, profile: &Value| {
        json!({
            "user": user, "provider": provider, "uid": "1007", "shown": shown, "profile": profile,
            "has_password": false, "addresses": [["zoe@social.example", false, true]],
        })
    };
    let facebook =
        json!({"id": "1007", "email": "zoe@social.example", "first_name": "Zoë", "last_name": "Łuczak-日本"});
    let twitter = json!({"id": 1007, "screen_name": "zoë-social", "name": "Zoë"});
    assert_eq!(
        seen["accounts"],
        json!([
            account("facebook", "zoe@social.example", &facebook),
            account("twitter", "zoë-social", &twitter)
        ])
    );
    // The access token alone, which came last, has no end.
    let tokens = json!([
        ["facebook-id", "token-unicode", "", false],
        ["twitter-id", "token-unicode", "secret-unicode", false],
    ]);
    assert_eq!(seen["tokens"], tokens, "one of each, whoever stored it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_accounts_tokens_and_applications_are_the_same_for_both() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        rows_are_read_by_the_other(&database, There, Here).await;
    }
    for database in Database::each().await {
        rows_are_read_by_the_other(&database, Here, There).await;
    }
}
