//! Django's password validators, as questions with yes or no: is it short, common, numeric, like something else?
//!
//! Which of them are asked, with which numbers and in which order, is a setting and so core's.

mod similarity;
mod word_list;

pub use similarity::{quick_ratio, resembles};
pub use word_list::{WordList, is_common};

use super::text::is_digit;

/// Whether the password is not empty and has digits only, of whatever script (`NumericPasswordValidator`).
pub fn is_numeric(password: &str) -> bool {
    !password.is_empty() && password.chars().all(is_digit)
}
