//! `[http]`: where the server listens, what it serves, who may speak to it.

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{OrFalse, Seconds};

/// A way to authenticate a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticatorName {
    /// DRF's `TokenAuthentication`.
    Token,
    /// DRF's `SessionAuthentication`, with CSRF.
    Session,
    /// DRF's `BasicAuthentication`.
    Basic,
    /// simplejwt's `JWTAuthentication`.
    Jwt,
    /// dj-rest-auth's `JWTCookieAuthentication`, which takes the header too.
    JwtCookie,
    /// djangorestframework-jwt's `JSONWebTokenAuthentication`.
    LegacyJwt,
    /// rownd-django's `RowndApiAuthentication`.
    Rownd,
    /// Tokens of the entries of `external_issuers`.
    ExternalIssuers,
}

/// A group of endpoints that a deployment switches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureName {
    /// Sign-up and e-mail verification, as `dj_rest_auth.registration` with allauth. Without it login is Django's own.
    Registration,
    /// Login by identity providers, as dj-rest-auth's social views: `PROVIDER/` for each provider of `[socialaccount]`.
    Social,
    /// simplejwt's `token_blacklist`: refresh tokens are noted, and can be ended.
    Blacklist,
    /// The JWT interface of django-rest-auth 0.9: login answers `token` and `user`, and `/api-token-auth/`,
    /// `/refresh-token/` and `/api-token-verify/` are there.
    LegacyJwt,
    /// `/rownd/session_authenticate` and `/rownd/session_sign_out`, as rownd-django's.
    Rownd,
    /// `/protected/`: an example of a host's view that needs a login.
    Example,
}

section! {
    /// Where the server listens, what it serves, and who may speak to it.
    Http in "http" {
        /// Address and port.
        listen: String = "127.0.0.1:8000".to_owned();
        /// Where the endpoints stand.
        prefix: String = "/rest-auth/".to_owned();
        /// Where registration stands. false: the prefix and "registration/".
        registration_prefix: OrFalse<String> = OrFalse::off();
        /// In this order, any of "token", "session", "basic", "jwt", "jwt_cookie", "legacy_jwt", "rownd",
        /// "external_issuers" (DEFAULT_AUTHENTICATION_CLASSES). The first one decides between 401 and 403, and the challenge.
        authentication: Vec<AuthenticatorName> = vec![AuthenticatorName::Token, AuthenticatorName::Session];
        /// Any of "registration", "social", "blacklist", "legacy_jwt", "rownd", "example".
        features: Vec<FeatureName> = vec![FeatureName::Registration];
        /// Scheme and host for links in mails, "https://example.com". Links never come from a request's Host.
        /// false: the listening address, as long as that is this machine only.
        base_url: OrFalse<String> = OrFalse::off();
        /// LOGIN_URL: where a browser goes to log in.
        login_url: String = "/accounts/login/".to_owned();
        /// LOGIN_REDIRECT_URL: where a browser goes that has logged in.
        login_redirect_url: String = "/accounts/profile/".to_owned();
        /// ALLOWED_HOSTS: the Host headers that are served; ".example.com" covers subdomains, "*" everything.
        allowed_hosts: Vec<String> = vec!["*".to_owned()];
        /// USE_X_FORWARDED_HOST: the host is the one in X-Forwarded-Host, where a proxy always sets or removes it.
        use_x_forwarded_host: bool = false;
        /// SECURE_PROXY_SSL_HEADER: ["X-Forwarded-Proto", "https"] where a proxy always sets or removes it. The
        /// name may be written as Django does, "HTTP_X_FORWARDED_PROTO".
        secure_proxy_ssl_header: OrFalse<[String; 2]> = OrFalse::off();
        /// Origins whose pages may read answers, "https://app.example.com". None: no CORS headers at all.
        cors_allowed_origins: Vec<String> = Vec::new();
        /// DATA_UPLOAD_MAX_MEMORY_SIZE: bytes of a request's body.
        data_upload_max_memory_size: usize = 2_621_440;
        /// DATA_UPLOAD_MAX_NUMBER_FIELDS: fields of a form.
        data_upload_max_number_fields: usize = 1000;
        /// How long a client may take to send its headers, and then its body.
        request_timeout: Seconds = Seconds(30);
        /// How long a shutdown waits for requests and mails under way.
        shutdown_timeout: Seconds = Seconds(30);
    }
}

impl Http {
    /// Whether only this machine can reach the address that the server listens on.
    pub fn is_local(&self) -> bool {
        match self.listen.parse::<std::net::SocketAddr>() {
            Ok(address) => address.ip().is_loopback(),
            Err(_) => self.listen.rsplit_once(':').is_some_and(|(host, _)| host == "localhost"),
        }
    }
}
