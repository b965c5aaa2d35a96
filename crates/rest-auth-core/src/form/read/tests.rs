//! What the real DRF answers, case by case; and that no input breaks a form.

use super::*;
use crate::error::FieldErrors;

fn object(entries: &[(&str, Input)]) -> Input {
    Input::Object(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn login() -> Form {
    Form::new("Login")
        .field(Field::char("username").optional().allow_blank())
        .field(Field::email("email").optional().allow_blank())
        .field(Field::password("password"))
}

/// `field: message, message; field: message`, in order.
fn shown(errors: &FieldErrors) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|(name, messages)| {
            let texts: Vec<&str> = messages.iter().map(|message| message.text.as_ref()).collect();
            format!("{name}: {}", texts.join(" | "))
        })
        .collect();
    lines.join("; ")
}

fn errors(form: &Form, input: &Input, body: Body) -> String {
    match form.read(input, body).and_then(Reading::into_values) {
        Ok(_) => String::new(),
        Err(Error::Invalid(errors)) => shown(&errors),
        Err(other) => panic!("{other}"),
    }
}

fn one(field: Field, input: Input) -> String {
    errors(&Form::new("One").field(field), &object(&[("it", input)]), Body::Json)
}

#[test]
fn a_login_form_says_what_the_reference_says() {
    let form = login();
    let json = |input: &Input| errors(&form, input, Body::Json);
    assert_eq!(json(&Input::empty()), "password: This field is required.");
    let blank =
        object(&[("username", Input::text("")), ("email", Input::text("")), ("password", Input::text(""))]);
    assert_eq!(json(&blank), "password: This field may not be blank.");
    let nulls = object(&[("password", Input::Null), ("username", Input::Null)]);
    assert_eq!(json(&nulls), "username: This field may not be null.; password: This field may not be null.");
    let types = object(&[
        ("username", Input::List(vec![Input::text("x")])),
        ("email", Input::text("x")),
        ("password", Input::List(vec![])),
    ]);
    assert_eq!(
        json(&types),
        "username: Not a valid string.; email: Enter a valid email address.; password: Not a valid string."
    );
}

#[test]
fn a_body_that_is_no_object_is_refused_as_a_whole() {
    for (input, text) in [
        (Input::Null, "No data provided"),
        (Input::List(vec![]), "Invalid data. Expected a dictionary, but got list."),
        (Input::text("x"), "Invalid data. Expected a dictionary, but got str."),
        (Input::Int("1".into()), "Invalid data. Expected a dictionary, but got int."),
        (Input::Float("1.0".into()), "Invalid data. Expected a dictionary, but got float."),
        (Input::Bool(true), "Invalid data. Expected a dictionary, but got bool."),
    ] {
        assert_eq!(errors(&login(), &input, Body::Json), format!("non_field_errors: {text}"));
        assert!(matches!(login().read_partial(&input, Body::Json), Err(Error::Invalid(_))));
    }
}

#[test]
fn text_is_trimmed_and_numbers_become_text() {
    let input =
        object(&[("username", Input::text("\u{a0} ann\u{1f}")), ("password", Input::Float("1000.0".into()))]);
    let values = login().read(&input, Body::Json).unwrap().into_values().unwrap();
    assert_eq!(values.text("username"), Some("ann"));
    assert_eq!(values.text("password"), Some("1000.0"));
    assert_eq!(values.get("email"), None);
}

#[test]
fn w_02_a_password_keeps_its_spaces_but_not_only_spaces() {
    let given = |text| object(&[("password", Input::text(text))]);
    let values = login().read(&given("  a b "), Body::Json).unwrap().into_values().unwrap();
    assert_eq!(values.text("password"), Some("  a b "));
    assert_eq!(errors(&login(), &given(" \u{3000}\t"), Body::Json), "password: This field may not be blank.");
}

#[test]
fn validators_of_text_add_up_in_drfs_order() {
    let broken = Input::Text(Text { value: "\0@\u{fffd}".into(), lone_surrogate: Some(0xDC00) });
    assert_eq!(
        one(Field::email("it").max(2), broken.clone()),
        "it: Ensure this field has no more than 2 characters. | Null characters are not allowed. \
         | Surrogate characters are not allowed: U+DC00. | Enter a valid email address."
    );
    assert_eq!(
        one(Field::username("it").max(2), broken),
        "it: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters. \
         | Ensure this field has no more than 2 characters. | Null characters are not allowed. \
         | Surrogate characters are not allowed: U+DC00."
    );
    assert_eq!(
        one(Field::char("it").min(3), Input::text("äö")),
        "it: Ensure this field has at least 3 characters."
    );
    assert_eq!(one(Field::char("it").min(2).max(2), Input::text("😀😀")), "");
}

#[test]
fn a_file_is_no_text() {
    let input = object(&[("username", Input::File), ("email", Input::File), ("password", Input::text("x"))]);
    assert_eq!(
        errors(&login(), &input, Body::Form),
        "username: Not a valid string.; email: Enter a valid email address."
    );
}

#[test]
fn a_blank_input_of_a_page_means_absent_where_json_means_an_error() {
    let form = Form::new("Refresh")
        .field(Field::char("refresh").optional())
        .field(Field::char("nullable").allow_null())
        .field(Field::char("blank").optional().allow_blank());
    let blank =
        object(&[("refresh", Input::text("")), ("nullable", Input::text("")), ("blank", Input::text(""))]);
    let values = form.read(&blank, Body::Form).unwrap().into_values().unwrap();
    assert_eq!(values.get("refresh"), None);
    assert_eq!(values.get("nullable"), Some(&Value::Null));
    assert_eq!(values.text("blank"), Some(""));
    assert_eq!(
        errors(&form, &blank, Body::Json),
        "refresh: This field may not be blank.; nullable: This field may not be blank."
    );
    let spaces = object(&[("refresh", Input::text(" ")), ("nullable", Input::text("x"))]);
    assert_eq!(errors(&form, &spaces, Body::Form), "refresh: This field may not be blank.");
}

#[test]
fn a_blank_number_of_a_page_is_absent_whatever_the_field_says_of_blank_text() {
    let form = Form::new("One").field(Field::integer("it").optional().allow_blank());
    let blank = object(&[("it", Input::text(""))]);
    assert_eq!(errors(&form, &blank, Body::Form), "");
    assert_eq!(errors(&form, &blank, Body::Json), "it: A valid integer is required.");
}

#[test]
fn a_partial_body_needs_no_field_but_checks_what_is_there() {
    let form =
        Form::new("UserDetails").field(Field::username("username").max(150)).field(Field::boolean("news"));
    for body in [Body::Json, Body::Form] {
        let reading = form.read_partial(&Input::empty(), body).unwrap();
        assert_eq!(reading.into_values().unwrap().iter().count(), 0);
    }
    let blank = object(&[("username", Input::text(""))]);
    let reading = form.read_partial(&blank, Body::Json).unwrap();
    assert_eq!(shown(&reading.errors), "username: This field may not be blank.");
}

#[test]
fn what_is_only_shown_is_ignored() {
    let form = Form::new("UserDetails").field(Field::integer("pk").read_only()).field(Field::list("codes"));
    let input = object(&[("pk", Input::text("x")), ("codes", Input::text("x"))]);
    assert_eq!(form.read(&input, Body::Json).unwrap().into_values().unwrap().iter().count(), 0);
}

#[test]
fn whole_numbers_are_read_as_integer_field_reads_them() {
    let read = |input: Input| {
        let form = Form::new("One").field(Field::integer("it").between(-5, 2000));
        form.read(&object(&[("it", input)]), Body::Json).unwrap().into_values().map(|values| values.int("it"))
    };
    for (input, number) in [
        (Input::text(" 12 "), 12),
        (Input::text("1_000"), 1000),
        (Input::text("7.00"), 7),
        (Input::Int("-5".into()), -5),
        (Input::Float("1000.0".into()), 1000),
    ] {
        assert_eq!(read(input).unwrap(), Some(number));
    }
    let text = |input| one(Field::integer("it").between(-5, 2000), input);
    for input in [Input::text(""), Input::text("1.5"), Input::Bool(true), Input::List(vec![]), Input::File] {
        assert_eq!(text(input), "it: A valid integer is required.");
    }
    assert_eq!(text(Input::Int("2001".into())), "it: Ensure this value is less than or equal to 2000.");
    assert_eq!(text(Input::text("-6")), "it: Ensure this value is greater than or equal to -5.");
    assert_eq!(text(Input::text("1".repeat(1001))), "it: String value too large.");
    assert_eq!(
        one(Field::integer("it"), Input::Int("9".repeat(4000))),
        "it: Ensure this value is less than or equal to 9223372036854775807."
    );
}

#[test]
fn truth_has_many_words() {
    let read = |input: Input| {
        let form = Form::new("One").field(Field::boolean("it").allow_null());
        let reading = form.read(&object(&[("it", input)]), Body::Json).unwrap();
        reading.values.get("it").cloned()
    };
    for word in ["t", "Y", "YES", "True", "oN", "1"] {
        assert_eq!(read(Input::text(word)), Some(Value::Bool(true)), "{word}");
    }
    for word in ["f", "N", "no", "FALSE", "off", "0"] {
        assert_eq!(read(Input::text(word)), Some(Value::Bool(false)), "{word}");
    }
    for input in [Input::text("NULL"), Input::text(""), Input::Null] {
        assert_eq!(read(input), Some(Value::Null));
    }
    assert_eq!(read(Input::Float("1.0".into())), Some(Value::Bool(true)));
    assert_eq!(read(Input::Int("0".into())), Some(Value::Bool(false)));
    for input in
        [Input::text(" true"), Input::Float("-1.0".into()), Input::Int("2".into()), Input::List(vec![])]
    {
        assert_eq!(read(input), None);
    }
    assert_eq!(one(Field::boolean("it"), Input::text("")), "it: Must be a valid boolean.");
    assert_eq!(one(Field::boolean("it"), Input::Null), "it: This field may not be null.");
}

#[test]
fn an_unticked_box_is_not_sent_and_false() {
    let form = Form::new("One").field(Field::boolean("it")).field(Field::boolean("maybe").allow_null());
    let values = form.read(&Input::empty(), Body::Form).unwrap().into_values().unwrap();
    assert_eq!(values.bool("it"), Some(false));
    assert_eq!(values.get("maybe"), Some(&Value::Null));
    assert_eq!(
        errors(&form, &Input::empty(), Body::Json),
        "it: This field is required.; maybe: This field is required."
    );
}

#[test]
fn a_choice_is_looked_up_by_its_text() {
    let choices = || vec![("M".to_owned(), "Male".to_owned()), ("1".to_owned(), "One".to_owned())];
    let text = |input| one(Field::choice("it", choices()), input);
    assert_eq!(text(Input::text("M")), "");
    assert_eq!(text(Input::Int("1".into())), "");
    assert_eq!(text(Input::text(" M")), "it: \" M\" is not a valid choice.");
    assert_eq!(text(Input::text("")), "it: \"\" is not a valid choice.");
    assert_eq!(text(Input::Bool(true)), "it: \"True\" is not a valid choice.");
    assert_eq!(text(Input::List(vec![Input::text("M")])), "it: \"['M']\" is not a valid choice.");
    assert_eq!(one(Field::choice("it", choices()).allow_blank(), Input::text("")), "");
}

#[test]
fn a_field_added_at_run_time_is_read_like_any_other_and_errors_keep_the_order() {
    let name = String::from("company");
    let form = login().fields([Field::char(name).max(3)]);
    let mut reading = form.read(&object(&[("company", Input::text("long"))]), Body::Json).unwrap();
    reading.refuse("username", messages::USERNAME_TAKEN);
    let Err(Error::Invalid(errors)) = reading.into_values() else { panic!("errors were there") };
    assert_eq!(
        shown(&errors),
        "username: A user with that username already exists.; password: This field is required.; \
         company: Ensure this field has no more than 3 characters."
    );
}

#[test]
fn a_password_is_not_in_the_debug_text_of_a_body_or_of_its_reading() {
    let input = object(&[("password", Input::text("hunter2"))]);
    let reading = login().read(&input, Body::Json).unwrap();
    assert!(!format!("{input:?} {reading:?}").contains("hunter2"));
}

#[test]
fn nothing_that_a_client_sends_breaks_a_field() {
    let choices = vec![("a".to_owned(), "A".to_owned())];
    let fields = || {
        [
            Field::char("it").max(3),
            Field::password("it").min(2),
            Field::email("it"),
            Field::username("it"),
            Field::integer("it"),
            Field::boolean("it").allow_null(),
            Field::choice("it", choices.clone()).allow_blank(),
        ]
    };
    let texts = ["", " ", "\0", "\u{fffd}", "-", ".", "\u{1f600}", "1e999", "inf", "0x1", "\u{7f}", "a@b.co"];
    let plain = [Input::Null, Input::Bool(true), Input::File, Input::List(vec![]), Input::empty()];
    let numbers = ["0", "-0.0", "inf", "1e+400", "-9223372036854775808", "9223372036854775808"];
    let inputs = texts
        .iter()
        .map(|text| Input::text(*text))
        .chain(
            texts
                .iter()
                .map(|text| Input::Text(Text { value: (*text).into(), lone_surrogate: Some(0xDFFF) })),
        )
        .chain(
            numbers.iter().flat_map(|digits| [Input::Int((*digits).into()), Input::Float((*digits).into())]),
        )
        .chain(plain);
    for input in inputs {
        for (field, body) in fields().into_iter().flat_map(|it| [(it.clone(), Body::Json), (it, Body::Form)])
        {
            let form = Form::new("One").field(field);
            let reading = form.read(&object(&[("it", input.clone())]), body).unwrap();
            let passed = reading.values.get("it").is_some();
            assert!(passed != reading.errors.has("it"), "one of both: {input:?} {form:?}");
        }
    }
}
