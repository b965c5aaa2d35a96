//! Every case of `tests/vectors/password_hashers.json`, which the real Django made.

use std::{
    collections::BTreeMap,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use serde_json::Value;

use super::{
    super::{Argon2Parameters, Chain, EncodedPassword, Parameters, PasswordTooLong, Salt, Variety},
    Counted, Counts, Known, bytes, salt,
};
use crate::passwords::{ALGORITHMS, Verdict, identify, is_usable, unusable};

static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../tests/vectors/password_hashers.json")).unwrap()
});

fn cases() -> &'static [Value] {
    VECTORS["cases"].as_array().unwrap()
}

/// Runs the cases of one kind on all processors, and reports every one that fails.
fn run(kind: &str, check: fn(&Value)) {
    let cases: Vec<_> = cases().iter().filter(|case| case["kind"] == kind).collect();
    assert!(!cases.is_empty(), "no case of kind {kind}");
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
            if std::panic::catch_unwind(|| check(case)).is_err() {
                failures.lock().unwrap().push(case["id"].as_str().unwrap());
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "failed: {failures:?}");
}

#[test]
fn every_case_is_of_a_kind_that_is_run_here() {
    let mut kinds = BTreeMap::new();
    for case in cases() {
        *kinds.entry(case["kind"].as_str().unwrap()).or_insert(0) += 1;
    }
    let expected = [
        ("encode", 185),
        ("encode_bcrypt4", 10),
        ("encode_error", 10),
        ("salt_must_update", 9),
        ("salt_rule", 1),
        ("unusable_rule", 1),
        ("verify", 326),
        ("verify_none_password", 1),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
}

#[test]
fn a_password_is_encoded_as_by_django() {
    run("encode", encodes);
}

fn encodes(case: &Value) {
    let (password, encoded) = (text(case, "password"), text(case, "encoded"));
    let parameters = parameters(case);
    let hasher = parameters.hasher().unwrap();
    let column = EncodedPassword::from_column(encoded);
    assert!(hasher.verify(password, &column));
    assert_eq!(Parameters::of_column(encoded), Some(parameters));
    // We write no other version of bcrypt than the newest. To verify is to encode again and compare.
    let old_bcrypt = ["$2a$", "$2x$", "$2y$"].iter().any(|version| text(case, "salt").starts_with(version));
    if !old_bcrypt {
        let salt = given_salt(text(case, "salt")).unwrap();
        assert_eq!(hasher.encode(password, &salt).unwrap().as_str(), encoded);
    }
}

#[test]
fn s_12_a_bcrypt_4_row_of_a_long_password_verifies_but_is_never_written() {
    run("encode_bcrypt4", |case| {
        let password = text(case, "password");
        let column = EncodedPassword::from_column(text(case, "encoded"));
        let hasher = parameters(case).hasher().unwrap();
        assert!(hasher.verify(password, &column));
        let new = hasher.encode(password, &given_salt(text(case, "salt")).unwrap());
        if case["algorithm"] == "bcrypt" && password.len() > 72 {
            assert_eq!(new, Err(PasswordTooLong { limit: 72 }));
        } else {
            assert_eq!(new, Ok(column));
        }
    });
}

#[test]
fn what_django_refuses_to_encode_is_refused() {
    run("encode_error", |case| {
        let Some(salt) = given_salt(text(case, "salt")) else {
            return assert_eq!(case["error"]["message"], "salt must be provided and cannot contain $.");
        };
        let hasher = Parameters::named(text(case, "algorithm")).unwrap().hasher().unwrap();
        assert_eq!(hasher.encode(text(case, "password"), &salt), Err(PasswordTooLong { limit: 72 }));
    });
}

#[test]
fn a_password_is_checked_as_by_django_under_every_setting() {
    run("verify", |case| {
        let encoded = text(case, "encoded");
        assert_eq!(is_usable(encoded), case["usable"].as_bool().unwrap());
        let identified = identify(encoded).filter(|name| ALGORITHMS.contains(name));
        assert_eq!(identified, case["identified"].as_str());
        let known = Known::default();
        for (setting, expected) in case["results"].as_object().unwrap() {
            checks(setting, case, expected, &known);
        }
    });
}

/// Checks the verdict, and that it cost one run of a hasher, right or wrong, readable or not.
fn checks(setting: &str, case: &Value, expected: &Value, known: &Known) {
    let column = EncodedPassword::from_column(text(case, "encoded"));
    let (chain, counts) = counted(setting, known);
    let verdict = chain.check(Some(text(case, "password")), Some(&column));
    let raises = !expected["raises"].is_null();
    if raises {
        assert!(!verdict.correct, "{setting}: Django raises {}", expected["raises"]);
    } else {
        let [correct, must_update] =
            ["correct", "must_update"].map(|field| expected[field].as_bool().unwrap());
        assert_eq!(verdict, Verdict { correct, must_update }, "{setting}");
    }
    let (encoded, verified, hardened) = counts.read();
    assert_eq!(encoded + verified, 1, "{setting}: runs of a hasher");
    let same_algorithm = identify(column.as_str()) == Some(chain.preferred().algorithm());
    let due = verified == 1 && !verdict.correct && same_algorithm && verdict.must_update;
    assert_eq!(hardened, usize::from(due), "{setting}: missing work");
}

#[test]
fn no_password_matches_nothing() {
    run("verify_none_password", |case| {
        let (chain, counts) = counted("default", &Known::default());
        let verdict = chain.check(None, Some(&EncodedPassword::from_column(text(case, "encoded"))));
        assert_eq!(verdict, Verdict { correct: false, must_update: false });
        assert_eq!(case["result"], serde_json::json!({"correct": false, "must_update": false}));
        assert_eq!(counts.read(), (1, 0, 0));
    });
}

#[test]
fn a_short_salt_is_replaced() {
    run("salt_must_update", |case| {
        let salt = "s".repeat(usize::try_from(case["salt_length"].as_u64().unwrap()).unwrap());
        let hasher = Parameters::Md5.hasher().unwrap();
        let column = hasher.encode("pw", &given_salt(&salt).unwrap()).unwrap();
        assert_eq!(hasher.must_update(&column), case["must_update"].as_bool().unwrap());
    });
}

#[test]
fn s_14_salts_are_drawn_as_django_draws_them() {
    run("salt_rule", |case| {
        let drawn = Salt::draw(bytes(1));
        for length in case["text_salt_length"].as_object().unwrap().values() {
            assert_eq!(Some(drawn.text().len() as u64), length.as_u64());
        }
        assert!(drawn.text().chars().all(|character| text(case, "text_salt_alphabet").contains(character)));
        let column = Parameters::Bcrypt { rounds: 12 }.hasher().unwrap().encode("pw", &drawn).unwrap();
        let bcrypt = column.as_str().strip_prefix("bcrypt$").unwrap();
        assert!(bcrypt.starts_with(text(case, "bcrypt_salt_prefix")));
        assert_eq!(case["bcrypt_salt_length"].as_u64(), Some(bcrypt.len() as u64 - 31));
    });
}

#[test]
fn an_unusable_password_is_marked_as_by_django() {
    run("unusable_rule", |case| {
        let column = unusable(bytes(1));
        let suffix = column.as_str().strip_prefix(text(case, "prefix")).unwrap();
        assert_eq!(Some(suffix.len() as u64), case["suffix_length"].as_u64());
        assert!(suffix.chars().all(|character| text(case, "suffix_alphabet").contains(character)));
        assert!(!is_usable(column.as_str()));
    });
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}

fn parameters(case: &Value) -> Parameters {
    let number = |name: &str| u32::try_from(case["params"][name].as_u64().unwrap()).unwrap();
    match text(case, "algorithm") {
        "pbkdf2_sha256" => Parameters::Pbkdf2Sha256 { iterations: number("iterations") },
        "pbkdf2_sha1" => Parameters::Pbkdf2Sha1 { iterations: number("iterations") },
        "bcrypt_sha256" => Parameters::BcryptSha256 { rounds: number("work_factor") },
        "bcrypt" => Parameters::Bcrypt { rounds: number("work_factor") },
        "scrypt" => Parameters::Scrypt {
            work_factor: number("work_factor"),
            block_size: number("block_size"),
            parallelism: number("parallelism"),
        },
        "md5" => Parameters::Md5,
        "argon2" => {
            assert_eq!(case["params"]["variety"], "argon2id");
            Parameters::Argon2(Argon2Parameters {
                variety: Variety::Argon2id,
                version_16: number("version") == 16,
                memory_cost: number("memory_cost"),
                time_cost: number("time_cost"),
                parallelism: number("parallelism"),
                hash_len: number("hash_len"),
            })
        }
        other => panic!("no parameters known for {other}"),
    }
}

/// Django's salt argument: bcrypt's begins with its version and rounds, the others are plain text.
fn given_salt(given: &str) -> Option<Salt> {
    match given.strip_prefix("$2") {
        Some(bcrypt) => {
            let raw = GeneralPurpose::new(&BCRYPT, NO_PAD).decode(&bcrypt[5..]).unwrap();
            Salt::fixed(salt().text(), raw.try_into().unwrap())
        }
        None => Salt::fixed(given, [0; 16]),
    }
}

/// The chain of one of the settings that the vectors were made with, counting.
fn counted(setting: &str, known: &Known) -> (Chain, Counts) {
    let counts = Counts::default();
    let classes = VECTORS["hasher_settings"][setting].as_array().unwrap();
    let hashers = classes.iter().map(|class| {
        let name = match class.as_str().unwrap().rsplit('.').next().unwrap() {
            "PBKDF2PasswordHasher" => "pbkdf2_sha256",
            "PBKDF2SHA1PasswordHasher" => "pbkdf2_sha1",
            "Argon2PasswordHasher" => "argon2",
            "BCryptSHA256PasswordHasher" => "bcrypt_sha256",
            "BCryptPasswordHasher" => "bcrypt",
            "ScryptPasswordHasher" => "scrypt",
            "MD5PasswordHasher" => "md5",
            other => panic!("no hasher known for {other}"),
        };
        let hasher = Parameters::named(name).unwrap().hasher().unwrap();
        Box::new(Counted { hasher, counts: counts.clone(), known: known.clone() }) as _
    });
    (Chain::new(hashers.collect()).unwrap(), counts)
}
