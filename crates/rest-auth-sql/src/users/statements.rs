//! The statements about accounts, built once from the user model and the columns that its table really has.

use rest_auth_core::model::{EncodedPassword, ExtraValue, NewUser, Timestamp, User, UserIdKind};
use rest_auth_core::settings::ExtraFieldKind;
use rest_auth_core::store::{ProfileChanges, StoreError, StoreResult};

use crate::driver::{Catalogue, Dialect, Param, Result, Row};
use crate::store::user_id;
use crate::user_model::{ExtraColumn, UserModel};

/// What can be asked about accounts.
pub(crate) struct UserStatements {
    pub(crate) id_kind: UserIdKind,
    /// The table, quoted.
    table: String,
    /// By a token's key: when the token was made, and the account.
    pub(crate) by_token: String,
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
}

/// A column that is there, and the field that it holds.
struct Column {
    /// Quoted.
    name: String,
    field: Field,
}

enum Field {
    Username,
    Email,
    Password,
    FirstName,
    LastName,
    IsActive,
    IsStaff,
    IsSuperuser,
    DateJoined,
    LastLogin,
    Extra(ExtraColumn),
}

impl UserStatements {
    /// Looks at the table. Columns of Django's that it lacks are left out.
    pub(crate) fn new(there: &Catalogue, model: &UserModel, dialect: Dialect) -> Self {
        let columns = columns(there, model);
        let quoted = |name: &str| format!("\"{name}\"");
        let has = |name: &str| there.has_column(&model.table, name);
        let table = quoted(&model.table);
        let list = std::iter::once("u.id".to_owned())
            .chain(columns.iter().map(|column| format!("u.{}", column.name)))
            .collect::<Vec<_>>()
            .join(", ");
        let find = |condition: &str| {
            format!("SELECT {list} FROM {table} u WHERE {condition} ORDER BY u.id LIMIT 10")
        };
        let username = model.username.as_deref().map(quoted);
        let set = |column: &str| format!("UPDATE {table} SET {column} = $1 WHERE id = $2");
        Self {
            id_kind: model.id,
            by_token: format!(
                "SELECT t.created, {list} FROM authtoken_token t JOIN {table} u ON u.id = t.user_id WHERE t.\"key\" = $1"
            ),
            by_id: format!("SELECT {list} FROM {table} u WHERE u.id = $1"),
            by_username: username.as_ref().map(|name| find(&format!("u.{name} = $1"))),
            by_username_folded: username.as_ref().map(|name| find(&format!("upper(u.{name}) = upper($1)"))),
            by_email_folded: find("upper(u.email) = upper($1)"),
            add: add(&table, &columns, model.id, dialect),
            set_password: format!("UPDATE {table} SET password = $1 WHERE id = $2 AND password = $3"),
            set_last_login: has("last_login").then(|| set("last_login")),
            set_email: set("email"),
            set_active: has("is_active").then(|| set("is_active")),
            delete: delete(there, model),
            table,
            columns,
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
            match &column.field {
                Field::Username => user.username = row.opt_text()?,
                Field::Email => user.email = row.opt_text()?.unwrap_or_default(),
                Field::Password => user.password = EncodedPassword::from_column(row.text()?),
                Field::FirstName => user.first_name = row.opt_text()?.unwrap_or_default(),
                Field::LastName => user.last_name = row.opt_text()?.unwrap_or_default(),
                Field::IsActive => user.is_active = row.bool()?,
                Field::IsStaff => user.is_staff = row.bool()?,
                Field::IsSuperuser => user.is_superuser = row.bool()?,
                Field::DateJoined => user.date_joined = row.time()?,
                Field::LastLogin => user.last_login = row.opt_time()?,
                Field::Extra(extra) => user.extra.push((extra.name.clone(), read_extra(row, extra)?)),
            }
        }
        Ok(user)
    }

    /// The values for [`Self::add`].
    pub(super) fn values<'a>(&self, user: &'a NewUser) -> Vec<Param<'a>> {
        let given = |name: &str| user.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let value = |column: &Column| match &column.field {
            Field::Username => Param::from(user.username.as_deref().unwrap_or_default()),
            Field::Email => Param::from(user.email.as_str()),
            Field::Password => Param::from(user.password.as_str()),
            Field::FirstName => Param::from(user.first_name.as_str()),
            Field::LastName => Param::from(user.last_name.as_str()),
            Field::IsActive => Param::from(user.is_active),
            Field::IsStaff => Param::from(user.is_staff),
            Field::IsSuperuser => Param::from(user.is_superuser),
            Field::DateJoined => Param::from(user.date_joined),
            Field::LastLogin => Param::Time(None),
            Field::Extra(extra) => extra_param(extra, given(&extra.name)),
        };
        self.columns.iter().map(value).collect()
    }

    /// The statement that writes what is given, and its values but for the key; no statement if nothing is.
    pub(super) fn set_profile<'a>(
        &self,
        changes: &'a ProfileChanges,
    ) -> StoreResult<(Option<String>, Vec<Param<'a>>)> {
        let unknown = |name: &str| self.columns.iter().all(|column| column.extra_name() != Some(name));
        if let Some((name, _)) = changes.extra.iter().find(|(name, _)| unknown(name)) {
            return Err(StoreError::Backend(format!("{name} is no column of the user model").into()));
        }
        let mut assignments = Vec::new();
        let mut params = Vec::new();
        for column in &self.columns {
            let value = match &column.field {
                Field::Username => changes.username.as_ref().map(Param::from),
                Field::FirstName => changes.first_name.as_ref().map(Param::from),
                Field::LastName => changes.last_name.as_ref().map(Param::from),
                Field::Extra(extra) => changes
                    .extra
                    .iter()
                    .find(|(name, _)| *name == extra.name)
                    .map(|(_, value)| extra_param(extra, Some(value))),
                _ => None,
            };
            if let Some(value) = value {
                params.push(value);
                assignments.push(format!("{} = ${}", column.name, params.len()));
            }
        }
        let sql = (!params.is_empty()).then(|| {
            let table = &self.table;
            format!("UPDATE {table} SET {} WHERE id = ${}", assignments.join(", "), params.len() + 1)
        });
        Ok((sql, params))
    }

    /// The query for so many names; none where there are no names.
    pub(super) fn taken_usernames(&self, count: usize) -> Option<String> {
        let column = self.columns.iter().find(|column| matches!(column.field, Field::Username))?;
        let list: Vec<String> = (1..=count).map(|number| format!("upper(${number})")).collect();
        let (table, name) = (&self.table, &column.name);
        (count > 0)
            .then(|| format!("SELECT {name} FROM {table} WHERE upper({name}) IN ({})", list.join(", ")))
    }
}

impl Column {
    fn extra_name(&self) -> Option<&str> {
        match &self.field {
            Field::Extra(extra) => Some(&extra.name),
            _ => None,
        }
    }
}

/// The columns that are there, in an order of ours.
fn columns(there: &Catalogue, model: &UserModel) -> Vec<Column> {
    let column = |name: &str, field| Column { name: format!("\"{name}\""), field };
    let mut columns = Vec::new();
    columns.extend(model.username.as_deref().map(|name| column(name, Field::Username)));
    for (name, field) in [
        ("email", Field::Email),
        ("password", Field::Password),
        ("first_name", Field::FirstName),
        ("last_name", Field::LastName),
        ("is_active", Field::IsActive),
        ("is_staff", Field::IsStaff),
        ("is_superuser", Field::IsSuperuser),
        ("date_joined", Field::DateJoined),
        ("last_login", Field::LastLogin),
    ] {
        if there.has_column(&model.table, name) {
            columns.push(column(name, field));
        }
    }
    columns.extend(model.extra.iter().map(|extra| column(&extra.name, Field::Extra(extra.clone()))));
    columns
}

/// Writes a row and reads it back, so that the answer is what is stored.
fn add(table: &str, columns: &[Column], id: UserIdKind, dialect: Dialect) -> String {
    let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let returned = names.join(", ");
    let mut values: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
    if id == UserIdKind::Uuid {
        names.push("id");
        values.push(dialect.random_uuid().to_owned());
    }
    format!(
        "INSERT INTO {table} ({}) VALUES ({}) RETURNING id, {returned}",
        names.join(", "),
        values.join(", ")
    )
}

/// Django's foreign keys delete nothing by themselves, so whatever refers to an account goes first, in the order of
/// `spec/database`, as far as it is there. Refresh tokens stay and forget their owner, as Django has it, but the
/// blacklist has nothing to remember of them.
fn delete(there: &Catalogue, model: &UserModel) -> Vec<String> {
    let table = &model.table;
    let mut statements = Vec::new();
    for (child, sql) in DEPENDANTS {
        if there.has_table(child) {
            statements.push(sql.to_owned());
        }
    }
    for (links, other) in [("groups", "group_id"), ("user_permissions", "permission_id")] {
        let links = format!("{table}_{links}");
        let own = there.columns(&links).iter().find(|column| *column != "id" && *column != other);
        statements.extend(own.map(|own| format!("DELETE FROM \"{links}\" WHERE \"{own}\" = $1")));
    }
    statements.push(format!("DELETE FROM \"{table}\" WHERE id = $1"));
    statements
}

/// What refers to an account, and the table that must be there for it.
const DEPENDANTS: [(&str, &str); 11] = [
    (
        "token_blacklist_blacklistedtoken",
        "DELETE FROM token_blacklist_blacklistedtoken
         WHERE token_id IN (SELECT id FROM token_blacklist_outstandingtoken WHERE user_id = $1)",
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

fn read_extra(row: &mut Row, extra: &ExtraColumn) -> Result<ExtraValue> {
    Ok(match extra.kind {
        ExtraFieldKind::Char => row.opt_text()?.map(ExtraValue::Text),
        ExtraFieldKind::Integer => row.opt_int()?.map(ExtraValue::Int),
        ExtraFieldKind::Boolean => row.opt_bool()?.map(ExtraValue::Bool),
    }
    .unwrap_or(ExtraValue::Null))
}

/// A value of the kind that the column has. What is not given is empty, as Django's columns have no defaults.
fn extra_param<'a>(extra: &ExtraColumn, value: Option<&'a ExtraValue>) -> Param<'a> {
    match (extra.kind, value) {
        (ExtraFieldKind::Char, Some(ExtraValue::Text(text))) => Param::from(text.as_str()),
        (ExtraFieldKind::Char, None) => Param::from(""),
        (ExtraFieldKind::Char, Some(_)) => Param::Text(None),
        (ExtraFieldKind::Integer, Some(ExtraValue::Int(number))) => Param::from(*number),
        (ExtraFieldKind::Integer, None) => Param::from(0),
        (ExtraFieldKind::Integer, Some(_)) => Param::Int(None),
        (ExtraFieldKind::Boolean, Some(ExtraValue::Bool(truth))) => Param::from(*truth),
        (ExtraFieldKind::Boolean, None) => Param::from(false),
        (ExtraFieldKind::Boolean, Some(_)) => Param::Bool(None),
    }
}
