//! The columns of accounts: which field each holds, and how its values are read and written.

use rest_auth_core::model::{EncodedPassword, ExtraValue, NewUser, User};
use rest_auth_core::settings::ExtraFieldKind;
use rest_auth_core::store::{ProfileChanges, StoreError, StoreResult};

use crate::driver::{self, Catalogue, Param, Row};
use crate::user_model::{ExtraColumn, Profile, UserModel};

/// A column that is there, and the field that it holds.
pub(super) struct Column {
    /// Quoted.
    pub(super) name: String,
    /// Its place in [`UserModel::relations`]; `None` for a column of the user table.
    pub(super) relation: Option<usize>,
    field: Field,
    /// How many code points it takes.
    length: Option<usize>,
    /// Which whole numbers it takes.
    range: Option<(i64, i64)>,
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

/// The columns that are there, in an order of ours; the deployment's own come last, in the order of its settings.
pub(super) fn columns(there: &Catalogue, model: &UserModel, profiles: &[Profile]) -> Vec<Column> {
    let column = |table: &str, name: &str, relation, field| {
        let facts = there.column(table, name);
        Column {
            name: format!("\"{name}\""),
            relation,
            field,
            length: facts.and_then(driver::Column::length),
            range: facts.and_then(driver::Column::range),
        }
    };
    let mut columns = Vec::new();
    let username = model.username.as_deref();
    columns.extend(username.map(|name| column(&model.table, name, None, Field::Username)));
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
            columns.push(column(&model.table, name, None, field));
        }
    }
    columns.extend(model.extra.iter().map(|extra| {
        let table = extra.relation.map_or(&model.table, |place| &profiles[place].table);
        column(table, &extra.name, extra.relation, Field::Extra(extra.clone()))
    }));
    columns
}

impl Column {
    /// As an expression of a query in which the user table is `u`, and the relations' tables are `p0`, `p1` ….
    pub(super) fn expression(&self) -> String {
        match self.relation {
            None => format!("u.{}", self.name),
            Some(place) => format!("p{place}.{}", self.name),
        }
    }

    /// Whether it holds the user name.
    pub(super) fn is_username(&self) -> bool {
        matches!(self.field, Field::Username)
    }

    /// The deployment's own field that it holds.
    pub(super) fn extra_field(&self) -> Option<&str> {
        match &self.field {
            Field::Extra(extra) => Some(extra.field),
            _ => None,
        }
    }

    /// Reads a row's next column into its field.
    pub(super) fn read(&self, row: &mut Row, user: &mut User) -> driver::Result<()> {
        match &self.field {
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
            Field::Extra(extra) => user.extra.push((extra.field.to_owned(), read_extra(row, extra)?)),
        }
        Ok(())
    }

    /// The value for a new row.
    pub(super) fn of_new<'a>(&'a self, user: &'a NewUser) -> StoreResult<Param<'a>> {
        let value = match &self.field {
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
            Field::Extra(extra) => extra_param(extra, given(&user.extra, extra))?,
        };
        self.fitting(value)
    }

    /// The value for a new row of a relation, beside an account that is there.
    pub(super) fn of_new_profile<'a>(&'a self, changes: &'a ProfileChanges) -> StoreResult<Param<'a>> {
        match &self.field {
            Field::Extra(extra) => self.fitting(extra_param(extra, given(&changes.extra, extra))?),
            _ => Err(StoreError::Backend("a relation has columns of the deployment's own only".into())),
        }
    }

    /// The new value, if one is given.
    pub(super) fn of_changes<'a>(&'a self, changes: &'a ProfileChanges) -> StoreResult<Option<Param<'a>>> {
        let value = match &self.field {
            Field::Username => changes.username.as_ref().map(Param::from),
            Field::FirstName => changes.first_name.as_ref().map(Param::from),
            Field::LastName => changes.last_name.as_ref().map(Param::from),
            Field::Extra(extra) => match given(&changes.extra, extra) {
                Some(value) => Some(extra_param(extra, Some(value))?),
                None => None,
            },
            _ => None,
        };
        value.map(|value| self.fitting(value)).transpose()
    }

    /// Refuses what the column would not take: the settings may allow more than it does.
    fn fitting<'a>(&self, value: Param<'a>) -> StoreResult<Param<'a>> {
        match (&value, self.length, self.range) {
            (Param::Text(Some(text)), Some(limit), _) if text.chars().count() > limit => {
                Err(StoreError::TooLong { field: self.field_name(), limit })
            }
            (Param::Int(Some(number)), _, Some((limit, _))) if *number < limit => {
                Err(StoreError::TooSmall { field: self.field_name(), limit })
            }
            (Param::Int(Some(number)), _, Some((_, limit))) if *number > limit => {
                Err(StoreError::TooLarge { field: self.field_name(), limit })
            }
            _ => Ok(value),
        }
    }

    fn field_name(&self) -> &'static str {
        match &self.field {
            Field::Username => "username",
            Field::Email => "email",
            Field::Password => "password",
            Field::FirstName => "first_name",
            Field::LastName => "last_name",
            Field::IsActive => "is_active",
            Field::IsStaff => "is_staff",
            Field::IsSuperuser => "is_superuser",
            Field::DateJoined => "date_joined",
            Field::LastLogin => "last_login",
            Field::Extra(extra) => extra.field,
        }
    }
}

fn given<'a>(values: &'a [(String, ExtraValue)], extra: &ExtraColumn) -> Option<&'a ExtraValue> {
    values.iter().find(|(known, _)| known == extra.field).map(|(_, value)| value)
}

fn read_extra(row: &mut Row, extra: &ExtraColumn) -> driver::Result<ExtraValue> {
    Ok(match extra.kind {
        ExtraFieldKind::Char => row.opt_text()?.map(ExtraValue::Text),
        ExtraFieldKind::Integer => row.opt_int()?.map(ExtraValue::Int),
        ExtraFieldKind::Boolean => row.opt_bool()?.map(ExtraValue::Bool),
        ExtraFieldKind::Date => row.opt_date()?.map(ExtraValue::Date),
    }
    .unwrap_or(ExtraValue::Null))
}

/// A value of the kind that the column has. What is not given has its default, as Django's columns have none.
fn extra_param<'a>(extra: &'a ExtraColumn, value: Option<&'a ExtraValue>) -> StoreResult<Param<'a>> {
    let missing = || StoreError::Backend(format!("the field {} has no value", extra.field).into());
    let value = value.or(extra.default.as_ref()).ok_or_else(missing)?;
    Ok(match (extra.kind, value) {
        (ExtraFieldKind::Char, ExtraValue::Text(text)) => Param::from(text.as_str()),
        (ExtraFieldKind::Char, _) => Param::Text(None),
        (ExtraFieldKind::Integer, ExtraValue::Int(number)) => Param::from(*number),
        (ExtraFieldKind::Integer, _) => Param::Int(None),
        (ExtraFieldKind::Boolean, ExtraValue::Bool(truth)) => Param::from(*truth),
        (ExtraFieldKind::Boolean, _) => Param::Bool(None),
        (ExtraFieldKind::Date, ExtraValue::Date(date)) => Param::Date(Some(*date)),
        (ExtraFieldKind::Date, _) => Param::Date(None),
    })
}
