//! `urllib.parse.urlsplit`, as far as the checks of `Origin`, `Referer` and redirects need it.

use std::net::Ipv6Addr;

/// The parts of a URL; what is absent is empty.
pub(crate) struct SplitUrl {
    /// In lower case.
    pub(crate) scheme: String,
    /// User, host and port, as they were written.
    pub(crate) authority: String,
    path: String,
    query: String,
    fragment: String,
}

/// Splits a URL; `None` for brackets that hold no address.
pub(crate) fn split_url(url: &str) -> Option<SplitUrl> {
    let url = url.trim_start_matches(|character| character <= ' ').replace(['\t', '\r', '\n'], "");
    let (scheme, rest) = split_scheme(&url);
    let (authority, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    brackets_are_good(authority).then(|| SplitUrl {
        scheme: scheme.to_ascii_lowercase(),
        authority: authority.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        fragment: fragment.to_owned(),
    })
}

impl SplitUrl {
    /// The URL put together again (`geturl`): empty queries and fragments are gone.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}://{}", self.scheme, self.authority);
        text.push_str(&self.path);
        for (sign, part) in [('?', &self.query), ('#', &self.fragment)] {
            if !part.is_empty() {
                text.push(sign);
                text.push_str(part);
            }
        }
        text
    }
}

fn split_scheme(url: &str) -> (&str, &str) {
    let in_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    match url.split_once(':') {
        Some((scheme, rest))
            if scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(in_scheme) =>
        {
            (scheme, rest)
        }
        _ => ("", url),
    }
}

/// Whether an authority has no brackets, or a pair around an IPv6 address, perhaps with a zone, or around an
/// address of a future version, with nothing but a user before it and a port behind it.
fn brackets_are_good(authority: &str) -> bool {
    if !authority.contains(['[', ']']) {
        return true;
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let Some((address, port)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) else {
        return false;
    };
    let is_future = |address: &str| {
        address.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.')).is_some_and(
            |(version, rest)| {
                !version.is_empty()
                    && version.bytes().all(|byte| byte.is_ascii_hexdigit())
                    && !rest.is_empty()
            },
        )
    };
    let without_zone = address.split_once('%').map_or(address, |(address, _)| address);
    (port.is_empty() || port.starts_with(':'))
        && (without_zone.parse::<Ipv6Addr>().is_ok() || is_future(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_and_put_together_as_python_does() {
        for (url, scheme, authority, text) in [
            ("HTTPS://Host:8/a?b=1#c", "https", "Host:8", "https://Host:8/a?b=1#c"),
            ("  https://h?#", "https", "h", "https://h"),
            ("https://h?q", "https", "h", "https://h?q"),
            ("https://u:p@[::1%eth0]:80/x", "https", "u:p@[::1%eth0]:80", "https://u:p@[::1%eth0]:80/x"),
            ("ht\ntps://a\tb/", "https", "ab", "https://ab/"),
            ("//h/x", "", "h", "://h/x"),
            ("1a://h", "", "", "://1a://h"),
        ] {
            let split = split_url(url).unwrap_or_else(|| panic!("{url}"));
            assert_eq!((split.scheme.as_str(), split.authority.as_str()), (scheme, authority), "{url}");
            assert_eq!(split.text(), text);
        }
    }

    #[test]
    fn brackets_must_hold_an_address() {
        for url in
            ["https://[", "https://]", "https://[x]", "https://[::1]x", "https://a[::1]", "https://[1.2.3.4]"]
        {
            assert!(split_url(url).is_none(), "{url}");
        }
        assert!(split_url("https://[v1.x]/").is_some());
    }
}
