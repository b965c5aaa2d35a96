//! `[links]`: where mails point.

use super::OrFalse;
use super::section::section;

section! {
    /// Where mails point, so that a separate front end can own the pages.
    Links in "links" {
        /// Address with {key}. false: the server's own page, account-confirm-email/KEY/ below the registration prefix.
        email_confirmation: OrFalse<String> = OrFalse::off();
    }
}
