//! Where a request was sent to, and whether a browser sent it from elsewhere.

use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use rest_auth_core::messages;
use rest_auth_core::settings::Settings;
use rest_auth_formats::allowed_host;
use rest_auth_formats::csrf::{self, CsrfFailure, CsrfSettings};

use crate::error::ApiError;

/// The scheme and host that the client used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Whether the client used https, perhaps up to a proxy.
    pub(crate) is_secure: bool,
    /// As the client wrote it, with its port; empty for none.
    pub(crate) host: String,
}

impl Origin {
    /// Reads it off a request. A host that is not served is refused, as Django's `DisallowedHost`.
    pub(crate) fn of(settings: &Settings, head: &Parts) -> Result<Self, ApiError> {
        let http = &settings.http;
        let forwarded =
            http.use_x_forwarded_host.then(|| header_named(&head.headers, "X-Forwarded-Host")).flatten();
        let host = match (forwarded, head.uri.authority()) {
            (Some(forwarded), _) => forwarded,
            (None, Some(authority)) => authority.as_str().to_owned(),
            (None, None) => text(&head.headers, &HOST).unwrap_or_default(),
        };
        let serves_all = http.allowed_hosts.iter().any(|pattern| pattern == "*");
        if !(host.is_empty() && serves_all || allowed_host::is_allowed(&host, &http.allowed_hosts)) {
            return Err(ApiError::BadRequest(messages::INVALID_HOST));
        }
        let is_secure = match http.secure_proxy_ssl_header.get() {
            None => head.uri.scheme_str() == Some("https"),
            Some([name, value]) => header_named(&head.headers, name)
                .is_some_and(|sent| sent.split(',').next().is_some_and(|first| first.trim() == value)),
        };
        Ok(Self { is_secure, host })
    }
}

/// Refuses what a browser sends from another site to an endpoint that sets cookies: otherwise a page
/// could log its visitor in as somebody else. Other clients than browsers send neither header. Own and
/// trusted origins pass, and those that may read answers.
pub(crate) fn refuse_cross_site(
    settings: &Settings,
    csrf_settings: &CsrfSettings,
    origin: &Origin,
    headers: &HeaderMap,
) -> Result<(), ApiError> {
    let Some(sent) = text(headers, &ORIGIN) else {
        return if is_cross_site(headers) { Err(refusal("null")) } else { Ok(()) };
    };
    let same_site = match headers.get("sec-fetch-site") {
        Some(value) => value != "cross-site",
        None => host_of(&sent) == Some(name_of(&origin.host)),
    };
    let listed = || settings.http.cors_allowed_origins.contains(&sent);
    if same_site || listed() || is_trusted(csrf_settings, origin, &sent) {
        Ok(())
    } else {
        Err(refusal(&sent))
    }
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|value| value == "cross-site")
}

fn refusal(sent: &str) -> ApiError {
    let reason = CsrfFailure::Origin(sent.to_owned()).to_string();
    rest_auth_core::Error::PermissionDenied(messages::csrf_failed(&reason)).into()
}

/// Whether Django's CSRF check would have nothing against this `Origin`.
fn is_trusted(csrf_settings: &CsrfSettings, origin: &Origin, sent: &str) -> bool {
    let request = csrf::CsrfRequest {
        is_secure: origin.is_secure,
        host: Some(&origin.host),
        server_port: 0,
        origin: Some(sent),
        referer: None,
        secret: None,
        form_token: None,
        header_token: None,
    };
    !matches!(csrf::check(&request, csrf_settings), Err(CsrfFailure::Origin(_)))
}

/// The host of an origin, without its port.
fn host_of(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| name_of(authority))
}

fn name_of(authority: &str) -> &str {
    let port =
        authority.rfind(':').filter(|at| authority[at + 1..].bytes().all(|byte| byte.is_ascii_digit()));
    port.map_or(authority, |at| &authority[..at])
}

/// A header by the name of a setting: as HTTP writes it, or as Django does, `HTTP_X_FORWARDED_PROTO`.
pub(crate) fn header_named(headers: &HeaderMap, setting: &str) -> Option<String> {
    text(headers, &header_name(setting)?)
}

/// The header that a setting names in either way.
pub(crate) fn header_name(setting: &str) -> Option<HeaderName> {
    let name = setting.strip_prefix("HTTP_").unwrap_or(setting).replace('_', "-");
    HeaderName::from_bytes(name.as_bytes()).ok()
}

/// A header as text, each byte a character.
pub(crate) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value: &HeaderValue| crate::media_type::header_text(value))
}

#[cfg(test)]
mod tests {
    use http::Request;
    use rest_auth_core::settings::OrFalse;

    use super::*;

    fn head(lines: &[(&str, &str)]) -> Parts {
        let builder = lines
            .iter()
            .fold(Request::builder().uri("/login/"), |builder, (name, value)| builder.header(*name, *value));
        builder.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_allowed_hosts_are_served() {
        let mut settings = Settings::default();
        assert!(Origin::of(&settings, &head(&[("host", "anything:80")])).is_ok());
        assert!(Origin::of(&settings, &head(&[])).is_ok());
        settings.http.allowed_hosts = vec![".example.com".to_owned()];
        assert!(Origin::of(&settings, &head(&[("host", "api.example.com")])).is_ok());
        for bad in ["evil.com", "example.com.evil.com", "a b", ""] {
            assert!(matches!(
                Origin::of(&settings, &head(&[("host", bad)])),
                Err(ApiError::BadRequest(message)) if message == messages::INVALID_HOST
            ));
        }
    }

    #[test]
    fn a_proxy_names_the_host_only_where_it_may() {
        let mut settings = Settings::default();
        settings.http.allowed_hosts = vec!["api.example.com".to_owned()];
        let forwarded = head(&[("host", "inner:8000"), ("x-forwarded-host", "api.example.com")]);
        assert!(Origin::of(&settings, &forwarded).is_err());
        settings.http.use_x_forwarded_host = true;
        assert_eq!(Origin::of(&settings, &forwarded).unwrap().host, "api.example.com");
        assert!(Origin::of(&settings, &head(&[("host", "api.example.com")])).is_ok());
        let evil = head(&[("host", "api.example.com"), ("x-forwarded-host", "evil.com")]);
        assert!(Origin::of(&settings, &evil).is_err());
    }

    #[test]
    fn a_proxy_says_https_only_in_the_header_that_is_declared() {
        let mut settings = Settings::default();
        let forwarded = head(&[("host", "a"), ("x-forwarded-proto", "https, http")]);
        assert!(!Origin::of(&settings, &forwarded).unwrap().is_secure);
        settings.http.secure_proxy_ssl_header =
            OrFalse::of(["HTTP_X_FORWARDED_PROTO".to_owned(), "https".to_owned()]);
        assert!(Origin::of(&settings, &forwarded).unwrap().is_secure);
        assert!(!Origin::of(&settings, &head(&[("host", "a")])).unwrap().is_secure);
    }

    fn crosses(settings: &Settings, lines: &[(&str, &str)]) -> bool {
        let origin = Origin { is_secure: false, host: "api.example.com:8000".to_owned() };
        let trusted = CsrfSettings::new(&settings.csrf.trusted_origins);
        refuse_cross_site(settings, &trusted, &origin, &head(lines).headers).is_err()
    }

    #[test]
    fn s_27_a_cross_site_form_cannot_log_anybody_in() {
        let mut settings = Settings::default();
        let evil = [("origin", "https://evil.com"), ("sec-fetch-site", "cross-site")];
        for lines in [&evil[..], &evil[..1], &evil[1..], &[("origin", "null")]] {
            assert!(crosses(&settings, lines), "{lines:?}");
        }
        let same = [("origin", "http://api.example.com:8000"), ("sec-fetch-site", "same-origin")];
        let dev = [("origin", "http://api.example.com:3000")];
        let sibling = [("origin", "https://app.example.com"), ("sec-fetch-site", "same-site")];
        for lines in [&[][..], &same, &same[..1], &dev, &sibling] {
            assert!(!crosses(&settings, lines), "{lines:?}");
        }
        settings.http.cors_allowed_origins = vec!["https://evil.com".to_owned()];
        assert!(!crosses(&settings, &evil));
        settings.http.cors_allowed_origins.clear();
        settings.csrf.trusted_origins = vec!["https://*.evil.com".to_owned()];
        assert!(!crosses(&settings, &evil));
    }
}
