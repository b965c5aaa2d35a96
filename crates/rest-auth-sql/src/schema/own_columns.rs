//! The deployment's own columns at start-up: whether what is written fits them, and whether something writes those that
//! need a value. What is wrong here would otherwise be an error 500 at the first registration.

use rest_auth_core::settings::{ExtraFieldKind, Problem};

use crate::driver::{Catalogue, Column};
use crate::user_model::{DJANGO_COLUMNS, ExtraColumn, Profile, UserModel};

/// Everything that does not fit.
pub(super) fn faults(there: &Catalogue, model: &UserModel, profiles: &[Profile]) -> Vec<Problem> {
    let users = std::iter::once((None, model.table.as_str()));
    let related = profiles.iter().enumerate().map(|(place, profile)| (Some(place), profile.table.as_str()));
    let mut faults = Vec::new();
    for (relation, table) in users.chain(related) {
        for extra in model.extra_of(relation) {
            if let Some(column) = there.column(table, &extra.name) {
                faults.extend(misfit(table, extra, column));
            }
        }
        let written = |name: &str| match relation {
            None => DJANGO_COLUMNS.contains(&name) || model.username.as_deref() == Some(name),
            Some(place) => name == profiles[place].owner || (name == "id" && profiles[place].has_uuid),
        };
        for column in there.columns(table).iter().filter(|column| !column.null && !column.has_default) {
            let is_own = model.extra_of(relation).any(|extra| extra.name == column.name);
            if !is_own && !written(&column.name) {
                faults.push(unwritten(table, column, relation.is_none()));
            }
        }
    }
    faults
}

/// Something that is wrong with a field.
pub(super) fn problem(message: String, hint: &str) -> Problem {
    Problem { key: "user_model.extra_fields".to_owned(), message, hint: Some(hint.to_owned()) }
}

/// A column that needs a value and gets none.
fn unwritten(table: &str, column: &Column, is_users: bool) -> Problem {
    let name = &column.name;
    if is_users && name == "username" {
        return Problem {
            key: "user_model.username_field".to_owned(),
            message: format!("is false, and {table}.username needs a value"),
            hint: Some("set it to \"username\"".to_owned()),
        };
    }
    problem(
        format!("{table}.{name} takes no NULL, has no default and is not listed"),
        "list it, with at_signup = false if registration shall not ask for it, or give it a default in the database",
    )
}

/// What the settings say of a column that the column does not do.
fn misfit(table: &str, extra: &ExtraColumn, column: &Column) -> Option<Problem> {
    let what = |fault: &str, hint: &str| Some(problem(format!("{table}.{} {fault}", extra.name), hint));
    let declared = &column.declared;
    if kind_of(declared).is_some_and(|kind| kind != extra.kind) {
        return what(&format!("is {declared}"), &format!("set another kind for the field {}", extra.field));
    }
    if extra.null && !column.null {
        return what("takes no NULL", &format!("remove null = true from the field {}", extra.field));
    }
    let is_above =
        |length: Option<usize>| length.zip(column.length()).is_some_and(|(length, limit)| length > limit);
    if is_above(extra.max_length) || is_above(extra.longest_choice) {
        return what(
            &format!("is {declared}"),
            &format!("lower max_length and shorten the choices of the field {}", extra.field),
        );
    }
    None
}

/// What a declared type holds; `None` for types of the deployment's own and those that are anybody's.
fn kind_of(declared: &str) -> Option<ExtraFieldKind> {
    let word = declared.split(['(', ' ']).next()?;
    match word {
        "varchar" | "char" | "character" | "text" | "citext" => Some(ExtraFieldKind::Char),
        "smallint" | "integer" | "int" | "bigint" | "int2" | "int4" | "int8" => Some(ExtraFieldKind::Integer),
        "bool" | "boolean" => Some(ExtraFieldKind::Boolean),
        "date" => Some(ExtraFieldKind::Date),
        _ => None,
    }
}
