//! The parsers against answers that Django gave, and against `serde_json`.

use proptest::prelude::*;
use rest_auth_core::form::Text;
use rest_auth_core::messages;
use serde_json::Value;

use super::*;

const ALL: [ParserName; 3] = [ParserName::JSONParser, ParserName::FormParser, ParserName::MultiPartParser];

fn parse(content_type: Option<&str>, body: &[u8]) -> Result<(Input, Body), ApiError> {
    let header = content_type.map(|text| HeaderValue::from_bytes(&latin1(text)).unwrap());
    Parsers { names: ALL.to_vec(), max_fields: 1000 }.parse(header.as_ref(), body)
}

fn parse_json(body: &[u8]) -> Result<(Input, Body), ApiError> {
    parse(Some("application/json"), body)
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(letter).unwrap()).collect()
}

fn sentence(error: ApiError) -> (u64, String) {
    match error {
        ApiError::ParseError(message) | ApiError::BadRequest(message) => (400, message.text.into_owned()),
        ApiError::UnsupportedMediaType(sent) => {
            (415, messages::unsupported_media_type(&sent).text.into_owned())
        }
        other => panic!("no error of a parser: {other:?}"),
    }
}

/// The trees of the vectors.
fn tree(input: &Input) -> Value {
    match input {
        Input::Null => serde_json::json!(["null"]),
        Input::Bool(value) => serde_json::json!(["bool", value]),
        Input::Int(text) => serde_json::json!(["int", text]),
        Input::Float(text) => serde_json::json!(["float", text]),
        Input::Text(Text { value, lone_surrogate }) => serde_json::json!(["text", value, lone_surrogate]),
        Input::List(values) => serde_json::json!(["list", values.iter().map(tree).collect::<Vec<_>>()]),
        Input::Object(entries) => {
            let entries: Vec<Value> =
                entries.iter().map(|(key, value)| serde_json::json!([key, tree(value)])).collect();
            serde_json::json!(["object", entries])
        }
        Input::File => serde_json::json!(["file"]),
    }
}

fn compare(vectors: &str) {
    let cases: Vec<Value> = serde_json::from_str(vectors).unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        let outcome = parse(case["content_type"].as_str(), &latin1(case["body"].as_str().unwrap()));
        match (outcome, case["status"].as_u64()) {
            (Ok((input, body)), None) => {
                assert_eq!(tree(&input), case["tree"], "{case}");
                assert_eq!(if body == Body::Form { "form" } else { "json" }, case["from"], "{case}");
            }
            (Err(error), Some(status)) => {
                let (got, text) = sentence(error);
                assert_eq!(got, status, "{case}");
                match case["detail"].as_str() {
                    // Decoders other than these name no place.
                    Some(detail) if detail.contains("'shift_jis' codec") => {
                        assert!(text.starts_with("JSON parse error - 'shift_jis' codec"), "{case}");
                    }
                    Some(detail) => assert_eq!(text, detail, "{case}"),
                    None => assert_eq!(text, messages::TOO_MANY_FIELDS.text, "{case}"),
                }
            }
            (outcome, _) => panic!("{outcome:?} for {case}"),
        }
    }
}

#[test]
fn json_is_read_as_python_reads_it() {
    compare(include_str!("../../tests/vectors/json_bodies.json"));
}

#[test]
fn forms_and_charsets_are_read_as_django_reads_them() {
    compare(include_str!("../../tests/vectors/form_bodies.json"));
}

#[test]
fn multipart_forms_are_read_as_django_reads_them() {
    compare(include_str!("../../tests/vectors/multipart_bodies.json"));
}

#[test]
fn parsers_are_chosen_as_drf_chooses_them() {
    compare(include_str!("../../tests/vectors/content_types.json"));
}

#[test]
fn deep_nesting_is_an_answer_and_no_crash() {
    for body in [vec![b'['; 100_000], b"{\"a\":".repeat(100_000)] {
        let (status, text) = sentence(parse_json(&body).unwrap_err());
        assert_eq!(status, 400);
        assert!(text.starts_with("JSON parse error - Nested too deeply: line 1 column "), "{text}");
    }
    assert!(parse_json(&[vec![b'['; 128], vec![b']'; 128]].concat()).is_ok());
}

#[test]
fn encodings_that_can_hide_ascii_are_refused() {
    for charset in ["utf-16", "UTF_32", "utf-7", "unicode_escape", "undefined", "punycode"] {
        let (status, text) =
            sentence(parse(Some(&format!("application/json; charset={charset}")), b"{}").unwrap_err());
        assert_eq!((status, text), (400, messages::unsupported_charset(charset).text.into_owned()));
    }
}

#[test]
fn multipart_forms_have_at_most_a_thousand_fields_and_a_hundred_files() {
    let body = |count: usize, file: &str| {
        let part = format!("--B\r\nContent-Disposition: form-data; name=\"a\"{file}\r\n\r\nv\r\n");
        part.repeat(count) + "--B--\r\n"
    };
    let read = |text: String| parse(Some("multipart/form-data; boundary=B"), text.as_bytes());
    assert!(read(body(1000, "")).is_ok());
    assert!(matches!(read(body(1001, "")), Err(ApiError::BadRequest(_))));
    assert!(read(body(100, "; filename=\"x\"")).is_ok());
    assert!(matches!(read(body(101, "; filename=\"x\"")), Err(ApiError::BadRequest(_))));
}

#[test]
fn a_deployment_chooses_its_parsers() {
    let only_json = Parsers { names: vec![ParserName::JSONParser], max_fields: 1000 };
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    assert!(matches!(only_json.parse(Some(&form), b"a=1"), Err(ApiError::UnsupportedMediaType(_))));
}

/// Documents without floats, whose spelling is Python's and not serde's.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((".{0,4}", inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn from_value(value: &Value) -> Input {
    match value {
        Value::Null => Input::Null,
        Value::Bool(value) => Input::Bool(*value),
        Value::Number(number) => Input::Int(number.to_string()),
        Value::String(text) => Input::text(text.as_str()),
        Value::Array(values) => Input::List(values.iter().map(from_value).collect()),
        Value::Object(entries) => {
            Input::Object(entries.iter().map(|(key, value)| (key.clone(), from_value(value))).collect())
        }
    }
}

proptest! {
    #[test]
    fn valid_documents_mean_the_same_to_serde(document in documents(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
        let (input, _) = parse_json(text.unwrap().as_bytes()).unwrap();
        prop_assert_eq!(input, from_value(&document));
    }

    #[test]
    fn floats_read_back_as_the_same_number(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
        let (input, _) = parse_json(format!("{value:e}").as_bytes()).unwrap();
        let Input::Float(text) = input else { return Ok(()) };
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits());
    }

    #[test]
    fn no_body_panics(
        kind in prop::sample::select(vec![
            "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B",
            "application/json; charset=latin-1", "application/x-www-form-urlencoded; charset=koi8-r",
        ]),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "[\\[\\]{}\",:\\\\u0-9a-fdD.eE+\\- \ntrulfsn]{0,60}".prop_map(String::into_bytes),
            "(--B|\r\n|Content-Disposition: form-data; name=|a|\"|;|filename|[ -~]){0,40}".prop_map(String::into_bytes),
        ],
    ) {
        let _ = parse(Some(kind), &body);
    }

    #[test]
    fn no_content_type_panics(kind in "[ -~]{0,80}", body in "[ -~]{0,20}") {
        let _ = parse(Some(&kind), body.as_bytes());
    }
}
