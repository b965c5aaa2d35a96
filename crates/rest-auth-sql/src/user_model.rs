//! The deployment's user model: which table holds the accounts, and which columns it has.

use rest_auth_core::model::{ExtraValue, UserIdKind};
use rest_auth_core::settings::{self, ExtraField, ExtraFieldKind, LoginField};

/// The user table and the tables of one-to-one relations, with names that are safe to put into a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserModel {
    pub(crate) table: String,
    pub(crate) id: UserIdKind,
    /// The column of the user name; `None` where there is none.
    pub(crate) username: Option<String>,
    /// Whether the address is what people log in with, so that the column is unique.
    pub(crate) unique_email: bool,
    /// In the order of the settings.
    pub(crate) extra: Vec<ExtraColumn>,
    /// Each once, in the order of the settings.
    pub(crate) relations: Vec<Relation>,
}

/// A column of the deployment's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExtraColumn {
    /// The field. A conflict names its field for as long as the process lives, and so do these few names.
    pub(crate) field: &'static str,
    /// The column.
    pub(crate) name: String,
    /// Its place in [`UserModel::relations`]; `None` for a column of the user table.
    pub(crate) relation: Option<usize>,
    pub(crate) kind: ExtraFieldKind,
    /// Code points, of a character column.
    pub(crate) max_length: Option<usize>,
    /// The longest value that can be chosen, in code points.
    pub(crate) longest_choice: Option<usize>,
    /// The smallest and the largest whole number.
    pub(crate) range: (i64, i64),
    pub(crate) unique: bool,
    pub(crate) null: bool,
    /// What a row holds that was given nothing; `None` if it must be given something.
    pub(crate) default: Option<ExtraValue>,
}

/// A table with one row for each account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    /// As sources name it.
    pub(crate) name: String,
    /// The table, where it is configured.
    pub(crate) table: Option<String>,
}

impl Relation {
    /// Whether a table can be this relation's: it is configured, or ends in the relation's name, as Django calls a
    /// model's table `APP_MODEL`.
    pub(crate) fn may_be(&self, table: &str) -> bool {
        let named_after = || {
            let app = table.strip_suffix(self.name.as_str());
            app.is_some_and(|app| app.is_empty() || app.ends_with('_'))
        };
        self.table.as_deref().map_or_else(named_after, |known| known == table)
    }
}

/// A relation's table as it is in this database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) table: String,
    /// The column that refers to the account.
    pub(crate) owner: String,
    /// Whether rows need a random UUID for their key.
    pub(crate) has_uuid: bool,
}

/// The columns of Django's abstract user, beside the user name. Every new row fills them.
pub(crate) const DJANGO_COLUMNS: [&str; 10] = [
    "id",
    "password",
    "last_login",
    "is_superuser",
    "first_name",
    "last_name",
    "email",
    "is_staff",
    "is_active",
    "date_joined",
];

impl UserModel {
    /// Reads `[user_model]`. Refuses what cannot be the name of a table or column.
    pub fn new(settings: &settings::UserModel) -> Result<Self, BadName> {
        let username = settings.username_field.as_deref();
        let mut model = Self {
            table: identifier(&settings.table)?.to_owned(),
            id: settings.id_kind,
            username: username.map(str::to_owned),
            unique_email: settings.login_field == LoginField::Email,
            extra: Vec::new(),
            relations: Vec::new(),
        };
        let mut taken: Vec<(Option<&str>, &str)> = DJANGO_COLUMNS.map(|name| (None, name)).to_vec();
        if let Some(name) = username {
            free(&mut taken, (None, identifier(name)?))?;
        }
        for field in settings.extra_fields.iter().filter(|field| !field.is_djangos_own()) {
            let (relation, column) = field.place();
            free(&mut taken, (relation, identifier(column)?))?;
            let relation = relation.map(|name| model.relation(name, settings)).transpose()?;
            model.extra.push(ExtraColumn::new(field, relation));
        }
        Ok(model)
    }

    /// The place of a relation, which is added if it is new.
    fn relation(&mut self, name: &str, settings: &settings::UserModel) -> Result<usize, BadName> {
        if let Some(place) = self.relations.iter().position(|known| known.name == name) {
            return Ok(place);
        }
        let table = settings.relation_tables.get(name).map(|table| identifier(table)).transpose()?;
        let name = identifier(name)?.to_owned();
        self.relations.push(Relation { name, table: table.map(str::to_owned) });
        Ok(self.relations.len() - 1)
    }

    /// Whether the user table is that of Django's own `auth.User`, as its migrations leave it.
    pub(crate) fn is_djangos_own(&self) -> bool {
        self.table == "auth_user"
            && self.id == UserIdKind::Int
            && self.username.as_deref() == Some("username")
            && !self.unique_email
            && self.extra.iter().all(|extra| extra.relation.is_some())
    }

    /// The table that a relation has if nobody says otherwise: its model lives in the user model's app.
    pub(crate) fn usual_table(&self, relation: &Relation) -> String {
        relation.table.clone().unwrap_or_else(|| format!("{}_{}", self.label().0, relation.name))
    }

    /// The deployment's own columns of the user table or of one relation.
    pub(crate) fn extra_of(&self, relation: Option<usize>) -> impl Iterator<Item = &ExtraColumn> {
        self.extra.iter().filter(move |extra| extra.relation == relation)
    }

    /// App label and model name as Django derives the table's name from them: `users_customuser`.
    pub(crate) fn label(&self) -> (&str, &str) {
        self.table.rsplit_once('_').unwrap_or((&self.table, &self.table))
    }
}

impl ExtraColumn {
    fn new(field: &ExtraField, relation: Option<usize>) -> Self {
        let choices = field.choices.iter().map(|choice| choice.value.chars().count());
        Self {
            field: Box::leak(field.name.clone().into_boxed_str()),
            name: field.place().1.to_owned(),
            relation,
            kind: field.kind,
            max_length: field.max_length,
            longest_choice: choices.max(),
            range: field.range(),
            unique: field.unique,
            null: field.null,
            default: field.default_value(),
        }
    }
}

/// Notes a column, unless it is noted already.
fn free<'a>(
    taken: &mut Vec<(Option<&'a str>, &'a str)>,
    place: (Option<&'a str>, &'a str),
) -> Result<(), BadName> {
    if taken.contains(&place) {
        return Err(BadName { name: place.1.to_owned(), reason: "is a column already" });
    }
    taken.push(place);
    Ok(())
}

/// A name that fits PostgreSQL's 63 bytes and needs no escaping inside quotes.
fn identifier(name: &str) -> Result<&str, BadName> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let reason = if name.is_empty() || name.len() > 63 {
        "must have 1 to 63 characters"
    } else if name.as_bytes()[0].is_ascii_digit() || !name.bytes().all(allowed) {
        "may have letters, digits and underscores only, and no digit at its start"
    } else {
        return Ok(name);
    };
    Err(BadName { name: name.to_owned(), reason })
}

/// A name in `[user_model]` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName {
    name: String,
    reason: &'static str,
}

impl std::fmt::Display for BadName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\" in [user_model] {}", self.name, self.reason)
    }
}

impl std::error::Error for BadName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_end_a_quotation_are_refused() {
        for name in ["", "a b", "a\"b", "1a", "ä", "a;b", &"a".repeat(64)] {
            assert!(identifier(name).is_err(), "{name}");
        }
        assert_eq!(identifier("users_customuser"), Ok("users_customuser"));
    }

    #[test]
    fn a_column_of_djangos_cannot_be_declared_again() {
        let mut settings = settings::UserModel::default();
        assert!(UserModel::new(&settings).unwrap().is_djangos_own());
        settings.extra_fields.push(ExtraField { name: "email".to_owned(), ..ExtraField::default() });
        assert!(UserModel::new(&settings).is_err());
    }

    #[test]
    fn a_relation_has_a_table_in_the_models_app_unless_another_is_named() {
        let field = |name: &str, source: &str| ExtraField {
            name: name.to_owned(),
            source: Some(source.to_owned()),
            ..ExtraField::default()
        };
        let mut settings = settings::UserModel { table: "users_customuser".to_owned(), ..Default::default() };
        settings.extra_fields =
            vec![field("company", "userprofile.company_name"), field("size", "userprofile.size")];
        let model = UserModel::new(&settings).unwrap();
        assert_eq!((model.relations.len(), model.extra[1].relation), (1, Some(0)));
        assert_eq!(model.usual_table(&model.relations[0]), "users_userprofile");
        settings.relation_tables.insert("userprofile".to_owned(), "accounts_profile".to_owned());
        let model = UserModel::new(&settings).unwrap();
        assert_eq!(model.usual_table(&model.relations[0]), "accounts_profile");
        settings.extra_fields.push(field("again", "userprofile.size"));
        assert!(UserModel::new(&settings).is_err());
    }
}
