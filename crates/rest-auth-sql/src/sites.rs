//! Django's sites.

use async_trait::async_trait;
use rest_auth_core::store::{Site, Sites, StoreResult};

use crate::driver::Param;
use crate::store::Connection;

const BY_ID: &str = "SELECT domain, name FROM django_site WHERE id = $1";

#[async_trait]
impl Sites for Connection {
    async fn site(&mut self, id: i64) -> StoreResult<Option<Site>> {
        if !self.tables.has_sites {
            return Ok(None);
        }
        let Some(mut row) = self.conn.row(BY_ID, &[Param::from(id)]).await? else { return Ok(None) };
        Ok(Some(Site { domain: row.text()?, name: row.text()? }))
    }
}
