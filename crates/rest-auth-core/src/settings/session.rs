//! `[session]`: Django's SESSION_ settings.

use super::section::section;
use super::{OrFalse, SameSite, Seconds};

section! {
    /// Django's SESSION_ settings.
    Session in "session" {
        /// SESSION_COOKIE_NAME
        cookie_name: String = "sessionid".to_owned(), strict = "__Host-sessionid".to_owned();
        /// How long a session lives.
        cookie_age: Seconds = Seconds(1_209_600);
        /// Domain attribute.
        cookie_domain: OrFalse<String> = OrFalse::off();
        /// Path attribute.
        cookie_path: String = "/".to_owned();
        /// Secure attribute: only over https.
        cookie_secure: bool = false, strict = true;
        /// HttpOnly attribute: out of reach for scripts.
        cookie_httponly: bool = true;
        /// SameSite attribute: "Lax", "Strict", "None", or false.
        cookie_samesite: OrFalse<SameSite> = OrFalse::of(SameSite::Lax);
        /// The cookie goes when the browser closes.
        expire_at_browser_close: bool = false;
        /// Write the session, and send its cookie, with every request that has one.
        save_every_request: bool = false;
    }
}
