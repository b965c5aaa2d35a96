//! The statements about accounts, built once from the user model and the columns that its table really has.

use rest_auth_core::model::{EncodedPassword, NewUser, Timestamp, User, UserIdKind};
use rest_auth_core::store::{ProfileChanges, StoreError, StoreResult};

use super::columns::{Column, columns};
use crate::driver::{Catalogue, Dialect, Param, Result, Row};
use crate::store::user_id;
use crate::user_model::{Profile, UserModel};

/// What can be asked about accounts.
pub(crate) struct UserStatements {
    pub(crate) id_kind: UserIdKind,
    /// The table, quoted.
    table: String,
    /// By a token's key: when the token was made, and the account.
    pub(crate) by_token: String,
    /// By provider and key of an account there.
    pub(crate) by_social_account: String,
    pub(super) by_id: String,
    pub(super) by_username: Option<String>,
    pub(super) by_username_folded: Option<String>,
    pub(super) by_email_folded: String,
    pub(super) add: String,
    pub(super) set_password: String,
    pub(super) set_last_login: Option<String>,
    pub(super) set_email: String,
    pub(super) set_active: Option<String>,
    /// What belongs to an account, then the account; each with the account's key as `$1`.
    pub(super) delete: Vec<String>,
    columns: Vec<Column>,
    /// The tables of the model's relations, in its order.
    pub(super) profiles: Vec<Profile>,
    /// An expression.
    pub(super) random_uuid: &'static str,
}

impl UserStatements {
    /// Looks at the table. Columns of Django's that it lacks are left out.
    pub(crate) fn new(
        there: &Catalogue,
        model: &UserModel,
        profiles: Vec<Profile>,
        dialect: Dialect,
    ) -> Self {
        let columns = columns(there, model, &profiles);
        let quoted = |name: &str| format!("\"{name}\"");
        let has = |name: &str| there.has_column(&model.table, name);
        let table = quoted(&model.table);
        let list = std::iter::once("u.id".to_owned())
            .chain(columns.iter().map(Column::expression))
            .collect::<Vec<_>>()
            .join(", ");
        let joins: String =
            profiles.iter().enumerate().map(|(place, profile)| join(place, profile)).collect();
        let find = |condition: &str| {
            format!("SELECT {list} FROM {table} u{joins} WHERE {condition} ORDER BY u.id LIMIT 10")
        };
        let username = model.username.as_deref().map(quoted);
        let set = |column: &str| format!("UPDATE {table} SET {column} = $1 WHERE id = $2");
        Self {
            id_kind: model.id,
            by_token: format!(
                "SELECT t.created, {list} FROM authtoken_token t JOIN {table} u ON u.id = t.user_id{joins} WHERE t.\"key\" = $1"
            ),
            by_social_account: format!(
                "SELECT {list} FROM socialaccount_socialaccount s JOIN {table} u ON u.id = s.user_id{joins}
                WHERE s.provider = $1 AND s.uid = $2"
            ),
            by_id: format!("SELECT {list} FROM {table} u{joins} WHERE u.id = $1"),
            by_username: username.as_ref().map(|name| find(&format!("u.{name} = $1"))),
            by_username_folded: username.as_ref().map(|name| find(&format!("upper(u.{name}) = upper($1)"))),
            by_email_folded: find("upper(u.email) = upper($1)"),
            add: add(&table, &columns, model.id, dialect),
            random_uuid: dialect.random_uuid(),
            set_password: format!("UPDATE {table} SET password = $1 WHERE id = $2 AND password = $3"),
            set_last_login: has("last_login").then(|| set("last_login")),
            set_email: set("email"),
            set_active: has("is_active").then(|| set("is_active")),
            delete: delete(there, model, &profiles),
            table,
            columns,
            profiles,
        }
    }

    /// An account, from a row's next columns.
    pub(crate) fn read(&self, row: &mut Row) -> Result<User> {
        let mut user = User {
            id: user_id(row, self.id_kind)?,
            password: EncodedPassword::from_column(""),
            username: None,
            email: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            is_active: true,
            is_staff: false,
            is_superuser: false,
            date_joined: Timestamp::from_micros(0),
            last_login: None,
            extra: Vec::new(),
        };
        for column in &self.columns {
            column.read(row, &mut user)?;
        }
        Ok(user)
    }

    /// The values for [`Self::add`].
    pub(super) fn values<'a>(&'a self, user: &'a NewUser) -> StoreResult<Vec<Param<'a>>> {
        self.columns_of(None).map(|column| column.of_new(user)).collect()
    }

    /// The statement that writes what is given for the user table, and its values but for the key; no statement if
    /// nothing is.
    pub(super) fn set_profile<'a>(
        &'a self,
        changes: &'a ProfileChanges,
    ) -> StoreResult<(Option<String>, Vec<Param<'a>>)> {
        let unknown = |name: &str| self.columns.iter().all(|column| column.extra_field() != Some(name));
        if let Some((name, _)) = changes.extra.iter().find(|(name, _)| unknown(name)) {
            return Err(StoreError::Backend(format!("{name} is no field of the user model").into()));
        }
        let (names, params) = given(self.columns_of(None), changes)?;
        let sql = (!names.is_empty()).then(|| update(&self.table, &names, "id"));
        Ok((sql, params))
    }

    /// The columns of the user table or of one relation.
    pub(super) fn columns_of(&self, relation: Option<usize>) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(move |column| column.relation == relation)
    }

    /// The query for so many names; none where there are no names.
    pub(super) fn taken_usernames(&self, count: usize) -> Option<String> {
        let column = self.columns.iter().find(|column| column.is_username())?;
        let list: Vec<String> = (1..=count).map(|number| format!("upper(${number})")).collect();
        let (table, name) = (&self.table, &column.name);
        (count > 0)
            .then(|| format!("SELECT {name} FROM {table} WHERE upper({name}) IN ({})", list.join(", ")))
    }
}

/// The columns for which something is given, and the values.
pub(super) fn given<'a>(
    columns: impl Iterator<Item = &'a Column>,
    changes: &'a ProfileChanges,
) -> StoreResult<(Vec<&'a str>, Vec<Param<'a>>)> {
    let (mut names, mut params) = (Vec::new(), Vec::new());
    for column in columns {
        if let Some(value) = column.of_changes(changes)? {
            names.push(column.name.as_str());
            params.push(value);
        }
    }
    Ok((names, params))
}

/// `UPDATE`, with a value for each column and then the key.
pub(super) fn update(table: &str, names: &[&str], key: &str) -> String {
    let assign = |(place, name): (usize, &&str)| format!("{name} = ${}", place + 1);
    let assignments: Vec<String> = names.iter().enumerate().map(assign).collect();
    format!("UPDATE {table} SET {} WHERE {key} = ${}", assignments.join(", "), names.len() + 1)
}

/// A relation's row, which need not be there.
fn join(place: usize, Profile { table, owner, .. }: &Profile) -> String {
    format!(" LEFT JOIN \"{table}\" p{place} ON p{place}.\"{owner}\" = u.id")
}

/// Writes a row and reads it back, so that the answer is what is stored. Where there are relations, only its key.
fn add(table: &str, columns: &[Column], id: UserIdKind, dialect: Dialect) -> String {
    let own = columns.iter().filter(|column| column.relation.is_none());
    let mut names: Vec<&str> = own.map(|column| column.name.as_str()).collect();
    let returned =
        if names.len() == columns.len() { format!(", {}", names.join(", ")) } else { String::new() };
    let mut values: Vec<String> = (1..=names.len()).map(|number| format!("${number}")).collect();
    if id == UserIdKind::Uuid {
        names.push("id");
        values.push(dialect.random_uuid().to_owned());
    }
    format!(
        "INSERT INTO {table} ({}) VALUES ({}) RETURNING id{returned}",
        names.join(", "),
        values.join(", ")
    )
}

/// Django's foreign keys delete nothing by themselves, so whatever refers to an account goes first, in the order of
/// `spec/database`, as far as it is there. Refresh tokens stay and forget their owner, as Django has it, and
/// those that were ended stay so.
fn delete(there: &Catalogue, model: &UserModel, profiles: &[Profile]) -> Vec<String> {
    let table = &model.table;
    let mut statements = Vec::new();
    for (child, sql) in DEPENDANTS {
        if there.has_table(child) {
            statements.push(sql.to_owned());
        }
    }
    for (links, other) in [("groups", "group_id"), ("user_permissions", "permission_id")] {
        let links = format!("{table}_{links}");
        let own = there.columns(&links).iter().find(|column| column.name != "id" && column.name != other);
        statements.extend(own.map(|own| format!("DELETE FROM \"{links}\" WHERE \"{}\" = $1", own.name)));
    }
    for Profile { table, owner, .. } in profiles {
        statements.push(format!("DELETE FROM \"{table}\" WHERE \"{owner}\" = $1"));
    }
    statements.push(format!("DELETE FROM \"{table}\" WHERE id = $1"));
    statements
}

/// What refers to an account, and the table that must be there for it.
const DEPENDANTS: [(&str, &str); 11] = [
    (
        "rest_auth_refresh_token",
        "DELETE FROM rest_auth_refresh_token
         WHERE jti IN (SELECT jti FROM token_blacklist_outstandingtoken WHERE user_id = $1)",
    ),
    (
        "token_blacklist_outstandingtoken",
        "UPDATE token_blacklist_outstandingtoken SET user_id = NULL WHERE user_id = $1",
    ),
    (
        "socialaccount_socialtoken",
        "DELETE FROM socialaccount_socialtoken
         WHERE account_id IN (SELECT id FROM socialaccount_socialaccount WHERE user_id = $1)",
    ),
    ("socialaccount_socialaccount", "DELETE FROM socialaccount_socialaccount WHERE user_id = $1"),
    (
        "account_emailconfirmation",
        "DELETE FROM account_emailconfirmation
         WHERE email_address_id IN (SELECT id FROM account_emailaddress WHERE user_id = $1)",
    ),
    ("account_emailaddress", "DELETE FROM account_emailaddress WHERE user_id = $1"),
    ("authtoken_token", "DELETE FROM authtoken_token WHERE user_id = $1"),
    ("dj_rest_auth_mfa_authenticator", "DELETE FROM dj_rest_auth_mfa_authenticator WHERE user_id = $1"),
    ("mfa_authenticator", "DELETE FROM mfa_authenticator WHERE user_id = $1"),
    ("usersessions_usersession", "DELETE FROM usersessions_usersession WHERE user_id = $1"),
    ("django_admin_log", "DELETE FROM django_admin_log WHERE user_id = $1"),
];
