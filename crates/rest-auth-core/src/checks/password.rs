//! `[password]`: hashers that exist, can be afforded and resist guessing; validators that somebody can satisfy.

use super::account::LONGEST_PASSWORD;
use super::{Check, Findings, NOTHING, error, is_strict, warning};
use crate::passwords::{self, PasswordValidators};
use crate::settings::{HasherEntry, Settings, ValidatorEntry};

pub(super) const CHECKS: &[&Check] =
    &[&HASHER, &WEAK_HASHER_STRICT, &WEAK_HASHER, &IMPOSSIBLE_LENGTH, &SIMILARITY, &WORDS];

const STRONGER: &str = "put \"argon2\" first, or raise its parameters to OWASP's: pbkdf2_sha256 with 600000 iterations, argon2 with \
                        19456 KiB and 2 passes, scrypt with 2^17, 8, 1, bcrypt_sha256 with 10 rounds";

static HASHER: Check =
    error("rest_auth.E060", "cannot be used", "take Django's names and parameters of its hashers");
static WEAK_HASHER_STRICT: Check =
    error("rest_auth.E061", "{} comes first, and is too weak for new passwords", STRONGER);
static WEAK_HASHER: Check =
    warning("rest_auth.W060", "{} comes first, and is too weak for new passwords", STRONGER);
static IMPOSSIBLE_LENGTH: Check = error(
    "rest_auth.E062",
    "minimum_length asks for {} characters",
    "give min_length a value from 1 to 128, which is as long as a password may be",
);
static SIMILARITY: Check = error(
    "rest_auth.E063",
    "user_attribute_similarity has a max_similarity of {}",
    "give it a value from 0.1, which refuses almost everything, to 1, which refuses the very same only",
);

static WORDS: Check = error(
    "rest_auth.E064",
    "names a file that cannot be read",
    "name a file with one word a line, or leave password_list_path out to take Django's list",
);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    check_hashers(settings, findings);
    let validators = &settings.password.validators;
    findings.no_twins("password.validators", validators);
    for validator in validators {
        match validator {
            ValidatorEntry::MinimumLength { min_length } if !(1..=LONGEST_PASSWORD).contains(min_length) => {
                findings.about(&IMPOSSIBLE_LENGTH, "password.validators", &min_length.to_string());
            }
            ValidatorEntry::UserAttributeSimilarity { max_similarity, .. }
                if !(0.1..=1.0).contains(max_similarity) =>
            {
                findings.about(&SIMILARITY, "password.validators", &max_similarity.to_string());
            }
            _ => {}
        }
        if let Err(problem) = PasswordValidators::new(std::slice::from_ref(validator), 0) {
            findings.take(&WORDS, problem);
        }
    }
    findings.no_zero("password.max_wait", settings.password.max_wait.0);
    if settings.password.max_length.get() == Some(&0) {
        findings.no_zero("password.max_length", 0);
    }
}

fn check_hashers(settings: &Settings, findings: &mut Findings) {
    let entries = &settings.password.hashers;
    let names: Vec<&str> = entries.iter().map(HasherEntry::algorithm).collect();
    findings.no_twins("password.hashers", &names);
    if entries.is_empty() {
        findings.add(&NOTHING, "password.hashers");
    }
    for entry in entries {
        // A chain of one: its twins are reported above.
        if let Err(problem) = passwords::chain(std::slice::from_ref(entry)) {
            findings.take(&HASHER, problem);
        }
    }
    let first = entries.first().and_then(|entry| passwords::parameters(entry).ok());
    if let Some(first) = first.filter(|first| !first.are_strong()) {
        let check = if is_strict(settings) { &WEAK_HASHER_STRICT } else { &WEAK_HASHER };
        findings.about(check, "password.hashers", first.algorithm());
    }
}
