//! The account as its owner sees and changes it: dj-rest-auth's `UserDetailsView` with `UserDetailsSerializer`.

use serde_json::{Map, Value as Json};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::registration;
use crate::form::{Field, Form, Reading, Value, Values};
use crate::messages;
use crate::model::{ExtraValue, User};
use crate::settings::{FeatureName, LoginField, Settings};
use crate::store::{ProfileChanges, StoreError, UserLookup};

/// `UserDetailsSerializer`: the key, the login field, the address and the names, each where the model has it.
pub fn form(settings: &Settings) -> Form {
    let model = &settings.user_model;
    let username = Field::username("username")
        .max(150)
        .help("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.");
    let email = Field::email("email").label("Email address").read_only();
    let mut form = Form::new("UserDetails").field(Field::integer("pk").label("ID").read_only());
    if model.login_field == LoginField::Email {
        form = form.field(email);
    } else {
        form = form.field(username).field(email);
    }
    form = form
        .field(Field::char("first_name").optional().allow_blank().max(150))
        .field(Field::char("last_name").optional().allow_blank().max(150));
    model.extra_fields.iter().fold(form, |form, extra| form.field(registration::extra_field(extra)))
}

/// The account as JSON, in the order of the form.
pub fn represent(cx: &Context, user: &User) -> Map<String, Json> {
    let mut shown = Map::with_capacity(8);
    shown.insert("pk".to_owned(), user.id.to_json());
    if cx.settings.user_model.login_field == LoginField::Username
        && let Some(username) = &user.username
    {
        shown.insert("username".to_owned(), username.as_str().into());
    }
    shown.insert("email".to_owned(), user.email.as_str().into());
    shown.insert("first_name".to_owned(), user.first_name.as_str().into());
    shown.insert("last_name".to_owned(), user.last_name.as_str().into());
    for (name, value) in &user.extra {
        let value = match value {
            ExtraValue::Null => Json::Null,
            ExtraValue::Text(text) => text.as_str().into(),
            ExtraValue::Int(number) => (*number).into(),
            ExtraValue::Bool(flag) => (*flag).into(),
        };
        shown.insert(name.clone(), value);
    }
    for change in &cx.hooks.represent_user {
        change(user, &mut shown);
    }
    shown
}

/// What needs the database: whether the new name is free. One's own name, in any case, always is (W-11).
pub async fn check(cx: &Context, user: &User, reading: &mut Reading) -> Result<()> {
    let Some(username) = reading.values.text("username").map(str::to_owned) else { return Ok(()) };
    if user.username.as_deref() == Some(&*username) {
        return Ok(());
    }
    if cx.settings.has(FeatureName::Registration) {
        return registration::check_username(cx, &username, Some(user.id), reading).await;
    }
    let taken = cx.store.read().await?.users(UserLookup::Username(&username)).await?;
    if taken.iter().any(|other| other.id != user.id) {
        reading.refuse("username", messages::USERNAME_TAKEN);
    }
    Ok(())
}

/// Writes what was given and answers the account as it is then.
pub async fn update(cx: &Context, user: &User, values: &Values) -> Result<User> {
    let text = |name| values.text(name).map(str::to_owned);
    let changes = ProfileChanges {
        username: text("username"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        extra: extra_values(&cx.settings, values, |extra| !extra.read_only),
    };
    if changes == ProfileChanges::default() {
        return Ok(user.clone());
    }
    let mut tx = cx.store.write().await?;
    let renamed = changes.username.as_deref().filter(|name| user.username.as_deref() != Some(*name));
    if let Some(name) = renamed.filter(|_| cx.settings.has(FeatureName::Registration)) {
        registration::claim_username(tx.as_mut(), name, Some(user.id)).await?;
    }
    match tx.set_profile(user.id, &changes).await {
        Err(StoreError::Conflict { field: "username" }) => {
            return Err(Error::field("username", messages::USERNAME_TAKEN));
        }
        other => other?,
    }
    let written = tx.user(user.id).await?.ok_or(Error::NotAuthenticated)?;
    tx.commit().await?;
    Ok(written)
}

/// The deployment's own columns among the values.
pub(crate) fn extra_values(
    settings: &Settings,
    values: &Values,
    writable: impl Fn(&crate::settings::ExtraField) -> bool,
) -> Vec<(String, ExtraValue)> {
    let fields = settings.user_model.extra_fields.iter().filter(|extra| writable(extra));
    fields
        .filter_map(|extra| {
            let value = match values.get(&extra.name)? {
                Value::Null => ExtraValue::Null,
                Value::Text(text) => ExtraValue::Text(text.clone()),
                Value::Int(number) => ExtraValue::Int(*number),
                Value::Bool(flag) => ExtraValue::Bool(*flag),
            };
            Some((extra.name.clone(), value))
        })
        .collect()
}
