//! Addresses of accounts: allauth's `account_emailaddress` and `account_emailconfirmation`.

use async_trait::async_trait;
use rest_auth_core::model::{EmailAddress, Timestamp, UserId, UserIdKind};
use rest_auth_core::store::{EmailAddresses, StoreError, StoreResult};

use crate::driver::{Param, Result, Row};
use crate::store::{Connection, user_id};

const BY_ID: &str =
    r#"SELECT id, user_id, email, verified, "primary" FROM account_emailaddress WHERE id = $1"#;

const BY_EMAIL: &str = r#"SELECT id, user_id, email, verified, "primary" FROM account_emailaddress
    WHERE upper(email) = upper($1) ORDER BY id"#;

const BY_USER: &str = r#"SELECT id, user_id, email, verified, "primary" FROM account_emailaddress
    WHERE user_id = $1 ORDER BY id"#;

const ADD: &str = r#"INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    VALUES ($1, $2, $3, $4) RETURNING id, user_id, email, verified, "primary""#;

const SET_VERIFIED: &str = "UPDATE account_emailaddress SET verified = true WHERE id = $1 AND NOT verified";

const UNSET_PRIMARY: &str = r#"UPDATE account_emailaddress SET "primary" = false
    WHERE user_id = $1 AND "primary" AND id <> $2"#;

const SET_PRIMARY: &str =
    r#"UPDATE account_emailaddress SET "primary" = true WHERE user_id = $1 AND id = $2"#;

const DELETE_CONFIRMATIONS: &str = "DELETE FROM account_emailconfirmation WHERE email_address_id = $1";

const DELETE: &str = "DELETE FROM account_emailaddress WHERE id = $1";

const ADD_CONFIRMATION: &str = r#"INSERT INTO account_emailconfirmation (email_address_id, "key", created, sent)
    VALUES ($1, $2, $3, $3)"#;

const CONFIRMATION: &str = r#"SELECT a.id, a.user_id, a.email, a.verified, a."primary", c.sent
    FROM account_emailconfirmation c JOIN account_emailaddress a ON a.id = c.email_address_id
    WHERE c."key" = $1 AND c.sent IS NOT NULL"#;

const DELETE_OLD_CONFIRMATIONS: &str = "DELETE FROM account_emailconfirmation WHERE id IN (
    SELECT id FROM account_emailconfirmation WHERE sent < $1 ORDER BY sent LIMIT $2)";

#[async_trait]
impl EmailAddresses for Connection {
    async fn email_address(&mut self, id: i64) -> StoreResult<Option<EmailAddress>> {
        let kind = self.tables.users.id_kind;
        let row = self.conn.row(BY_ID, &[Param::from(id)]).await?;
        Ok(row.map(|mut row| read(&mut row, kind)).transpose()?)
    }

    async fn email_addresses(&mut self, email: &str) -> StoreResult<Vec<EmailAddress>> {
        self.addresses(BY_EMAIL, Param::from(email)).await
    }

    async fn user_email_addresses(&mut self, user: UserId) -> StoreResult<Vec<EmailAddress>> {
        self.addresses(BY_USER, Param::from(user)).await
    }

    async fn add_email_address(
        &mut self,
        user: UserId,
        email: &str,
        verified: bool,
        primary: bool,
    ) -> StoreResult<EmailAddress> {
        let params = [Param::from(user), Param::from(email), Param::from(verified), Param::from(primary)];
        let row = self.conn.row(ADD, &params).await?;
        let mut row = row.ok_or_else(|| StoreError::Backend("an INSERT returned no key".into()))?;
        Ok(read(&mut row, self.tables.users.id_kind)?)
    }

    async fn set_email_verified(&mut self, id: i64) -> StoreResult<bool> {
        Ok(self.conn.execute(SET_VERIFIED, &[Param::from(id)]).await? > 0)
    }

    async fn set_email_primary(&mut self, user: UserId, id: i64) -> StoreResult<()> {
        let params = [Param::from(user), Param::from(id)];
        self.conn.execute(UNSET_PRIMARY, &params).await?;
        self.conn.execute(SET_PRIMARY, &params).await?;
        Ok(())
    }

    async fn delete_email_address(&mut self, id: i64) -> StoreResult<()> {
        self.conn.execute(DELETE_CONFIRMATIONS, &[Param::from(id)]).await?;
        self.conn.execute(DELETE, &[Param::from(id)]).await?;
        Ok(())
    }

    async fn add_email_confirmation(&mut self, address: i64, key: &str, now: Timestamp) -> StoreResult<()> {
        let params = [Param::from(address), Param::from(key), Param::from(now)];
        self.conn.execute(ADD_CONFIRMATION, &params).await?;
        Ok(())
    }

    async fn email_confirmation(&mut self, key: &str) -> StoreResult<Option<(EmailAddress, Timestamp)>> {
        let kind = self.tables.users.id_kind;
        let Some(mut row) = self.conn.row(CONFIRMATION, &[Param::from(key)]).await? else { return Ok(None) };
        Ok(Some((read(&mut row, kind)?, row.time()?)))
    }

    async fn delete_email_confirmations(&mut self, sent_before: Timestamp, limit: u32) -> StoreResult<u64> {
        self.conn.lock_cleaning().await?;
        let params = [Param::from(sent_before), Param::from(i64::from(limit))];
        Ok(self.conn.execute(DELETE_OLD_CONFIRMATIONS, &params).await?)
    }
}

impl Connection {
    async fn addresses(&mut self, sql: &str, of: Param<'_>) -> StoreResult<Vec<EmailAddress>> {
        let kind = self.tables.users.id_kind;
        let rows = self.conn.rows(sql, &[of]).await?;
        Ok(rows.into_iter().map(|mut row| read(&mut row, kind)).collect::<Result<_>>()?)
    }
}

fn read(row: &mut Row, kind: UserIdKind) -> Result<EmailAddress> {
    Ok(EmailAddress {
        id: row.int()?,
        user_id: user_id(row, kind)?,
        email: row.text()?,
        verified: row.bool()?,
        primary: row.bool()?,
    })
}
