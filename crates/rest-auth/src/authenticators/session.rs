//! The `sessionid` cookie: DRF's `SessionAuthentication`, which asks for a proof against CSRF.

use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use rest_auth_core::{Context, Result};
use rest_auth_formats::csrf::CsrfSettings;

use super::{Authenticator, Identity, Proof};
use crate::browser::Browser;

pub(super) struct SessionAuthentication {
    csrf: Arc<CsrfSettings>,
}

impl SessionAuthentication {
    pub(super) fn new(csrf: Arc<CsrfSettings>) -> Self {
        Self { csrf }
    }
}

#[async_trait]
impl Authenticator for SessionAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        let Some(browser) = head.extensions.get::<Arc<Browser>>() else { return Ok(None) };
        let session = browser.session(cx).await?;
        let Some(user) = session.and_then(|session| session.user.clone()) else { return Ok(None) };
        browser.check_csrf(cx, &self.csrf, head).await?;
        Ok(Some(Identity { user, proof: Proof::Session }))
    }
}
