//! What Telegram signs when somebody logs in by a bot: <https://core.telegram.org/widgets/login#checking-authorization>.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::hex;

/// Whether `hash` (lower-case hex) is HMAC-SHA256, under the SHA-256 of the bot's token, of all other fields as sorted
/// lines `name=value`. Compared in constant time.
pub fn is_signed(bot_token: &str, fields: &[(String, String)], hash: &str) -> bool {
    let Some(hash) = hex::decode(hash) else { return false };
    let mut lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.sort();
    let key = Sha256::digest(bot_token);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of any length");
    mac.update(lines.join("\n").as_bytes());
    mac.verify_slice(&hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<(String, String)> {
        let pairs = [
            ("id", "4242"),
            ("first_name", "Ann"),
            ("last_name", "Łuczak"),
            ("username", "annlee"),
            ("auth_date", "1799999990"),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_hash_is_upstreams_and_covers_every_field() {
        let hash = "412f5fd6543db7382ee57e8d8dcba3625e243b67c781fc51400489e709d52977";
        assert!(is_signed("123456:bot-token", &fields(), hash));
        assert!(!is_signed("123456:other", &fields(), hash));
        for at in 0..fields().len() {
            let mut changed = fields();
            changed[at].1.push('x');
            assert!(!is_signed("123456:bot-token", &changed, hash), "{:?}", changed[at]);
            changed.remove(at);
            assert!(!is_signed("123456:bot-token", &changed, hash));
        }
        for wrong in ["", "00", &hash[2..], "zz"] {
            assert!(!is_signed("123456:bot-token", &fields(), wrong), "{wrong}");
        }
    }
}
