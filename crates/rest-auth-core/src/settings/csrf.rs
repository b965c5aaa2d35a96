//! `[csrf]`: Django's CSRF_ settings.

use super::section::section;
use super::{OrFalse, SameSite, Seconds};

section! {
    /// Django's CSRF_ settings.
    Csrf in "csrf" {
        /// CSRF_COOKIE_NAME
        cookie_name: String = "csrftoken".to_owned(), strict = "__Host-csrftoken".to_owned();
        /// How long the cookie lives. false: until the browser is closed.
        cookie_age: OrFalse<Seconds> = OrFalse::of(Seconds(31_449_600));
        /// Domain attribute.
        cookie_domain: OrFalse<String> = OrFalse::off();
        /// Path attribute.
        cookie_path: String = "/".to_owned();
        /// Secure attribute.
        cookie_secure: bool = false, strict = true;
        /// HttpOnly attribute. Scripts must read the cookie to answer it, so seldom wanted.
        cookie_httponly: bool = false;
        /// SameSite attribute: "Lax", "Strict", "None", or false.
        cookie_samesite: OrFalse<SameSite> = OrFalse::of(SameSite::Lax);
        /// CSRF_HEADER_NAME, as Django writes it.
        header_name: String = "HTTP_X_CSRFTOKEN".to_owned();
        /// Origins besides our own, with scheme: "https://app.example.com", "https://*.example.com".
        trusted_origins: Vec<String> = Vec::new();
        /// Keep the secret in the session instead of a cookie.
        use_sessions: bool = false;
    }
}
