//! `[user_model]`: names that can stand in a statement, and fields that fit together.

use super::{Check, Findings, error};
use crate::settings::{ExtraField, ExtraFieldKind, LoginField, Settings};

pub(super) const CHECKS: &[&Check] = &[&IDENTIFIER, &NO_LOGIN, &TAKEN, &MAX_LENGTH, &CHOICE, &OTHER_COLUMN];

static IDENTIFIER: Check = error(
    "rest_auth.E080",
    "`{}` is no name of a table or a column",
    "take letters, digits and underscores, no digit first, 63 characters at most",
);
static NO_LOGIN: Check = error(
    "rest_auth.E081",
    "is \"username\", and user_model.username_field is false",
    "set it to \"email\", or name the column",
);
static TAKEN: Check = error(
    "rest_auth.E082",
    "has a field {}, which every user has or a request uses",
    "remove it, or take another name",
);
static MAX_LENGTH: Check =
    error("rest_auth.E083", "gives {} a max_length, which only kind = \"char\" has", "remove it");
static CHOICE: Check =
    error("rest_auth.E084", "gives {} a choice that its kind does not have", "correct or remove it");
static OTHER_COLUMN: Check = error(
    "rest_auth.E085",
    "`{}` is another of Django's columns",
    "name the column of the user name, or false where there is none",
);

/// Django's own columns, and names that the inputs of registration and user details have.
const TAKEN_NAMES: &[&str] = &[
    "id",
    "pk",
    "password",
    "last_login",
    "is_superuser",
    "username",
    "first_name",
    "last_name",
    "email",
    "is_staff",
    "is_active",
    "date_joined",
    "password1",
    "password2",
    "csrfmiddlewaretoken",
];

/// PostgreSQL's limit.
const LONGEST_IDENTIFIER: usize = 63;

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let model = &settings.user_model;
    let username_field = model.username_field.as_deref();
    let names =
        [("user_model.table", Some(model.table.as_str())), ("user_model.username_field", username_field)];
    for (key, name) in names {
        if let Some(name) = name.filter(|name| !is_identifier(name)) {
            findings.about(&IDENTIFIER, key, name);
        }
    }
    if let Some(name) = username_field.filter(|name| *name != "username" && TAKEN_NAMES.contains(name)) {
        findings.about(&OTHER_COLUMN, "user_model.username_field", name);
    }
    if model.login_field == LoginField::Username && username_field.is_none() {
        findings.add(&NO_LOGIN, "user_model.login_field");
    }
    let names: Vec<&str> = model.extra_fields.iter().map(|field| field.name.as_str()).collect();
    findings.no_twins("user_model.extra_fields", &names);
    for field in &model.extra_fields {
        check_field(field, username_field, findings);
    }
}

fn check_field(field: &ExtraField, username_field: Option<&str>, findings: &mut Findings) {
    const KEY: &str = "user_model.extra_fields";
    let name = field.name.as_str();
    if !is_identifier(name) {
        findings.about(&IDENTIFIER, KEY, name);
    }
    if TAKEN_NAMES.contains(&name.to_lowercase().as_str()) || username_field == Some(name) {
        findings.about(&TAKEN, KEY, &format!("`{name}`"));
    }
    if field.max_length.is_some() && field.kind != ExtraFieldKind::Char {
        findings.about(&MAX_LENGTH, KEY, &format!("`{name}`"));
    }
    let fits = |choice: &String| match field.kind {
        ExtraFieldKind::Char => field.max_length.is_none_or(|length| choice.chars().count() <= length),
        ExtraFieldKind::Integer => choice.parse::<i64>().is_ok(),
        ExtraFieldKind::Boolean => false,
    };
    if !field.choices.iter().all(fits) {
        findings.about(&CHOICE, KEY, &format!("`{name}`"));
    }
}

fn is_identifier(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.len() <= LONGEST_IDENTIFIER && name.bytes().next().is_some_and(first) && name.bytes().all(inner)
}
