//! User names and e-mail addresses: which are accepted. The sentences and the fields of REST forms are core's.

use rest_auth_formats::validators::username::{self, Alphabet, is_username};
use rest_auth_formats::validators::{email, text};

use crate::cases::{Case, VectorFile};
use crate::characters;

/// The width of the columns in Django's user model: of the name and of the address.
const MODEL_WIDTHS: (u64, u64) = (150, 254);

#[test]
fn every_case_of_username_and_email_validators_holds() {
    let file = include_str!("username_email_validators.json");
    VectorFile::parse("username_email_validators", file).run(&[
        ("username", user_name),
        ("email", address),
        ("char_class", char_class),
        ("limits", limits),
    ]);
}

fn is_valid(case: &Case<'_>, validator: &str) -> bool {
    case.value(validator)["valid"].as_bool().expect("a boolean")
}

fn user_name(case: &Case<'_>) {
    let name = case.text("value");
    let is_unicode_name = is_username(name, Alphabet::Unicode);
    assert_eq!(is_unicode_name, is_valid(case, "unicode_validator"));
    assert_eq!(is_username(name, Alphabet::Ascii), is_valid(case, "ascii_validator"));
    assert_eq!(is_unicode_name && text::length(name) as u64 <= MODEL_WIDTHS.0, is_valid(case, "model_field"));
    assert_eq!(username::normalize(name), case.text("normalized"));
}

fn address(case: &Case<'_>) {
    let address = case.text("value");
    let is_email = email::is_email(address);
    assert_eq!(is_email, is_valid(case, "django"));
    assert_eq!(email::is_email(text::trim(address)), is_valid(case, "drf"));
    assert_eq!(text::length(address) as u64, case.value("chars").as_u64().expect("a number"));
    assert_eq!(email::normalize(address), case.text("django_normalize_email"));
    let stored = (is_email && text::length(address) as u64 <= MODEL_WIDTHS.1).then(|| address.to_lowercase());
    assert_eq!(stored.as_deref(), case.optional_text("allauth_valid_email_or_none"));
}

/// Tries each code point in the place that the class is about.
fn char_class(case: &Case<'_>) {
    let is_accepted: fn(char) -> bool = match case.text("id") {
        "char_class/word" => text::is_word,
        "char_class/isspace" => text::is_space,
        "char_class/email_atom" => |it| email::is_email(&format!("{it}@b.co")),
        "char_class/email_quoted_text" => |it| email::is_email(&format!("\"{it}\"@b.co")),
        "char_class/email_quoted_pair" => |it| email::is_email(&format!("\"\\{it}\"@b.co")),
        "char_class/email_label_edge" => |it| email::is_email(&format!("a@{it}.co")),
        // A dot there makes two labels.
        "char_class/email_label_middle" => |it| it != '.' && email::is_email(&format!("a@b{it}b.co")),
        "char_class/email_tld" => |it| email::is_email(&format!("a@b.{it}{it}")),
        other => panic!("{other}"),
    };
    let class = characters::class(case);
    for character in characters::all() {
        assert_eq!(is_accepted(character), class.contains(&character), "{character:?}");
    }
}

fn limits(case: &Case<'_>) {
    let widths = ["username_max_length", "email_max_length"].map(|name| case.value(name).as_u64());
    assert_eq!(widths, [Some(MODEL_WIDTHS.0), Some(MODEL_WIDTHS.1)]);
}
