//! Django's sites: the name that mails carry.

use async_trait::async_trait;

use super::StoreResult;

/// A row of `django_site`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `example.com`.
    pub domain: String,
    /// The name for people.
    pub name: String,
}

/// The rows of `django_site`.
#[async_trait]
pub trait Sites: Send {
    /// The site with this key; `None` too where the table is absent.
    async fn site(&mut self, id: i64) -> StoreResult<Option<Site>>;
    /// Every site with its key, by key; none where the table is absent.
    async fn sites(&mut self) -> StoreResult<Vec<(i64, Site)>>;
}
