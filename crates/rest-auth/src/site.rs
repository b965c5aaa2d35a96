//! Everything that the HTTP layer needs for a request and that is made once: the app, the chain of
//! authenticators, the parsers, the endpoint table.

use std::sync::Arc;

use rest_auth_core::App;
use rest_auth_core::settings::{RendererName, Settings};
use rest_auth_formats::csrf::{self, CsrfSettings};

use crate::authenticators::{Authenticator, Chain, JwtCarrier};
use crate::endpoint::Endpoint;
use crate::endpoints;
use crate::parse::Parsers;

/// See the module.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) app: Arc<App>,
    pub(crate) chain: Chain,
    pub(crate) csrf: Arc<CsrfSettings>,
    pub(crate) jwt: JwtCarrier,
    pub(crate) parsers: Parsers,
    pub(crate) endpoints: Vec<Arc<Endpoint>>,
}

impl Site {
    /// On an app, with a host's own authenticators after those of the settings.
    pub(crate) fn new(app: Arc<App>, authenticators: Vec<Arc<dyn Authenticator>>) -> Self {
        let csrf = Arc::new(csrf_settings(&app.settings));
        let parsers = Parsers {
            names: app.settings.rest_framework.default_parser_classes.clone(),
            max_fields: app.settings.http.data_upload_max_number_fields,
        };
        let endpoints = endpoints::all(&app).into_iter().map(Arc::new).collect();
        let chain = Chain::of(&app.settings, &csrf, authenticators);
        Self { chain, csrf, jwt: JwtCarrier::of(&app.settings), parsers, endpoints, app }
    }

    pub(crate) fn renderers(&self) -> &[RendererName] {
        &self.app.settings.rest_framework.default_renderer_classes
    }
}

fn csrf_settings(settings: &Settings) -> CsrfSettings {
    let domain = if settings.csrf.use_sessions {
        &settings.session.cookie_domain
    } else {
        &settings.csrf.cookie_domain
    };
    let mut prepared = CsrfSettings::new(&settings.csrf.trusted_origins);
    prepared.cookie_domain = domain.get().cloned();
    prepared.use_sessions = settings.csrf.use_sessions;
    prepared.header_name = csrf::header_name(&settings.csrf.header_name);
    prepared
}
