//! Mails that wait to be sent: our own table.

use async_trait::async_trait;
use rest_auth_core::mail::Mail;
use rest_auth_core::model::Timestamp;
use rest_auth_core::store::{Outbox, QueuedMail, StoreError, StoreResult};

use crate::driver::{Error, Param, Result, Row};
use crate::store::Connection;

const ADD: &str = "INSERT INTO rest_auth_outbox
    (created_at, recipient, mail, attempts, next_attempt_at, given_up, last_error)
    VALUES ($1, $2, $3, 0, $1, false, '')";

/// The condition on the lock stands outside too: of two workers who found the same row, the second one waits for the
/// first and then finds it locked.
const TAKE: &str = "UPDATE rest_auth_outbox SET locked_until = $2
    WHERE (locked_until IS NULL OR locked_until <= $1)
      AND id IN (
        SELECT id FROM rest_auth_outbox
        WHERE NOT given_up AND next_attempt_at <= $1 AND (locked_until IS NULL OR locked_until <= $1)
        ORDER BY next_attempt_at, id
        LIMIT $3)
    RETURNING id, mail, created_at, attempts";

const DELETE: &str = "DELETE FROM rest_auth_outbox WHERE id = $1";

const TRY_AGAIN: &str = "UPDATE rest_auth_outbox
    SET attempts = attempts + 1, last_error = $2, next_attempt_at = $3, locked_until = NULL
    WHERE id = $1";

const GIVE_UP: &str = "UPDATE rest_auth_outbox
    SET attempts = attempts + 1, last_error = $2, given_up = true, locked_until = NULL
    WHERE id = $1";

const NEXT_DUE: &str =
    "SELECT min(CASE WHEN locked_until > next_attempt_at THEN locked_until ELSE next_attempt_at END)
    FROM rest_auth_outbox WHERE NOT given_up";

const COUNTS: &str = "SELECT
    coalesce(sum(CASE WHEN given_up THEN 0 ELSE 1 END), 0),
    coalesce(sum(CASE WHEN given_up THEN 1 ELSE 0 END), 0)
    FROM rest_auth_outbox";

#[async_trait]
impl Outbox for Connection {
    async fn add_mail(&mut self, mail: &Mail, now: Timestamp) -> StoreResult<()> {
        let document = serde_json::to_value(mail).map_err(|error| StoreError::Backend(error.into()))?;
        let params = [Param::from(now), Param::from(&mail.to), Param::from(&document)];
        self.conn.execute(ADD, &params).await?;
        Ok(())
    }

    async fn take_due_mails(
        &mut self,
        now: Timestamp,
        locked_until: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<QueuedMail>> {
        let params = [Param::from(now), Param::from(locked_until), Param::from(i64::from(limit))];
        let rows = self.conn.rows(TAKE, &params).await?;
        let mut mails = Vec::with_capacity(rows.len());
        for mut row in rows {
            let id = row.int()?;
            match read(id, &mut row) {
                Ok(mail) => mails.push(mail),
                // One damaged row must not keep every other mail waiting for ever.
                Err(error) => {
                    let error = StoreError::from(error);
                    tracing::warn!(mail = id, %error, "a mail that cannot be read was given up");
                    self.set_mail_failed(id, "the row cannot be read", None).await?;
                }
            }
        }
        mails.sort_by_key(|mail| (mail.created, mail.id));
        Ok(mails)
    }

    async fn set_mail_sent(&mut self, id: i64) -> StoreResult<()> {
        self.conn.execute(DELETE, &[Param::from(id)]).await?;
        Ok(())
    }

    async fn set_mail_failed(&mut self, id: i64, error: &str, next: Option<Timestamp>) -> StoreResult<()> {
        let error = error.replace('\0', " ");
        let mut params = vec![Param::from(id), Param::from(&error)];
        let sql = match next {
            Some(next) => {
                params.push(Param::from(next));
                TRY_AGAIN
            }
            None => GIVE_UP,
        };
        self.conn.execute(sql, &params).await?;
        Ok(())
    }

    async fn next_mail_due(&mut self) -> StoreResult<Option<Timestamp>> {
        let row = self.conn.row(NEXT_DUE, &[]).await?;
        Ok(row.map(|mut row| row.opt_time()).transpose()?.flatten())
    }

    async fn mail_counts(&mut self) -> StoreResult<(u64, u64)> {
        let Some(mut row) = self.conn.row(COUNTS, &[]).await? else { return Ok((0, 0)) };
        Ok((row.int()?.unsigned_abs(), row.int()?.unsigned_abs()))
    }
}

fn read(id: i64, row: &mut Row) -> Result<QueuedMail> {
    Ok(QueuedMail {
        id,
        mail: serde_json::from_value(row.json()?).map_err(Error::backend)?,
        created: row.time()?,
        attempts: u32::try_from(row.int()?).unwrap_or(u32::MAX),
    })
}
