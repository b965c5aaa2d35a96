//! Where a request goes: taking an address apart, refusing what may not be asked, and where a redirect leads.

use http::Uri;
use rest_auth_core::fetch::FetchError;

/// The parts of an address that a connection is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) is_tls: bool,
    /// Without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// As in the `Host` header: the port only if it is not the scheme's own.
    pub(super) authority: String,
    pub(super) path: String,
}

impl Target {
    /// Takes an address apart. Plain HTTP only where private addresses may be asked.
    pub(super) fn parse(url: &str, allows_http: bool) -> Result<Self, FetchError> {
        let shown = rest_auth_core::fetch::host(url).to_owned();
        let forbidden = |why: &str| FetchError::Forbidden(format!("{shown:?} may not be asked: {why}"));
        let uri: Uri = url.parse().map_err(|_| forbidden("it is no address"))?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if allows_http => false,
            _ => return Err(forbidden("only https:// is")),
        };
        let authority = uri.authority().ok_or_else(|| forbidden("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(forbidden("it holds a name and a password"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(forbidden("it has no host"));
        }
        let own_port = if is_tls { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(own_port);
        let name = authority.host().to_ascii_lowercase();
        let authority = if port == own_port { name } else { format!("{name}:{port}") };
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self { is_tls, host, port, authority, path })
    }

    /// The address that a redirect from here names.
    pub(super) fn redirected(&self, location: &str) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        if location.contains("://") {
            return location.to_owned();
        }
        if let Some(rest) = location.strip_prefix("//") {
            return format!("{scheme}://{rest}");
        }
        let base = format!("{scheme}://{}", self.authority);
        if location.starts_with('/') {
            return format!("{base}{location}");
        }
        let folder =
            self.path.split('?').next().and_then(|path| path.rsplit_once('/')).map_or("", |(f, _)| f);
        format!("{base}{folder}/{location}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let target = Target::parse("https://API.example.org/me?a=b", false).unwrap();
        assert_eq!(
            (target.host.as_str(), target.port, target.path.as_str()),
            ("api.example.org", 443, "/me?a=b")
        );
        assert_eq!(target.authority, "api.example.org");
        let target = Target::parse("http://[::1]:8080", true).unwrap();
        assert_eq!((target.host.as_str(), target.port, target.path.as_str()), ("::1", 8080, "/"));
        assert_eq!(target.authority, "[::1]:8080");
    }

    #[test]
    fn s_91_what_is_no_https_address_is_refused() {
        for wrong in [
            "http://example.org/",
            "ftp://example.org/",
            "file:///etc/passwd",
            "example.org",
            "",
            "https://",
            "https://user:pass@example.org/",
            "https://exa mple.org/",
            "https://example.org/\r\nX: y",
        ] {
            let refused = Target::parse(wrong, false);
            assert!(matches!(refused, Err(FetchError::Forbidden(_))), "{wrong}: {refused:?}");
            assert!(!format!("{refused:?}").contains("pass@"), "{wrong}");
        }
    }

    #[test]
    fn a_redirect_leads_on_from_where_it_was_given() {
        let target = Target::parse("https://example.org/a/b?c=d", false).unwrap();
        for (location, expected) in [
            ("https://other.example/x", "https://other.example/x"),
            ("//other.example/x", "https://other.example/x"),
            ("/x", "https://example.org/x"),
            ("x", "https://example.org/a/x"),
        ] {
            assert_eq!(target.redirected(location), expected, "{location}");
        }
    }
}
