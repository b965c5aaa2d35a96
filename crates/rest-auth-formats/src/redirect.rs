//! Where a browser may be sent: whether an address that a request brought is one of our own, and how an address stands
//! in a `Location` header.

use std::fmt::Write as _;

use crate::allowed_host::is_same_domain;
use crate::split_url::split_url;

/// Django's `MAX_URL_LENGTH`.
const LONGEST: usize = 2048;

/// What `iri_to_uri` leaves alone, beside letters and digits of ASCII.
const PLAIN: &[u8] = b"/#%[]=:;$&()+,!?*@'~_.-";

/// Whether an address leads to one of these hosts, or within the site that it was found on
/// (`url_has_allowed_host_and_scheme`, behind allauth's `is_safe_url`).
///
/// A host is compared with its port; one that starts with a dot stands for a domain with everything below it, and `*`
/// for nothing. An address that browsers may read otherwise than it looks is refused, also where Django would not
/// refuse it: with an authority beyond plain ASCII or with a user in it.
pub fn is_safe<S: AsRef<str>>(url: &str, hosts: &[S]) -> bool {
    let url = url.trim();
    // Browsers take a backslash for a slash.
    is_safe_as_written(url, hosts) && is_safe_as_written(&url.replace('\\', "/"), hosts)
}

fn is_safe_as_written<S: AsRef<str>>(url: &str, hosts: &[S]) -> bool {
    // Some browsers skip what is not printed, and what follows counts from the beginning.
    if !url.starts_with(|first: char| first.is_ascii_graphic() || first.is_alphanumeric()) {
        return false;
    }
    // And they take any number of slashes for two.
    if url.starts_with("///") || url.chars().count() > LONGEST {
        return false;
    }
    let Some(split) = split_url(url) else { return false };
    if split.authority.is_empty() {
        return split.scheme.is_empty();
    }
    let is_web = matches!(split.scheme.as_str(), "" | "http" | "https");
    is_web && is_plain_authority(&split.authority) && is_listed(&split.authority, hosts)
}

/// Whether an address may stand in a list of front ends that is compared character by character: `https` with a host,
/// `http` on the machine itself (RFC 8252, section 7.3), or an app's own scheme with a dot in it (section 7.1). It has no
/// user, no fragment, and no character that a browser would read otherwise.
pub fn is_front_end(url: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
    if url.len() > LONGEST || !url.bytes().all(plain) {
        return false;
    }
    let Some(split) = split_url(url) else { return false };
    let host = split.authority.as_str();
    let name =
        host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    match split.scheme.as_str() {
        "https" => url.starts_with("https://") && !host.is_empty() && is_plain_authority(host),
        "http" => url.starts_with("http://") && ["localhost", "127.0.0.1", "[::1]"].contains(&name),
        scheme => scheme.contains('.') && url.starts_with(scheme) && !host.contains('@'),
    }
}

fn is_plain_authority(authority: &str) -> bool {
    authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

fn is_listed<S: AsRef<str>>(authority: &str, hosts: &[S]) -> bool {
    let listed = hosts.iter().map(AsRef::as_ref).filter(|host| *host != "*");
    listed.into_iter().any(|host| is_same_domain(authority, host))
}

/// An address as a `Location` header carries it (`iri_to_uri`): what has no place in one is escaped, what is escaped
/// already stays.
pub fn location(iri: &str) -> String {
    let mut uri = String::with_capacity(iri.len());
    for byte in iri.bytes() {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("a String takes everything");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOSTS: [&str; 5] = ["testserver", "app.example.com:8000", ".example.org", "*", ""];

    #[test]
    fn own_addresses_are_safe() {
        for url in [
            "/",
            "/welcome/?a=b#c",
            "welcome",
            "./welcome/",
            "?page=2",
            "#top",
            "/a//b",
            "/https://evil.com",
            "http://testserver/x",
            "HTTPS://TESTSERVER/x",
            "//testserver/x",
            "https://app.example.com:8000/",
            "https://example.org/",
            "https://a.b.example.org",
            "  /trimmed  ",
            "/caf\u{e9}/",
            "\u{e9}t\u{e9}/",
        ] {
            // Like Django's, a host is compared as it is written.
            assert_eq!(is_safe(url, &HOSTS), !url.contains("TESTSERVER"), "{url}");
        }
    }

    #[test]
    fn no_address_of_others_is_safe_however_it_is_written() {
        for url in [
            "",
            " ",
            "http://evil.com",
            "//evil.com",
            "///evil.com",
            "////evil.com",
            "http:///evil.com",
            "http:\\\\evil.com",
            "\\\\evil.com",
            "/\\evil.com",
            "\\/evil.com",
            "/\t/evil.com",
            "\t//evil.com",
            "/\n/evil.com",
            "\u{1}//evil.com",
            "\u{8}//evil.com",
            "\u{ad}//evil.com",
            "\u{feff}//evil.com",
            "\u{200b}/evil.com",
            "javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "ftp://testserver/x",
            "http:testserver",
            "https:evil.com",
            "http://testserver@evil.com",
            "http://evil.com@testserver/",
            "http://testserver:80/",
            "http://testserver.evil.com/",
            "http://evilexample.org/",
            "http://evil.com\\.example.org/",
            "http://evil.com\u{ff0f}.example.org/",
            "http://evil.com\u{2100}.example.org/",
            "http://[::1]/",
            "http://[testserver/",
            "https://app.example.com/",
        ] {
            assert!(!is_safe(url, &HOSTS), "{url:?}");
        }
        assert!(is_safe(&format!("/{}", "x".repeat(2047)), &HOSTS));
        assert!(!is_safe(&format!("/{}", "x".repeat(2048)), &HOSTS));
    }

    #[test]
    fn s_90_a_front_end_has_an_address_that_can_be_read_in_one_way() {
        for url in [
            "https://app.example.com/login",
            "https://app.example.com:8443/a/b?c=d%20e",
            "https://app.example.com",
            "http://localhost:3000/",
            "http://127.0.0.1/cb",
            "http://[::1]:8080/cb",
            "com.example.app:/cb",
            "com.example.app://cb",
        ] {
            assert!(is_front_end(url), "{url}");
        }
        for url in [
            "",
            "/login",
            "//app.example.com/",
            "/\\app.example.com/",
            "https:app.example.com",
            "https:/app.example.com",
            "https://",
            "https:///login",
            "HTTPS://app.example.com/",
            "https://ann@app.example.com/",
            "https://app.example.com/#login",
            "https://app.example.com\\@evil.com/",
            "https://app.example.com/\r\nSet-Cookie:a=b",
            "https://app.example.com/a b",
            "https://app\u{ff0e}example.com/",
            "https://app.ex\u{e4}mple.com/",
            "http://app.example.com/",
            "http://localhost.evil.com/",
            "http://127.0.0.1@evil.com/",
            "ftp://app.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "app:/cb",
            " https://app.example.com/",
        ] {
            assert!(!is_front_end(url), "{url:?}");
        }
        assert!(!is_front_end(&format!("https://app.example.com/{}", "x".repeat(2048))));
    }

    #[test]
    fn a_location_is_ascii_and_keeps_its_escapes() {
        assert_eq!(
            location("/caf\u{e9}/?q=a b&c=%20#\"<x>\r\n"),
            "/caf%C3%A9/?q=a%20b&c=%20#%22%3Cx%3E%0D%0A"
        );
        assert_eq!(
            location("https://app.example.com/~ann/?a=[1]&b='(*)'!$+,;@"),
            "https://app.example.com/~ann/?a=[1]&b='(*)'!$+,;@"
        );
    }

    proptest! {
        #[test]
        fn no_address_panics_and_every_location_can_be_a_header(url in ".{0,60}") {
            is_safe(&url, &HOSTS);
            is_front_end(&url);
            prop_assert!(location(&url).bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
