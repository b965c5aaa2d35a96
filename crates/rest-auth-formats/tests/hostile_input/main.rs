//! Every parser with arbitrary bytes and with text that comes near to what it reads.

mod parsers;

use proptest::collection::vec;
use proptest::prelude::*;

/// Any bytes, any text, and text made of the pieces that the formats are made of.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[0-9a-zA-Z]{1,13}",
        "[:.$\\-+_=/\\\\\" \t\n]{1,3}",
        "(\\{|\\}|\\[|\\]|null|true|1e400|-0|\"a\"|\\\\ud800|NaN)",
        "(https?://|\\[::1\\]|\\*\\.|localhost|:443|@|%)",
        "([0-9]{4}-[0-9]{2}-[0-9]{2}|[T ]|[0-9]{2}:[0-9]{2}(:[0-9]{2})?|Z|[+-][0-9]{2}:?[0-9]{2}|W[0-9]{2})",
        "(Token|token|Bearer|\u{b}|\u{1f}|\u{a0})",
        "(pbkdf2_sha256|argon2|\\$argon2id|v=19|m=8,t=1,p=1|bcrypt|2b|04|scrypt|md5|!)",
        "(eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\\.|e30\\.|\\{\"exp\":1700000300,\"(iat|jti|aud)\":)",
        "(-----BEGIN PUBLIC KEY-----|-----END PUBLIC KEY-----|MIIB|\"kty\":\"RSA\"|\"n\":\"AQAB\")",
        any::<String>(),
    ];
    prop_oneof![
        vec(any::<u8>(), 0..200),
        any::<String>().prop_map(String::into_bytes),
        vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes()),
        // What a CSRF secret and a masked token look like.
        "[a-zA-Z0-9]{32}([a-zA-Z0-9]{32})?".prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn s_101_primitives_survive_any_bytes(bytes in hostile()) {
        parsers::primitives(&bytes);
    }

    #[test]
    fn s_101_nothing_unsigned_is_believed_and_nothing_signed_panics(bytes in hostile()) {
        parsers::signed_value(&bytes);
    }

    #[test]
    fn s_101_sessions_survive_any_bytes(bytes in hostile()) {
        parsers::session_data(&bytes);
    }

    #[test]
    fn s_101_reset_links_survive_any_bytes(bytes in hostile()) {
        parsers::reset_link(&bytes);
    }

    #[test]
    fn s_101_confirmation_keys_survive_any_bytes(bytes in hostile()) {
        parsers::confirmation_key(&bytes);
    }

    #[test]
    fn s_101_csrf_checks_survive_any_bytes(bytes in hostile()) {
        parsers::csrf_request(&bytes);
    }

    #[test]
    fn s_53_a_token_header_survives_any_bytes(bytes in hostile()) {
        parsers::token_header(&bytes);
    }

    #[test]
    fn s_101_no_web_token_is_believed_unsigned_and_none_panics(bytes in hostile()) {
        parsers::web_token(&bytes);
    }

    #[test]
    fn s_101_web_keys_survive_any_bytes(bytes in hostile()) {
        parsers::web_key(&bytes);
    }

    #[test]
    fn s_101_date_times_survive_any_bytes(bytes in hostile()) {
        parsers::date_time(&bytes);
    }

    #[test]
    fn s_101_hosts_and_cookies_survive_any_bytes(bytes in hostile()) {
        parsers::host_and_cookie(&bytes);
    }

    #[test]
    fn s_101_password_columns_survive_any_bytes(bytes in hostile()) {
        parsers::password_column(&bytes);
    }

    #[test]
    fn s_101_account_texts_survive_any_bytes(bytes in hostile()) {
        parsers::account_text(&bytes);
    }
}
