//! The server's side of a scenario: who exists, what happens behind its back, which rows are left. Through the port, so
//! that it works on any store; only outstanding tokens are looked up in the database itself.

use std::collections::BTreeMap;

use rest_auth::core::model::{
    Date, EncodedPassword, ExtraValue, NewUser, Secret, SocialAccount, Timestamp, TokenKey, User, UserId,
};
use rest_auth::core::providers::Application;
use rest_auth::core::settings::ExtraFieldKind;
use rest_auth::core::store::{ProfileChanges, Records, UserLookup};
use rest_auth_formats::passwords;
use rest_auth_tests::app::{BEGINNING, Rows, TestApp};
use serde_json::{Map, Value, json};

use crate::scenario::{self, Change};

/// Stores accounts as they are given.
pub(crate) async fn add_users(app: &TestApp, users: &[scenario::User]) {
    for user in users {
        let password = column(app, user.password.as_deref()).await;
        let mut new = NewUser::new(user.username.clone(), user.email.clone(), password, BEGINNING);
        new.first_name.clone_from(&user.first_name);
        new.last_name.clone_from(&user.last_name);
        (new.is_active, new.is_staff) = (user.is_active, user.is_staff);
        new.extra = user.extra.iter().map(|(name, value)| (name.clone(), extra(app, name, value))).collect();
        let mut tx = app.store.write().await.unwrap();
        let row = tx.add_user(new).await.unwrap();
        for address in &user.addresses {
            tx.add_email_address(row.id, &address.email, address.verified, address.primary).await.unwrap();
        }
        for account in &user.social {
            let key = (account.provider.as_str(), account.uid.as_str());
            tx.add_social_account(row.id, key, &Map::new(), BEGINNING).await.unwrap();
        }
        if let Some(token) = &user.token {
            tx.token_or_add(row.id, TokenKey::new(token.clone()), BEGINNING).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

/// Stores rows of `socialaccount_socialapp`, for the one site unless they say otherwise.
pub(crate) async fn add_applications(app: &TestApp, applications: &[scenario::Application]) {
    for application in applications {
        let site = application.everywhere.then_some(app.app().settings.email.site_id);
        let row = Application {
            id: None,
            name: application.name.clone(),
            provider_id: application.provider_id.clone(),
            client_id: application.client_id.clone(),
            secret: Secret::from(application.secret.as_str()),
            key: Secret::from(application.key.as_str()),
            settings: application.settings.clone(),
        };
        let mut tx = app.store.write().await.unwrap();
        tx.add_social_application(&application.provider, &row, site).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// What somebody does in the database before a request.
pub(crate) async fn change_users(app: &TestApp, changes: &BTreeMap<String, Change>) {
    for (name, change) in changes {
        let found = app.store.read().await.unwrap().users(UserLookup::Username(name)).await.unwrap();
        let user = found.first().unwrap_or_else(|| panic!("nobody is called {name}"));
        let mut tx = app.store.write().await.unwrap();
        if change.delete {
            tx.delete_user(user.id).await.unwrap();
        }
        if let Some(active) = change.is_active {
            tx.set_active(user.id, active).await.unwrap();
        }
        if let Some(password) = &change.password {
            let new = column(app, Some(password)).await;
            assert!(tx.set_password(user.id, &user.password, &new).await.unwrap());
        }
        if let Some(email) = &change.email {
            tx.set_email(user.id, email).await.unwrap();
        }
        if change.username.is_some() {
            let changes = ProfileChanges { username: change.username.clone(), ..ProfileChanges::default() };
            tx.set_profile(user.id, &changes).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

/// The rows that a scenario asks for: columns of users and addresses, numbers of tokens and sessions. `most` is how
/// many accounts there can be.
pub(crate) async fn rows(app: &TestApp, wanted: &scenario::Rows, most: usize) -> Value {
    let mut rows = Map::new();
    let mut records = app.store.write().await.unwrap();
    let users = all_users(records.as_mut(), most).await;
    if !wanted.users.is_empty() {
        let cells =
            |user| wanted.users.iter().map(|column| (column.clone(), user_cell(user, column))).collect();
        rows.insert("users".to_owned(), users.iter().map(cells).collect::<Vec<Map<_, _>>>().into());
    }
    if !wanted.addresses.is_empty() {
        rows.insert("addresses".to_owned(), addresses(records.as_mut(), &users, &wanted.addresses).await);
    }
    if !wanted.outstanding.is_empty() {
        rows.insert("outstanding".to_owned(), outstanding(app, &wanted.outstanding).await);
    }
    if !wanted.social_accounts.is_empty() {
        let found = social_accounts(records.as_mut(), &users, &wanted.social_accounts).await;
        rows.insert("social_accounts".to_owned(), found);
    }
    if !wanted.social_tokens.is_empty() {
        let found = social_tokens(app, records.as_mut(), &users, &wanted.social_tokens).await;
        rows.insert("social_tokens".to_owned(), found);
    }
    if wanted.tokens {
        let mut count = 0;
        for user in &users {
            count += usize::from(records.token(user.id).await.unwrap().is_some());
        }
        rows.insert("tokens".to_owned(), count.into());
    }
    if wanted.sessions {
        // Nothing is committed, so this only counts them.
        let end_of_days = Timestamp::MAX;
        let count = records.delete_expired_sessions(end_of_days, u32::MAX).await.unwrap();
        rows.insert("sessions".to_owned(), count.into());
    }
    if rows.is_empty() { Value::Null } else { rows.into() }
}

/// Keys count from 1. A PostgreSQL sequence skips those of refused rows, hence the margin.
async fn all_users(records: &mut dyn Records, most: usize) -> Vec<User> {
    let mut users = Vec::new();
    for id in 1..=i64::try_from(2 * most).unwrap() {
        users.extend(records.user(UserId::Int(id)).await.unwrap());
    }
    users
}

fn user_cell(user: &User, column: &str) -> Value {
    let is_set = |time: Option<Timestamp>| time.map_or(Value::Null, |_| "set".into());
    match column {
        "username" => json!(user.username),
        "email" => json!(user.email),
        "first_name" => json!(user.first_name),
        "last_name" => json!(user.last_name),
        "is_active" => json!(user.is_active),
        "is_staff" => json!(user.is_staff),
        "is_superuser" => json!(user.is_superuser),
        "has_usable_password" => json!(passwords::is_usable(user.password.as_str())),
        "last_login" => is_set(user.last_login),
        "date_joined" => is_set(Some(user.date_joined)),
        other => match user.extra.iter().find(|(name, _)| name == other) {
            Some((_, ExtraValue::Null)) => Value::Null,
            Some((_, ExtraValue::Text(text))) => json!(text),
            Some((_, ExtraValue::Int(number))) => json!(number),
            Some((_, ExtraValue::Bool(truth))) => json!(truth),
            Some((_, ExtraValue::Date(date))) => json!(date.to_string()),
            None => panic!("{other} is no column of a user"),
        },
    }
}

async fn addresses(records: &mut dyn Records, users: &[User], columns: &[String]) -> Value {
    let mut found = Vec::new();
    for user in users {
        let rows = records.user_email_addresses(user.id).await.unwrap();
        found.extend(rows.into_iter().map(|row| (row, user)));
    }
    found.sort_by_key(|(row, _)| row.id);
    let cell = |row: &rest_auth::core::model::EmailAddress, user: &User, column: &str| match column {
        "user" => json!(user.username.as_deref().unwrap_or(&user.email)),
        "email" => json!(row.email),
        "verified" => json!(row.verified),
        "primary" => json!(row.primary),
        other => panic!("{other} is no column of an address"),
    };
    let rows = found.iter().map(|(row, user)| {
        columns.iter().map(|column| (column.clone(), cell(row, user, column))).collect::<Map<_, _>>()
    });
    rows.collect::<Vec<_>>().into()
}

/// The accounts at providers, by key.
async fn all_social_accounts(records: &mut dyn Records, users: &[User]) -> Vec<(SocialAccount, String)> {
    let mut found = Vec::new();
    for user in users {
        let name = user.username.as_deref().unwrap_or(&user.email);
        let accounts = records.user_social_accounts(user.id).await.unwrap();
        found.extend(accounts.into_iter().map(|account| (account, name.to_owned())));
    }
    found.sort_by_key(|(account, _)| account.id);
    found
}

async fn social_accounts(records: &mut dyn Records, users: &[User], columns: &[String]) -> Value {
    let cell = |account: &SocialAccount, user: &str, column: &str| match column {
        "user" => json!(user),
        "provider" => json!(account.provider),
        "uid" => json!(account.uid),
        "extra_data" => json!(account.extra_data),
        other => panic!("{other} is no column of an account at a provider"),
    };
    let found = all_social_accounts(records, users).await;
    let rows = found.iter().map(|(account, user)| {
        columns.iter().map(|column| (column.clone(), cell(account, user, column))).collect::<Map<_, _>>()
    });
    rows.collect::<Vec<_>>().into()
}

/// The tokens of providers; account and application are named by what providers call them.
async fn social_tokens(
    app: &TestApp,
    records: &mut dyn Records,
    users: &[User],
    columns: &[String],
) -> Value {
    let mut rows: Vec<Value> = Vec::new();
    for (account, _) in all_social_accounts(records, users).await {
        for token in records.social_tokens(account.id).await.unwrap() {
            let rows_of_provider = records.social_applications(&account.provider, None).await.unwrap();
            let client =
                rows_of_provider.into_iter().map(|(_, row)| row).find(|row| row.id == token.application);
            let cell = |column: &str| match column {
                "uid" => json!(account.uid),
                "client_id" => client.as_ref().map_or(json!(false), |client| json!(client.client_id)),
                "token" => json!(token.token.expose()),
                "token_secret" => json!(token.token_secret.expose()),
                "expires_at" => token.expires_at.map_or(json!(false), |end| {
                    json!(format!("<now{:+}>", end.seconds() - app.clock.now().seconds()))
                }),
                other => panic!("{other} is no column of a provider's token"),
            };
            let row: Map<_, _> = columns.iter().map(|column| (column.clone(), cell(column))).collect();
            rows.push(row.into());
        }
    }
    rows.into()
}

/// simplejwt's outstanding tokens, behind the port's back: nothing in the product asks for all of them.
async fn outstanding(app: &TestApp, columns: &[String]) -> Value {
    let database = app.rows();
    let seconds = |column| match database {
        Rows::Sqlite(_) => format!("strftime('%s', {column})"),
        Rows::Postgres(_) => format!("CAST(CAST(extract(epoch FROM {column}) AS bigint) AS text)"),
    };
    let sql = |column: &String| match column.as_str() {
        "user" => "u.username".to_owned(),
        "jti" | "token" => format!("o.{column}"),
        "created_at" | "expires_at" => seconds(format!("o.{column}")),
        "blacklisted_at" => seconds("b.blacklisted_at".to_owned()),
        other => panic!("{other} is no column of an outstanding token"),
    };
    let cells: Vec<String> = columns.iter().map(|column| format!("coalesce({}, '')", sql(column))).collect();
    let found = database
        .texts(&format!(
            "SELECT {} FROM token_blacklist_outstandingtoken o LEFT JOIN auth_user u ON u.id = o.user_id \
             LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id ORDER BY o.id",
            cells.join(" || '|' || ")
        ))
        .await;
    let now = app.clock.now();
    let cell = |column: &String, text: &str| match text {
        "" => false.into(),
        seconds if column.ends_with("_at") => {
            format!("<now{:+}>", seconds.parse::<i64>().unwrap() - now.seconds()).into()
        }
        text => text.into(),
    };
    let row = |line: &String| -> Map<String, Value> {
        columns
            .iter()
            .zip(line.split('|'))
            .map(|(column, text)| (column.clone(), cell(column, text)))
            .collect()
    };
    found.iter().map(row).collect::<Vec<_>>().into()
}

/// The column for a password in clear, or one that no password fits.
async fn column(app: &TestApp, password: Option<&str>) -> EncodedPassword {
    match password {
        Some(password) if !password.is_empty() => {
            app.app().passwords.encode(&Secret::from(password)).await.unwrap()
        }
        _ => passwords::unusable(|bytes| app.app().entropy.fill(bytes)),
    }
}

fn extra(app: &TestApp, name: &str, value: &Value) -> ExtraValue {
    let kind = app.app().settings.user_model.extra_field(name).map(|field| field.kind);
    match value {
        Value::String(text) if kind == Some(ExtraFieldKind::Date) => {
            ExtraValue::Date(Date::parse(text).expect("a day"))
        }
        Value::Null => ExtraValue::Null,
        Value::Bool(flag) => ExtraValue::Bool(*flag),
        Value::Number(number) => ExtraValue::Int(number.as_i64().expect("a whole number")),
        Value::String(text) => ExtraValue::Text(text.clone()),
        other => panic!("{other} fits no column"),
    }
}
