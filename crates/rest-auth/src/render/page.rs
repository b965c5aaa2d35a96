//! The pages that Django answers outside of any view, and those that the links of mails lead to. Plain on purpose:
//! no scripts, no styles, and nothing of the request but what a link stands for.

use rest_auth_core::FieldErrors;
use rest_auth_core::form::{Form, HtmlInput};
use rest_auth_core::messages::Message;

/// 404: no endpoint has this address.
pub(crate) const NOT_FOUND: &str = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  \
     <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n";

/// 400: the request is refused before an endpoint sees it.
pub(crate) const BAD_REQUEST: &str = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Bad Request (400)</title>\n</head>\n<body>\n  \
     <h1>Bad Request (400)</h1><p></p>\n</body>\n</html>\n";

/// 403: no proof against CSRF.
pub(crate) const CSRF_FAILED: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>403 Forbidden</title>\n</head>\n<body>\n  \
     <h1>Forbidden <span>(403)</span></h1>\n  <p>CSRF verification failed. Request aborted.</p>\n</body>\n</html>\n";

/// 500: something broke here.
pub(crate) const SERVER_ERROR: &str = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  \
     <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n";

/// A page of our own: its title, which is also its heading, and what stands below.
macro_rules! own_page {
    ($title:literal, $($body:literal),+ $(,)?) => {
        concat!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n  ",
            "<meta name=\"viewport\" content=\"width=device-width\">\n  <title>", $title, "</title>\n</head>\n<body>\n  ",
            "<h1>", $title, "</h1>\n", $($body),+, "</body>\n</html>\n"
        )
    };
}

/// Asks whoever opens the link in a confirmation mail to confirm.
pub(crate) fn confirm_email(email: &str, owner: &str) -> String {
    format!(
        own_page!(
            "Confirm Email Address",
            "  <p>Please confirm that {} is an email address for user {}.</p>\n",
            "  <form method=\"post\"><button type=\"submit\">Confirm</button></form>\n",
        ),
        escape(email),
        escape(owner)
    )
}

/// Somebody else was quicker to confirm the address.
pub(crate) fn email_taken(email: &str) -> String {
    format!(
        own_page!(
            "Confirm Email Address",
            "  <p>Unable to confirm {} because it is already confirmed by a different account.</p>\n"
        ),
        escape(email)
    )
}

/// What is wrong with a login that a browser has brought.
pub(crate) fn refusal(sentences: &[&str]) -> String {
    let paragraphs = sentences.iter().map(|sentence| format!("  <p>{}</p>\n", escape(sentence)));
    format!(own_page!("Login Failed", "{}"), paragraphs.collect::<String>())
}

/// The link in a confirmation mail is of no use any more.
pub(crate) const INVALID_LINK: &str =
    own_page!("Confirm Email Address", "  <p>This email confirmation link expired or is invalid.</p>\n");

/// A mail with a link is on its way.
pub(crate) const EMAIL_SENT: &str = own_page!(
    "Verify Your Email Address",
    "  <p>We have sent you an email with a link that confirms your address.</p>\n",
);

/// The link in a reset mail is of no use any more.
pub(crate) const INVALID_RESET_LINK: &str = own_page!(
    "Set a New Password",
    "  <p>This password reset link expired, was used already or is invalid. Please ask for a new one.</p>\n",
);

/// The password has been set by the link in a reset mail.
pub(crate) const PASSWORD_IS_SET: &str = own_page!(
    "Set a New Password",
    "  <p>Your new password has been set. You can log in with it now.</p>\n",
);

/// Asks for a new password, and says what was wrong with the one before. Nothing that was typed is shown again.
pub(crate) fn set_password(form: &Form, errors: &FieldErrors) -> String {
    let named = form.inputs();
    let elsewhere = errors.iter().filter(|(name, _)| named.iter().all(|input| input.name != *name));
    let general = list("form", elsewhere.flat_map(|(_, messages)| messages));
    let inputs: String = named.iter().map(|input| password_input(input, errors)).collect();
    format!(
        own_page!(
            "Set a New Password",
            "  <form method=\"post\">\n{}{}    <p><button type=\"submit\">Set password</button></p>\n  </form>\n"
        ),
        general, inputs
    )
}

fn password_input(input: &HtmlInput, errors: &FieldErrors) -> String {
    let wrong = errors.iter().filter(|(name, _)| *name == input.name).flat_map(|(_, messages)| messages);
    let (name, label) = (escape(&input.name), escape(&input.label));
    let longest = input.max_length.map(|limit| format!(" maxlength=\"{limit}\"")).unwrap_or_default();
    let list = list(&name, wrong);
    let mark = match list.as_str() {
        "" => String::new(),
        _ => format!(" aria-invalid=\"true\" aria-describedby=\"{name}_errors\""),
    };
    format!(
        "    <p><label for=\"{name}\">{label}</label><br>\n    <input type=\"password\" id=\"{name}\" name=\"{name}\" \
         required{longest} autocomplete=\"new-password\"{mark}></p>\n{list}"
    )
}

/// What is wrong with an input, or with the form; nothing where nothing is.
fn list<'a>(name: &str, wrong: impl Iterator<Item = &'a Message>) -> String {
    let lines =
        wrong.fold(String::new(), |lines, message| lines + "      <li>" + &escape(&message.text) + "</li>\n");
    if lines.is_empty() { lines } else { format!("    <ul id=\"{name}_errors\">\n{lines}    </ul>\n") }
}

/// Text that is safe in HTML, within quotes too.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use rest_auth_core::form::Field;

    use super::*;

    #[test]
    fn the_page_for_an_unknown_address_has_djangos_length() {
        assert_eq!(NOT_FOUND.len(), 179);
    }

    #[test]
    fn an_address_is_no_markup() {
        let (email, owner) = ("\"<b>\"@example.com", "<script>alert('x')</script>");
        for html in [confirm_email(email, owner), email_taken(email)] {
            assert!(html.contains("&quot;&lt;b&gt;&quot;@example.com"), "{html}");
            assert!(!html.contains("<b>") && !html.contains("<script"), "{html}");
        }
        assert!(
            confirm_email(email, owner).contains("user &lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;.")
        );
    }

    #[test]
    fn a_form_says_what_was_wrong_and_where_and_lets_no_text_become_markup() {
        let form = Form::new("x").field(Field::password("new_password1").max(128));
        let plain = set_password(&form, &FieldErrors::default());
        assert!(plain.contains(
            "<input type=\"password\" id=\"new_password1\" name=\"new_password1\" required maxlength=\"128\""
        ));
        assert!(!plain.contains("<ul") && !plain.contains("<script") && !plain.contains("style"));
        let mut errors = FieldErrors::default();
        errors.add("new_password1", Message::fixed("x", "too <b>\"short'&"));
        errors.add("other", Message::fixed("x", "elsewhere"));
        let html = set_password(&form, &errors);
        assert!(html.contains("<li>too &lt;b&gt;&quot;short&#x27;&amp;</li>"), "{html}");
        assert!(html.contains("<ul id=\"form_errors\">\n      <li>elsewhere</li>"), "{html}");
        assert!(html.contains("aria-describedby=\"new_password1_errors\""));
    }
}
