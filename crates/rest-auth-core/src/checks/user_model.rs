//! `[user_model]`: names that can stand in a statement, and fields that fit together.

use super::{Check, Findings, NOTHING, error};
use crate::settings::{Choice, ExtraField, ExtraFieldKind, LoginField, Settings, UserModel};

pub(super) const CHECKS: &[&Check] = &[
    &IDENTIFIER,
    &NO_LOGIN,
    &TAKEN,
    &TEXT_ONLY,
    &CHOICE,
    &OTHER_COLUMN,
    &DEFAULT,
    &NO_VALUE,
    &RANGE,
    &NO_FIELD,
    &NO_RELATION,
];

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
    "remove it, or take another name; of Django's own, first_name and last_name can be described anew, as text without a source",
);
static TEXT_ONLY: Check =
    error("rest_auth.E083", "gives {} a max_length or blank, which only kind = \"char\" has", "remove it");
static CHOICE: Check =
    error("rest_auth.E084", "gives {} a choice that its kind does not have", "correct or remove it");
static OTHER_COLUMN: Check = error(
    "rest_auth.E085",
    "`{}` is another of Django's columns",
    "name the column of the user name, or false where there is none",
);
static DEFAULT: Check = error(
    "rest_auth.E086",
    "gives {} a default that its kind or its choices do not have",
    "give it a text, a whole number, true, false, or a day as \"2026-01-15\"",
);
static NO_VALUE: Check = error(
    "rest_auth.E087",
    "has a field {} that can be left out and then has no value",
    "give it null = true or a default, or require it at registration",
);
static RANGE: Check = error(
    "rest_auth.E088",
    "gives {} a min_value or max_value that cannot hold",
    "only kind = \"integer\" without choices has them, and the first must not be above the second",
);
static NO_FIELD: Check = error(
    "rest_auth.E089",
    "names {}, which is no field of this model",
    "take pk, the user name's column, email, first_name, last_name and names of user_model.extra_fields",
);
static NO_RELATION: Check = error(
    "rest_auth.E110",
    "names the relation {}, which no source has",
    "write source = \"relation.column\" in user_model.extra_fields, or remove it",
);

/// Django's own columns but for the names of people, and names that the inputs of registration and user details have.
const TAKEN_NAMES: &[&str] = &[
    "id",
    "pk",
    "password",
    "last_login",
    "is_superuser",
    "username",
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
    let others = |name: &&str| {
        TAKEN_NAMES.contains(name) && *name != "username" || ["first_name", "last_name"].contains(name)
    };
    if let Some(name) = username_field.filter(others) {
        findings.about(&OTHER_COLUMN, "user_model.username_field", name);
    }
    if model.login_field == LoginField::Username && username_field.is_none() {
        findings.add(&NO_LOGIN, "user_model.login_field");
    }
    let names: Vec<&str> = model.extra_fields.iter().map(|field| field.name.as_str()).collect();
    findings.no_twins("user_model.extra_fields", &names);
    let places: Vec<_> = model.extra_fields.iter().map(ExtraField::place).collect();
    findings.no_twins("user_model.extra_fields", &places);
    for field in &model.extra_fields {
        check_names(field, username_field, findings);
        check_values(field, findings);
    }
    check_shown(model, findings);
    for (relation, table) in &model.relation_tables {
        const KEY: &str = "user_model.relation_tables";
        if !is_identifier(table) {
            findings.about(&IDENTIFIER, KEY, table);
        }
        if !places.iter().any(|(known, _)| *known == Some(relation)) {
            findings.about(&NO_RELATION, KEY, &format!("`{relation}`"));
        }
    }
}

fn check_shown(model: &UserModel, findings: &mut Findings) {
    const KEY: &str = "user_model.details_fields";
    let Some(shown) = model.details_fields.get() else { return };
    findings.no_twins(KEY, shown);
    if shown.is_empty() {
        findings.add(&NOTHING, KEY);
    }
    let username = model.username_field.as_deref();
    for name in shown {
        let known = ["pk", "email", "first_name", "last_name"].contains(&name.as_str())
            || username == Some(name)
            || model.extra_field(name).is_some();
        if !known {
            findings.about(&NO_FIELD, KEY, &format!("`{name}`"));
        }
    }
}

const FIELDS: &str = "user_model.extra_fields";

/// Its name, and where it is kept.
fn check_names(field: &ExtraField, username_field: Option<&str>, findings: &mut Findings) {
    let name = field.name.as_str();
    let (relation, column) = field.place();
    for identifier in [Some(name), relation, Some(column)].into_iter().flatten() {
        if !is_identifier(identifier) {
            findings.about(&IDENTIFIER, FIELDS, identifier);
            break;
        }
    }
    let taken =
        |name: &str| TAKEN_NAMES.contains(&name.to_lowercase().as_str()) || username_field == Some(name);
    let is_fine = if field.is_djangos_own() {
        field.source.is_none() && field.kind == ExtraFieldKind::Char && !field.null
    } else {
        // A source must not open a column that nobody may write, such as is_staff.
        let key_of_relation = relation.is_some() && ["id", "user_id"].contains(&column);
        !taken(name) && (relation.is_some() || !taken(column)) && !key_of_relation
    };
    if !is_fine {
        findings.about(&TAKEN, FIELDS, &format!("`{name}`"));
    }
}

/// What it takes.
fn check_values(field: &ExtraField, findings: &mut Findings) {
    let name = format!("`{}`", field.name);
    let is_char = field.kind == ExtraFieldKind::Char;
    if (field.max_length.is_some() || field.blank.is_some()) && !is_char {
        findings.about(&TEXT_ONLY, FIELDS, &name);
    }
    let is_ranged = field.kind == ExtraFieldKind::Integer && field.choices.is_empty();
    let (smallest, largest) = field.range();
    if (field.min_value.is_some() || field.max_value.is_some()) && !is_ranged || smallest > largest {
        findings.about(&RANGE, FIELDS, &name);
    }
    let fits = |choice: &Choice| match field.kind {
        ExtraFieldKind::Char => field.max_length.is_none_or(|length| choice.value.chars().count() <= length),
        ExtraFieldKind::Integer => {
            choice.value.parse::<i64>().is_ok_and(|number| number.to_string() == choice.value)
        }
        ExtraFieldKind::Boolean | ExtraFieldKind::Date => false,
    };
    if !field.choices.iter().all(fits) {
        findings.about(&CHOICE, FIELDS, &name);
    }
    let value = field.default_value();
    if let Some(default) = &field.default {
        let default = default.to_string();
        let is_chosen =
            field.choices.is_empty() || field.choices.iter().any(|choice| choice.value == default);
        if value.is_none() || !is_chosen {
            findings.about(&DEFAULT, FIELDS, &name);
        }
    } else if value.is_none() && !(field.required && field.at_signup) {
        findings.about(&NO_VALUE, FIELDS, &name);
    }
}

fn is_identifier(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.len() <= LONGEST_IDENTIFIER && name.bytes().next().is_some_and(first) && name.bytes().all(inner)
}
