//! The account as its owner sees and changes it: dj-rest-auth's `UserDetailsView` with `UserDetailsSerializer`.

use serde_json::{Map, Value as Json};

use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};
use crate::features::registration;
use crate::form::{Field, Form, Reading, Value, Values};
use crate::messages::{self, Message};
use crate::model::{ExtraValue, User, UserIdKind};
use crate::settings::{ExtraField, ExtraFieldKind, FeatureName, Settings, UserModel};
use crate::store::{ProfileChanges, StoreError, UserLookup};

/// `UserDetailsSerializer`: the key, the login field, the address, the names and the deployment's own, or those that
/// `user_model.details_fields` names.
pub fn form(settings: &Settings) -> Form {
    let shown = settings.user_model.shown_fields().into_iter();
    Form::new("UserDetails").fields(shown.filter_map(|name| field(settings, name)))
}

/// A field by its name in answers.
fn field(settings: &Settings, name: &str) -> Option<Field> {
    let model = &settings.user_model;
    if let Some(own) = model.extra_field(name) {
        return Some(own_field(own));
    }
    Some(match name {
        "pk" => {
            // Django calls the keys that it makes `ID`, a project's own is a column like any other.
            let key = match model.id_kind {
                UserIdKind::Int | UserIdKind::BigInt => Field::integer("pk").label("ID"),
                UserIdKind::Uuid => Field::char("pk").label("Id"),
            };
            key.read_only()
        }
        "email" => Field::email("email").label("Email address").read_only(),
        "first_name" | "last_name" => Field::char(name).optional().allow_blank().max(150),
        "username" => Field::username("username")
            .max(150)
            .help("Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only."),
        name if name == model.username_key() => Field::username(name).max(150),
        _ => return None,
    })
}

/// A deployment's own field as `user/` has it.
fn own_field(own: &ExtraField) -> Field {
    let mut field = extra_field(own);
    if own.read_only {
        // Nothing is checked, so there are no limits to tell.
        (field.min_length, field.max_length, field.min_value, field.max_value) = (None, None, None, None);
        return field.read_only();
    }
    field
}

/// A deployment's own field as an input.
pub(crate) fn extra_field(own: &ExtraField) -> Field {
    let choices = || own.choices.iter().map(|choice| (choice.value.clone(), choice.words.clone()));
    let (smallest, largest) = own.range();
    let mut field = match own.kind {
        ExtraFieldKind::Char if own.choices.is_empty() => Field::char(&own.name),
        ExtraFieldKind::Char => Field::choice(&own.name, choices().collect()),
        ExtraFieldKind::Integer if own.choices.is_empty() => {
            Field::integer(&own.name).between(smallest, largest)
        }
        ExtraFieldKind::Integer => {
            // The checks have refused what is no number.
            let numbers = choices().filter_map(|(value, words)| Some((value.parse().ok()?, words)));
            Field::integer_choice(&own.name, numbers.collect())
        }
        ExtraFieldKind::Boolean => Field::boolean(&own.name),
        ExtraFieldKind::Date => Field::date(&own.name),
    };
    field.required = own.required;
    field.allow_blank = own.allows_blank();
    field.allow_null = own.null;
    // As DRF leaves it out of a field with choices.
    field.max_length = own.max_length.filter(|_| own.choices.is_empty());
    (field.label, field.help_text) = (own.label.clone(), own.help_text.clone());
    field
}

/// The account as JSON, in the order of the form.
pub fn represent(cx: &Context, user: &User) -> Map<String, Json> {
    let model = &cx.settings.user_model;
    let mut shown = Map::with_capacity(8);
    for name in model.shown_fields() {
        let value = match name {
            "pk" => user.id.to_json(),
            "email" => user.email.as_str().into(),
            "first_name" => user.first_name.as_str().into(),
            "last_name" => user.last_name.as_str().into(),
            name if name == model.username_key() => user.username.as_deref().into(),
            name => user
                .extra
                .iter()
                .find(|(known, _)| known == name)
                .map_or(Json::Null, |(_, value)| json(value)),
        };
        shown.insert(name.to_owned(), value);
    }
    for change in &cx.hooks.represent_user {
        change(user, &mut shown);
    }
    shown
}

fn json(value: &ExtraValue) -> Json {
    match value {
        ExtraValue::Null => Json::Null,
        ExtraValue::Text(text) => text.as_str().into(),
        ExtraValue::Int(number) => (*number).into(),
        ExtraValue::Bool(flag) => (*flag).into(),
        ExtraValue::Date(date) => date.to_string().into(),
    }
}

/// What needs the database: whether the new name is free. One's own name, in any case, always is (W-11).
pub async fn check(cx: &Context, user: &User, reading: &mut Reading) -> Result<()> {
    let key = cx.settings.user_model.username_key();
    let Some(username) = reading.values.text(key).map(str::to_owned) else { return Ok(()) };
    if user.username.as_deref() == Some(&*username) {
        return Ok(());
    }
    if cx.settings.has(FeatureName::Registration) {
        return match registration::username_fault(cx, &username, Some(user.id)).await? {
            Some(message) => {
                let is_taken = message == messages::USERNAME_TAKEN;
                reading.refuse(key, if is_taken { name_taken(&cx.settings.user_model) } else { message });
                Ok(())
            }
            None => Ok(()),
        };
    }
    let taken = cx.store.read().await?.users(UserLookup::Username(&username)).await?;
    if taken.iter().any(|other| other.id != user.id) {
        reading.refuse(key, name_taken(&cx.settings.user_model));
    }
    Ok(())
}

/// The name is somebody's. Django has a sentence for its own field, and another for one that a project declares.
fn name_taken(model: &UserModel) -> Message {
    match model.username_key() {
        "username" => messages::USERNAME_TAKEN,
        key => messages::unique(&key.replace('_', " ")),
    }
}

/// Writes what was given and answers the account as it is then.
pub async fn update(cx: &Context, user: &User, values: &Values) -> Result<User> {
    let model = &cx.settings.user_model;
    let text = |name| values.text(name).map(str::to_owned);
    let changes = ProfileChanges {
        username: text(model.username_key()),
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
        registration::claim_username(tx.as_mut(), name, Some(user.id))
            .await
            .map_err(|error| under_key(model, error))?;
    }
    tx.set_profile(user.id, &changes).await.map_err(|error| under_key(model, taken(model, error)))?;
    let written = tx.user(user.id).await?.ok_or(Error::NotAuthenticated)?;
    tx.commit().await?;
    Ok(written)
}

/// What the rules of registration say of the user name, under the name that it has here.
fn under_key(model: &UserModel, error: Error) -> Error {
    match error {
        Error::Invalid(errors) => {
            let mut renamed = FieldErrors::default();
            for (name, found) in errors.iter() {
                let name = if name == "username" { model.username_key() } else { name };
                for message in found {
                    let is_taken = *message == messages::USERNAME_TAKEN;
                    renamed.add(name, if is_taken { name_taken(model) } else { message.clone() });
                }
            }
            Error::Invalid(renamed)
        }
        other => other,
    }
}

/// Somebody else has the value, or took it a moment ago: what the client would have read then.
pub(crate) fn taken(model: &UserModel, error: StoreError) -> Error {
    let StoreError::Conflict { field } = error else { return error.into() };
    match field {
        "username" => Error::field("username", messages::USERNAME_TAKEN),
        "email" => Error::field("email", messages::EMAIL_TAKEN),
        field => match model.extra_field(field) {
            Some(own) => {
                let label = own.label.clone().unwrap_or_else(|| own.name.replace('_', " ")).to_lowercase();
                Error::field(field, messages::unique(&label))
            }
            None => error.into(),
        },
    }
}

/// The deployment's own fields among the values.
pub(crate) fn extra_values(
    settings: &Settings,
    values: &Values,
    writable: impl Fn(&ExtraField) -> bool,
) -> Vec<(String, ExtraValue)> {
    let own = settings.user_model.extra_fields.iter().filter(|extra| !extra.is_djangos_own());
    let fields = own.filter(|extra| writable(extra));
    fields
        .filter_map(|extra| {
            let value = match values.get(&extra.name)? {
                Value::Null => ExtraValue::Null,
                Value::Text(text) => ExtraValue::Text(text.clone()),
                Value::Int(number) => ExtraValue::Int(*number),
                Value::Bool(flag) => ExtraValue::Bool(*flag),
                Value::Date(date) => ExtraValue::Date(*date),
            };
            Some((extra.name.clone(), value))
        })
        .collect()
}
