//! Parameters that are signed with MD5, as Mail.ru and Odnoklassniki want them: no protection by today's measure, yet
//! nothing else is taken there.

use md5::{Digest, Md5};

use crate::hex;

/// Lower-case hex of MD5 over the sorted `name=value` texts, joined by nothing, with `suffix` behind them.
pub fn md5_signature<'a>(params: impl IntoIterator<Item = (&'a str, &'a str)>, suffix: &str) -> String {
    let mut pairs: Vec<String> = params.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.sort();
    hex::encode(&Md5::digest(pairs.concat() + suffix))
}

/// Lower-case hex of MD5 over a text.
pub fn md5_hex(text: &str) -> String {
    hex::encode(&Md5::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_upstreams() {
        let params = [
            ("method", "users.getInfo"),
            ("app_id", "client-1"),
            ("secure", "1"),
            ("uids", "15410773191172635989"),
        ];
        assert_eq!(md5_signature(params, "secret-1"), "a1c02331ff3d569fd8490d492e936961");
        assert_eq!(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    }
}
