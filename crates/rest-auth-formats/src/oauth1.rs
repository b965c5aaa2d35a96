//! Signing requests by OAuth 1.0a (RFC 5849) with HMAC-SHA1, the one method that providers ask for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::percent::{decode_pairs, encode};

/// Who signs. Not to be shown: there is no `Debug`.
pub struct Signer<'a> {
    /// `oauth_consumer_key`: the client's id.
    pub consumer_key: &'a str,
    /// The client's secret.
    pub consumer_secret: &'a str,
    /// `oauth_token` and its secret, where there is one already.
    pub token: Option<(&'a str, &'a str)>,
}

/// What makes a signature different from every other.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// `oauth_nonce`: never used before.
    pub nonce: &'a str,
    /// `oauth_timestamp`: seconds since 1970.
    pub timestamp: i64,
}

impl Signer<'_> {
    /// The `Authorization` header of a request. `more` are further `oauth_` parameters such as `oauth_verifier`.
    /// `None` if the address is none that could be signed.
    pub fn authorization(
        &self,
        method: &str,
        url: &str,
        moment: Moment<'_>,
        more: &[(&str, &str)],
    ) -> Option<String> {
        let timestamp = moment.timestamp.to_string();
        let mut oauth: Vec<(&str, &str)> = vec![
            ("oauth_nonce", moment.nonce),
            ("oauth_timestamp", &timestamp),
            ("oauth_version", "1.0"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_consumer_key", self.consumer_key),
        ];
        oauth.extend(self.token.map(|(token, _)| ("oauth_token", token)));
        oauth.extend(more);
        let signature = self.sign(&base_string(method, url, &oauth)?);
        oauth.push(("oauth_signature", &signature));
        let fields = oauth.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value)));
        Some(format!("OAuth {}", fields.collect::<Vec<_>>().join(", ")))
    }

    /// The signature of a base string.
    fn sign(&self, base: &str) -> String {
        let token_secret = self.token.map_or("", |(_, secret)| secret);
        let key = format!("{}&{}", encode(self.consumer_secret), encode(token_secret));
        let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(base.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// RFC 5849, section 3.4.1: method, address without query, and all parameters in order.
fn base_string(method: &str, url: &str, oauth: &[(&str, &str)]) -> Option<String> {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters: Vec<(String, String)> =
        decode_pairs(query).iter().map(|(name, value)| (encode(name), encode(value))).collect();
    parameters.extend(oauth.iter().map(|(name, value)| (encode(name), encode(value))));
    parameters.sort();
    let joined =
        parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let parts = [&method.to_uppercase(), &base_address(address)?, &joined];
    Some(parts.map(|part| encode(part)).join("&"))
}

/// Scheme and host in lower case, without the scheme's own port; a path at least.
fn base_address(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let own_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix(own_port).unwrap_or(&host);
    Some(format!("{scheme}://{host}{}", if path.is_empty() { "/" } else { path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_string_is_the_one_of_the_rfc() {
        // RFC 5849, section 3.4.1.1, whose form parameters stand in the query here.
        let url = "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2=&a3=2+q";
        let oauth = [
            ("oauth_consumer_key", "9djdj82h48djs9d2"),
            ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131201"),
            ("oauth_nonce", "7d8f3e4a"),
        ];
        let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
            %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a\
            %26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
        assert_eq!(base_string("post", url, &oauth).unwrap(), expected);
    }

    #[test]
    fn the_signature_is_the_one_of_the_standards_example() {
        // OAuth Core 1.0a, appendix A.5.
        let signer = Signer {
            consumer_key: "dpf43f3p2l4k3l03",
            consumer_secret: "kd94hf93k423kf44",
            token: Some(("nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")),
        };
        let url = "http://photos.example.net/photos?file=vacation.jpg&size=original";
        let moment = Moment { nonce: "kllo9940pd9333jh", timestamp: 1_191_242_096 };
        let header = signer.authorization("GET", url, moment, &[]).unwrap();
        assert!(header.ends_with("oauth_signature=\"tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D\""), "{header}");
    }

    #[test]
    fn a_request_is_signed_as_upstream_signs_it() {
        let signer = Signer { consumer_key: "ck", consumer_secret: "cs", token: Some(("tk", "ts")) };
        let url = "https://api.x.com/1.1/account/verify_credentials.json?include_email=true";
        let moment = Moment { nonce: "n0nce", timestamp: 1_700_000_000 };
        let header = signer.authorization("GET", url, moment, &[]).unwrap();
        assert_eq!(
            header,
            "OAuth oauth_nonce=\"n0nce\", oauth_timestamp=\"1700000000\", oauth_version=\"1.0\", \
             oauth_signature_method=\"HMAC-SHA1\", oauth_consumer_key=\"ck\", oauth_token=\"tk\", \
             oauth_signature=\"Q%2FuZCxgD5JtQ0xQoQI%2B72jepY%2FA%3D\""
        );
    }

    #[test]
    fn an_address_without_scheme_is_not_signed() {
        let signer = Signer { consumer_key: "ck", consumer_secret: "cs", token: None };
        let moment = Moment { nonce: "n", timestamp: 1 };
        for wrong in ["", "api.x.com/1", "ftp://api.x.com/"] {
            assert_eq!(signer.authorization("GET", wrong, moment, &[]), None, "{wrong}");
        }
    }
}
