//! The rows of one-to-one relations. Django's projects make them in a signal when an account is saved, or in the
//! serializer when something is first written; here both is done.

use rest_auth_core::model::NewUser;
use rest_auth_core::store::{ProfileChanges, StoreResult};

use super::statements::{UserStatements, given, update};
use crate::driver::Param;

/// A statement, and its values but for the account's key, which comes last.
type Statement<'a> = (String, Vec<Param<'a>>);

impl UserStatements {
    /// Makes the rows of a new account.
    pub(super) fn add_profiles<'a>(&'a self, user: &'a NewUser) -> StoreResult<Vec<Statement<'a>>> {
        let add = |place| {
            let values = self.columns_of(Some(place)).map(|column| column.of_new(user));
            Ok((self.add_profile(place, ""), values.collect::<StoreResult<_>>()?))
        };
        (0..self.profiles.len()).map(add).collect()
    }

    /// Writes what is given, and what makes the row if there was none; nothing for relations without a change.
    pub(super) fn set_profiles<'a>(
        &'a self,
        changes: &'a ProfileChanges,
    ) -> StoreResult<Vec<(String, Vec<Param<'a>>, Statement<'a>)>> {
        let mut statements = Vec::new();
        for (place, profile) in self.profiles.iter().enumerate() {
            let (names, params) = given(self.columns_of(Some(place)), changes)?;
            if names.is_empty() {
                continue;
            }
            let set = update(&format!("\"{}\"", profile.table), &names, &format!("\"{}\"", profile.owner));
            let kept: Vec<String> = names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
            // Somebody may have made the row a moment ago.
            let beside = format!(r#" ON CONFLICT ("{}") DO UPDATE SET {}"#, profile.owner, kept.join(", "));
            let values = self.columns_of(Some(place)).map(|column| column.of_new_profile(changes));
            let add = (self.add_profile(place, &beside), values.collect::<StoreResult<_>>()?);
            statements.push((set, params, add));
        }
        Ok(statements)
    }

    fn add_profile(&self, place: usize, beside: &str) -> String {
        let profile = &self.profiles[place];
        let owner = format!("\"{}\"", profile.owner);
        let own = self.columns_of(Some(place)).map(|column| column.name.as_str());
        let mut names: Vec<&str> = own.chain([owner.as_str()]).collect();
        let mut values: Vec<String> = (1..=names.len()).map(|number| format!("${number}")).collect();
        if profile.has_uuid {
            names.push("id");
            values.push(self.random_uuid.to_owned());
        }
        format!(
            r#"INSERT INTO "{}" ({}) VALUES ({}){beside}"#,
            profile.table,
            names.join(", "),
            values.join(", ")
        )
    }
}
