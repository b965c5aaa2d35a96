//! What the templates of mails see: allauth's variables, and nothing else. No password, no column that a
//! deployment did not name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Error, ErrorKind, State};

use crate::model::{ExtraValue, User};
use crate::store::Site;

/// Something that a template prints as a whole or asks for a field, like an instance of a Django model.
#[derive(Debug)]
struct Instance {
    text: String,
    fields: BTreeMap<String, Value>,
}

impl Object for Instance {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.fields.get(key.as_str()?).cloned()
    }

    /// `user.get_full_name` and `user.get_full_name()` are the same to Django's templates.
    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        name: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        match self.fields.get(name) {
            Some(value) if args.is_empty() => Ok(value.clone()),
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `current_site`: prints the domain, has `domain` and `name`.
pub(super) fn site(site: &Site) -> Value {
    let fields = [("domain", &site.domain), ("name", &site.name)];
    let fields = fields.map(|(name, text)| (name.to_owned(), Value::from(text.as_str())));
    Value::from_object(Instance { text: site.domain.clone(), fields: BTreeMap::from(fields) })
}

/// `user`: prints what identifies the account, has the fields of Django's user and the deployment's own.
pub(super) fn user(user: &User) -> Value {
    let full_name = format!("{} {}", user.first_name, user.last_name);
    let id = match user.id.to_json() {
        serde_json::Value::Number(number) => Value::from(number.as_i64()),
        _ => Value::from(user.id.to_string()),
    };
    let mut fields: BTreeMap<String, Value> =
        user.extra.iter().map(|(name, value)| (name.clone(), extra(value))).collect();
    let own = [
        ("id", id.clone()),
        ("pk", id),
        ("email", Value::from(user.email.as_str())),
        ("first_name", Value::from(user.first_name.as_str())),
        ("last_name", Value::from(user.last_name.as_str())),
        ("get_full_name", Value::from(full_name.trim())),
        ("get_short_name", Value::from(user.first_name.as_str())),
        ("get_username", Value::from(user.display())),
        ("is_active", Value::from(user.is_active)),
        ("is_staff", Value::from(user.is_staff)),
        ("is_superuser", Value::from(user.is_superuser)),
    ];
    fields.extend(own.map(|(name, value)| (name.to_owned(), value)));
    if let Some(username) = &user.username {
        fields.insert("username".to_owned(), Value::from(username.as_str()));
    }
    Value::from_object(Instance { text: user.display().to_owned(), fields })
}

fn extra(value: &ExtraValue) -> Value {
    match value {
        ExtraValue::Null => Value::from(()),
        ExtraValue::Text(text) => Value::from(text.as_str()),
        ExtraValue::Int(number) => Value::from(*number),
        ExtraValue::Bool(bit) => Value::from(*bit),
        ExtraValue::Date(date) => Value::from(date.to_string()),
    }
}
