//! Whether a `Host` header names a host that this server answers for (`ALLOWED_HOSTS`).

use std::net::Ipv6Addr;

/// Whether the host of the header, port aside, is one of the allowed ones (`HttpRequest.get_host`).
///
/// Patterns are host names in any case, `.example.org` for a domain with everything below it, or `*`. What is
/// no host name, IPv4 or bracketed IPv6 address, perhaps with a port, is allowed by none.
pub fn is_allowed<S: AsRef<str>>(host: &str, patterns: &[S]) -> bool {
    let Some(name) = without_port(host) else { return false };
    if patterns.iter().any(|pattern| pattern.as_ref() == "*") {
        return true;
    }
    let name = name.to_ascii_lowercase();
    patterns.iter().any(|pattern| is_same_domain(&name, pattern.as_ref()))
}

/// Whether the host equals the pattern or lies within it, if that starts with a dot
/// (`django.utils.http.is_same_domain`). Only the pattern's case does not matter.
pub(crate) fn is_same_domain(host: &str, pattern: &str) -> bool {
    let pattern = pattern.to_lowercase();
    match pattern.strip_prefix('.') {
        Some(parent) => host == parent || host.ends_with(&pattern),
        None => !pattern.is_empty() && host == pattern,
    }
}

/// The host name or bracketed address without the port and without a final dot.
fn without_port(host: &str) -> Option<&str> {
    let end = match host.strip_prefix('[') {
        Some(rest) => {
            let length = rest.find(']')?;
            rest[..length].parse::<Ipv6Addr>().ok()?;
            length + 2
        }
        None => host.find(':').unwrap_or(host.len()),
    };
    let (name, port) = host.split_at(end);
    let port_is_number = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_name = name.starts_with('[') || (!name.is_empty() && name.bytes().all(name_byte));
    (port_is_number && is_name).then(|| name.strip_suffix('.').unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_matched_without_port_case_and_final_dot() {
        let patterns = ["testserver", ".Example.org", "[::1]"];
        for host in
            ["testserver", "TESTSERVER:8000", "testserver.", "example.org", "a.b.example.org:1", "[::1]:80"]
        {
            assert!(is_allowed(host, &patterns), "{host}");
        }
        for host in [
            "",
            ":80",
            "evil.test",
            "evilexample.org",
            "testserver:",
            "testserver:x",
            "testserver:80:80",
            "testserver/",
            "user@testserver",
            "testserver evil",
            "[::1",
            "[::1]x",
            "[zz]",
            "tëstserver",
        ] {
            assert!(!is_allowed(host, &patterns), "{host}");
        }
    }

    #[test]
    fn a_star_allows_every_well_formed_host() {
        assert!(is_allowed("anything.test", &["*"]));
        assert!(!is_allowed("any thing", &["*"]));
    }
}
