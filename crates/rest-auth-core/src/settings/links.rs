//! `[links]`: where mails point.

use super::OrFalse;
use super::section::section;

section! {
    /// Where mails point, so that a separate front end can own the pages.
    Links in "links" {
        /// Address with {key}. false: the server's own page, account-confirm-email/KEY/ below the registration prefix.
        email_confirmation: OrFalse<String> = OrFalse::off();
        /// Address with {uid} and {token}, of a page that posts both to password/reset/confirm/. false: the server's own
        /// page, password/reset/confirm/UID/TOKEN/ below the prefix.
        password_reset: OrFalse<String> = OrFalse::off();
    }
}
