//! Accounts: the user table and the tables of one-to-one relations, whose names and columns the deployment decides.

mod columns;
mod profiles;
mod statements;

use async_trait::async_trait;
use rest_auth_core::model::{EncodedPassword, NewUser, Timestamp, User, UserId};
use rest_auth_core::store::{ProfileChanges, StoreError, StoreResult, UserLookup, Users};

use crate::driver::Param;
use crate::store::{Connection, user_id};

pub(crate) use statements::UserStatements;

#[async_trait]
impl Users for Connection {
    async fn user(&mut self, id: UserId) -> StoreResult<Option<User>> {
        let users = &self.tables.users;
        let row = self.conn.row(&users.by_id, &[Param::from(id)]).await?;
        Ok(row.map(|mut row| users.read(&mut row)).transpose()?)
    }

    async fn users(&mut self, lookup: UserLookup<'_>) -> StoreResult<Vec<User>> {
        let users = &self.tables.users;
        let (sql, value) = match lookup {
            UserLookup::Username(name) => (users.by_username.as_deref(), name),
            UserLookup::UsernameFolded(name) => (users.by_username_folded.as_deref(), name),
            UserLookup::EmailFolded(email) => (Some(&*users.by_email_folded), email),
        };
        // Where there are no user names, nobody has this one.
        let Some(sql) = sql else { return Ok(Vec::new()) };
        let rows = self.conn.rows(sql, &[Param::from(value)]).await?;
        Ok(rows.into_iter().map(|mut row| users.read(&mut row)).collect::<Result<_, _>>()?)
    }

    async fn taken_usernames(&mut self, names: &[String]) -> StoreResult<Vec<String>> {
        let Some(sql) = self.tables.users.taken_usernames(names.len()) else { return Ok(Vec::new()) };
        let params: Vec<Param<'_>> = names.iter().map(Param::from).collect();
        let mut taken = Vec::new();
        for mut row in self.conn.rows(&sql, &params).await? {
            taken.push(row.text()?);
        }
        Ok(taken)
    }

    async fn hold_username(&mut self, name: &str) -> StoreResult<()> {
        Ok(self.conn.lock_name(name).await?)
    }

    async fn add_user(&mut self, user: NewUser) -> StoreResult<User> {
        let users = &self.tables.users;
        let row = self.conn.row(&users.add, &users.values(&user)?).await?;
        let no_row = || StoreError::Backend("an INSERT returned no row".into());
        let mut row = row.ok_or_else(no_row)?;
        if users.profiles.is_empty() {
            return Ok(users.read(&mut row)?);
        }
        let id = user_id(&mut row, users.id_kind)?;
        for (sql, mut params) in users.add_profiles(&user)? {
            params.push(Param::from(id));
            self.conn.execute(&sql, &params).await?;
        }
        self.user(id).await?.ok_or_else(no_row)
    }

    async fn set_profile(&mut self, id: UserId, changes: &ProfileChanges) -> StoreResult<()> {
        let users = &self.tables.users;
        let (sql, mut params) = users.set_profile(changes)?;
        if let Some(sql) = sql {
            params.push(Param::from(id));
            self.conn.execute(&sql, &params).await?;
        }
        for (sql, mut params, add) in users.set_profiles(changes)? {
            params.push(Param::from(id));
            if self.conn.execute(&sql, &params).await? == 0 {
                let (sql, mut params) = add;
                params.push(Param::from(id));
                self.conn.execute(&sql, &params).await?;
            }
        }
        Ok(())
    }

    async fn set_password(
        &mut self,
        id: UserId,
        old: &EncodedPassword,
        new: &EncodedPassword,
    ) -> StoreResult<bool> {
        let params = [Param::from(new.as_str()), Param::from(id), Param::from(old.as_str())];
        Ok(self.conn.execute(&self.tables.users.set_password, &params).await? > 0)
    }

    async fn set_last_login(&mut self, id: UserId, at: Timestamp) -> StoreResult<()> {
        if let Some(sql) = &self.tables.users.set_last_login {
            self.conn.execute(sql, &[Param::from(at), Param::from(id)]).await?;
        }
        Ok(())
    }

    async fn set_email(&mut self, id: UserId, email: &str) -> StoreResult<()> {
        self.conn.execute(&self.tables.users.set_email, &[Param::from(email), Param::from(id)]).await?;
        Ok(())
    }

    async fn set_active(&mut self, id: UserId, active: bool) -> StoreResult<()> {
        let Some(sql) = &self.tables.users.set_active else {
            return Err(StoreError::Backend("this user model has no column is_active".into()));
        };
        self.conn.execute(sql, &[Param::from(active), Param::from(id)]).await?;
        Ok(())
    }

    async fn delete_user(&mut self, id: UserId) -> StoreResult<()> {
        for sql in &self.tables.users.delete {
            self.conn.execute(sql, &[Param::from(id)]).await?;
        }
        Ok(())
    }
}
