//! Django's sites.

use async_trait::async_trait;
use rest_auth_core::store::{Site, Sites, StoreResult};

use crate::driver::{Param, Result, Row};
use crate::store::Connection;

const BY_ID: &str = "SELECT domain, name FROM django_site WHERE id = $1";

const ALL: &str = "SELECT id, domain, name FROM django_site ORDER BY id";

#[async_trait]
impl Sites for Connection {
    async fn site(&mut self, id: i64) -> StoreResult<Option<Site>> {
        if !self.tables.has_sites {
            return Ok(None);
        }
        let Some(mut row) = self.conn.row(BY_ID, &[Param::from(id)]).await? else { return Ok(None) };
        Ok(Some(Site { domain: row.text()?, name: row.text()? }))
    }

    async fn sites(&mut self) -> StoreResult<Vec<(i64, Site)>> {
        if !self.tables.has_sites {
            return Ok(Vec::new());
        }
        let rows = self.conn.rows(ALL, &[]).await?;
        let read = |mut row: Row| Ok((row.int()?, Site { domain: row.text()?, name: row.text()? }));
        Ok(rows.into_iter().map(read).collect::<Result<_>>()?)
    }
}
