//! `[templates]`: the words of mails and pages.

use super::OrFalse;
use super::section::section;

section! {
    /// The words of mails and pages.
    Templates in "templates" {
        /// A folder: files in it replace ours of the same name.
        folder: OrFalse<String> = OrFalse::off();
    }
}
