use proptest::prelude::*;
use serde_json::json;

use super::*;

fn answers() -> Answers {
    Answers {
        quirk: Value::Null,
        profiles: vec![
            json!({
                "id": 77, "name": " Ann  ", "none": null, "yes": true, "empty": "", "float": 1.5,
                "odd key": "odd", "list": [{"a": "x"}, {"a": "y", "primary": true, "verified": 1}, {"b": 1}],
                "roles": {"student": {"name": "s"}, "teacher": {"name": "t"}}, "uri": "/users/152184",
                "mail": "Ann@Example.org", "mojibake": "ZoÃ«",
            }),
            json!([{"email": "a@b.c"}]),
        ],
        token: json!({"user_id": "u1"}),
        id_token: json!({"sub": "s1"}),
    }
}

fn text(expression: &str) -> Option<String> {
    Expression::parse(expression).unwrap().text(&answers())
}

#[test]
fn every_step_leads_where_it_says() {
    for (path, expected) in [
        ("$1.id", "77"),
        ("$1.float", "1.5"),
        ("$1['odd key']", "odd"),
        ("$1.list[0].a", "x"),
        ("$1.list[?primary].a", "y"),
        ("$1.list[?primary&verified].a", "y"),
        ("$1.roles.*.name", "s"),
        ("$2[0].email", "a@b.c"),
        ("$token.user_id", "u1"),
        ("$id_token.sub", "s1"),
    ] {
        assert_eq!(text(path).as_deref(), Some(expected), "{path}");
    }
}

#[test]
fn what_is_missing_or_is_no_text_has_none() {
    for path in [
        "$1.none",
        "$1.yes",
        "$1.empty",
        "$1.list",
        "$1.roles",
        "$1.nothing.at.all",
        "$1.list[9].a",
        "$1.id.x",
        "$1.list[?missing].a",
        "$3.id",
        "$1.uri|after:nowhere",
        "$1.uri|split:/:9",
    ] {
        assert_eq!(text(path), None, "{path}");
    }
}

#[test]
fn filters_change_a_text_from_left_to_right() {
    for (path, expected) in [
        ("$1.name|trim", "Ann"),
        ("$1.name|trim|lower", "ann"),
        ("$1.mail|before:@", "Ann"),
        ("$1.mail|after:@", "Example.org"),
        ("$1.uri|last:/", "152184"),
        ("$1.uri|split:/:1", "users"),
        ("$1.name|before:@", " Ann  "),
        ("$1.mojibake|redecode_utf8", "Zoë"),
        ("$1.mail|redecode_utf8", "Ann@Example.org"),
    ] {
        assert_eq!(text(path).as_deref(), Some(expected), "{path}");
    }
}

#[test]
fn a_template_leaves_out_what_is_missing_unless_it_wants_all() {
    assert_eq!(text("{$1.name|trim} {$1.nothing}").as_deref(), Some("Ann"));
    assert_eq!(text("u-{$token.user_id}_{$1.id}").as_deref(), Some("u-u1_77"));
    assert_eq!(text("all:{$1.id}_{$1.nothing}"), None);
    assert_eq!(text("all:{$1['odd key']}_{$1.id}").as_deref(), Some("odd_77"));
    assert_eq!(text("{$1.nothing} {$1.none}"), None);
}

#[test]
fn each_element_has_its_own_value() {
    let answers = answers();
    let values = Expression::parse("$1.list[*].a").unwrap();
    let values = values.values(&answers);
    assert_eq!(values, [Some(&json!("x")), Some(&json!("y")), None]);
}

#[test]
fn a_mistake_is_named() {
    for (wrong, named) in [
        ("id", "begins with $1"),
        ("$0.id", "begins with $1"),
        ("$profile.id", "begins with $1"),
        ("$1.", "a name is missing"),
        ("$1[", "is no step"),
        ("$1[0", "does not close"),
        ("$1['x]", "does not end"),
        ("$1[x]", "[x] is no step"),
        ("$1.a[*].b[*]", "may stand in it once"),
        ("$1.a|upper", "is no filter"),
        ("$1.a|before:", "is no filter"),
        ("$1.a|split:x", "write split"),
        ("{$1.a", "does not close"),
        ("{a}", "begins with $1"),
    ] {
        let refusal = Expression::parse(wrong).unwrap_err();
        assert!(refusal.contains(named), "{wrong}: {refusal}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,40}|[$1{}\\[\\].|?*'a:&]{0,30}") {
        if let Ok(expression) = Expression::parse(&text) {
            let _ = expression.text(&answers());
            let _ = expression.values(&answers());
        }
    }

    #[test]
    fn any_key_is_found_under_its_quoted_name(key in "[^']{1,12}", value in "[a-z]{1,8}") {
        let found = Path::parse(&format!("$1['{key}']")).unwrap();
        let answers = Answers { profiles: vec![json!({ key: value })], ..Answers::default() };
        prop_assert_eq!(found.text(&answers), Some(value));
    }

    #[test]
    fn split_agrees_with_before(text in "[ab/]{0,12}") {
        let answers = Answers { profiles: vec![json!({"t": text})], ..Answers::default() };
        let text = |path: &str| Path::parse(path).unwrap().text(&answers);
        prop_assert_eq!(text("$1.t|split:/:0"), text("$1.t|before:/"));
    }
}
