//! What we promise beyond Django's results: bounds, equal cost, nothing printed.

use std::{
    collections::HashSet,
    hint::black_box,
    time::{Duration, Instant},
};

use super::{
    super::{
        Argon2Parameters, Chain, EncodedPassword, HasherError, Parameters, Salt, Verdict, argon2::Argon2,
        bcrypt, bcrypt::Bcrypt, pbkdf2::Pbkdf2, scrypt::Scrypt, unusable,
    },
    Counted, Counts, Known, bytes, cheap, salt,
};

const WRONG: Verdict = Verdict { correct: false, must_update: false };

fn column(text: &str) -> EncodedPassword {
    EncodedPassword::from_column(text)
}

/// A chain with one cheap PBKDF2 that counts, and a cheap MD5.
fn counted() -> (Chain, Counts) {
    let counts = Counts::default();
    let preferred = Parameters::Pbkdf2Sha256 { iterations: 2 }.hasher().unwrap();
    let preferred = Box::new(Counted { hasher: preferred, counts: counts.clone(), known: Known::default() });
    (Chain::new(vec![preferred, Parameters::Md5.hasher().unwrap()]).unwrap(), counts)
}

#[test]
fn s_10_whoever_cannot_log_in_costs_one_hash() {
    let columns = [
        None,
        Some(column("!")),
        Some(unusable(bytes(1))),
        Some(column("")),
        Some(column("password")),
        Some(column("whirlpool$1$salt$hash")),
        Some(column("argon2$argon2id$v=19$m=64,t=1,p=1$c2Vhc2FsdHNlYXNhbHRzZWFzYWx0MQ$AAAA")),
    ];
    for column in columns {
        let (chain, counts) = counted();
        assert_eq!(chain.check(Some("pw"), column.as_ref()), WRONG, "{column:?}");
        assert_eq!(counts.read(), (1, 0, 0), "{column:?}");
    }
}

#[test]
fn a_column_that_cannot_be_read_is_a_wrong_password_and_costs_one_hash() {
    let columns = ["pbkdf2_sha256", "pbkdf2_sha256$1000$salt", "md5$x", "pbkdf2_sha256$20000001$salt$hash"];
    for text in columns {
        let (chain, counts) = counted();
        assert!(!chain.check(Some("pw"), Some(&column(text))).correct, "{text}");
        assert_eq!(counts.read(), (1, 0, 0), "{text}");
    }
}

#[test]
fn an_empty_password_is_hashed_like_any_other() {
    for parameters in cheap() {
        let hasher = parameters.hasher().unwrap();
        let encoded = hasher.encode("", &salt()).unwrap();
        assert!(hasher.verify("", &encoded) && !hasher.verify(" ", &encoded), "{parameters:?}");
    }
}

#[test]
fn the_first_hasher_encodes_and_any_verifies() {
    let chain = Chain::new(cheap().map(|parameters| parameters.hasher().unwrap()).into()).unwrap();
    let encoded = chain.encode("pw", &salt()).unwrap();
    assert_eq!(Parameters::of_column(encoded.as_str()), Some(cheap()[0]));
    for (index, parameters) in cheap().into_iter().enumerate() {
        let encoded = parameters.hasher().unwrap().encode("pw", &salt()).unwrap();
        let expected = Verdict { correct: true, must_update: index > 0 };
        assert_eq!(chain.check(Some("pw"), Some(&encoded)), expected, "{parameters:?}");
    }
}

#[test]
fn s_11_a_column_beyond_the_bounds_is_refused_unread() {
    let salt = "c2Vhc2FsdHNlYXNhbHRzZWFzYWx0MQ";
    let hash = "LKtDNNhMZmTry0c2/xLT/CEjNL8SMQ68hFjy0uqtXGA";
    let columns = [
        "pbkdf2_sha256$20000001$salt$hash".to_owned(),
        "pbkdf2_sha1$4294967295$salt$hash".to_owned(),
        "pbkdf2_sha256$0$salt$hash".to_owned(),
        format!("argon2$argon2id$v=19$m=67108864,t=1,p=1${salt}${hash}"),
        format!("argon2$argon2id$v=19$m=1048576,t=5,p=1${salt}${hash}"),
        format!("argon2$argon2id$v=19$m=64,t=4294967295,p=1${salt}${hash}"),
        format!("argon2$argon2id$v=19$m=1048576,t=1,p=256${salt}${hash}"),
        format!("argon2$argon2id$v=19$m=64,t=0,p=1${salt}${hash}"),
        format!("argon2$argon2id$v=19$m=64,t=1,p=9${salt}${hash}"),
        format!("argon2$argon2id$v=19$m=64,t=1,p=1${salt}${}", "A".repeat(88)),
        format!("argon2$argon2id$v=19$m=64,t=1,p=1$c2FsdA${hash}"),
        "bcrypt$$2b$17$N9qo8uLOickgx2ZMRZoMyeq40cQSXIo.rjouVC2XZhGOZRS6WTqr6".to_owned(),
        "bcrypt_sha256$$2b$31$N9qo8uLOickgx2ZMRZoMyeq40cQSXIo.rjouVC2XZhGOZRS6WTqr6".to_owned(),
        "scrypt$1073741824$salt$8$1$hash".to_owned(),
        "scrypt$16384$salt$8$4294967295$hash".to_owned(),
        "scrypt$16384$salt$4294967295$1$hash".to_owned(),
        "scrypt$2$salt$4194304$5$hash".to_owned(),
    ];
    for text in columns {
        assert_eq!(Parameters::of_column(&text), None, "{text}");
        let hashers = cheap().map(|parameters| parameters.hasher().unwrap());
        let column = column(&text);
        assert!(
            !hashers.iter().any(|hasher| hasher.can_read(&column) || hasher.verify("pw", &column)),
            "{text}"
        );
    }
}

#[test]
fn an_argon2_column_in_another_spelling_is_not_read() {
    let (salt, hash) = ("c2Vhc2FsdHNlYXNhbHRzZWFzYWx0MQ", "4yyZFetj7GXZlpnRbzjPXA");
    let column = |costs: &str| format!("argon2$argon2id${costs}${salt}${hash}");
    assert!(Parameters::of_column(&column("v=19$m=64,t=1,p=1")).is_some());
    let costs = [
        "v=19$m=064,t=1,p=1",
        "v=19$m=+64,t=1,p=1",
        "v=19$m= 64,t=1,p=1",
        "v=19$m=6_4,t=1,p=1",
        "v=19$t=1,m=64,p=1",
        "v=19$m=64,t=1,p=1,x=1",
        "v=19$m=64,t=1",
        "v=019$m=64,t=1,p=1",
        "v=17$m=64,t=1,p=1",
        "v=19$v=19$m=64,t=1,p=1",
        "m=64,t=1,p=1$v=19",
        "v=19$M=64,t=1,p=1",
        "v=19$m=\u{0666}4,t=1,p=1",
    ];
    let with_costs = costs.map(column);
    let whole = column("v=19$m=64,t=1,p=1");
    let others = [format!("{whole}="), format!("{whole}$"), format!("{whole} "), whole.replace("PXA", "PXB")];
    for text in with_costs.iter().chain(&others) {
        assert_eq!(Parameters::of_column(text), None, "{text}");
    }
}

#[test]
fn s_11_the_greatest_work_allowed_can_be_read() {
    let rest = "c2Vhc2FsdHNlYXNhbHRzZWFzYWx0MQ$LKtDNNhMZmTry0c2/xLT/CEjNL8SMQ68hFjy0uqtXGA";
    let columns = [
        "pbkdf2_sha256$20000000$salt$hash".to_owned(),
        format!("argon2$argon2id$v=19$m=1048576,t=4,p=255${rest}"),
        "bcrypt$$2b$16$N9qo8uLOickgx2ZMRZoMyeq40cQSXIo.rjouVC2XZhGOZRS6WTqr6".to_owned(),
        "scrypt$1048576$salt$8$2$hash".to_owned(),
    ];
    for text in columns {
        assert!(Parameters::of_column(&text).is_some(), "{text}");
    }
}

#[test]
fn parameters_out_of_bounds_build_no_hasher() {
    let error = |parameters: Parameters| parameters.hasher().err().map(|error| error.to_string());
    let argon2 = |memory_cost| Parameters::Argon2(Argon2Parameters { memory_cost, ..Default::default() });
    let scrypt = |work_factor, parallelism| Parameters::Scrypt { work_factor, block_size: 8, parallelism };
    assert_eq!(
        error(Parameters::Pbkdf2Sha256 { iterations: 0 }).unwrap(),
        "iterations of pbkdf2_sha256 is 0: use a value from 1 to 20000000"
    );
    assert_eq!(error(argon2(63)).unwrap(), "memory_cost of argon2 is 63: use a value from 64 to 1048576");
    assert_eq!(error(scrypt(1000, 1)).unwrap(), "work_factor of scrypt is 1000: use a power of two");
    assert_eq!(
        error(scrypt(1 << 17, 1)).unwrap(),
        "scrypt with these parameters writes 129 characters, but the column holds 128: use smaller ones"
    );
    assert_eq!(error(scrypt(1 << 16, 2)), None);
    for parameters in cheap() {
        assert_eq!(error(parameters), None, "{parameters:?}");
    }
}

#[test]
fn new_columns_fit_into_the_database() {
    for name in super::super::ALGORITHMS {
        let parameters = Parameters::named(name).unwrap();
        let column = parameters.hasher().unwrap().encode("pw", &Salt::draw(bytes(1))).unwrap();
        assert!(column.as_str().len() <= 128, "{parameters:?}");
        assert_eq!(Parameters::of_column(column.as_str()), Some(parameters));
        assert!(!parameters.hasher().unwrap().must_update(&column), "{parameters:?}");
    }
}

#[test]
fn a_chain_names_its_mistakes() {
    let error = |names: &[&str]| Chain::named(names.iter().copied()).unwrap_err();
    assert_eq!(error(&[]), HasherError::Empty);
    assert_eq!(error(&["argon2", "argon2"]), HasherError::Twice { algorithm: "argon2" });
    assert_eq!(error(&["sha1"]), HasherError::Unknown { name: "sha1".to_owned() });
}

#[test]
fn the_default_chain_is_djangos() {
    let expected = r#"["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "scrypt"]"#;
    assert_eq!(format!("{:?}", Chain::default()), expected);
}

#[test]
fn s_09_only_parameters_that_resist_guessing_are_strong() {
    let strong = |name| Parameters::named(name).unwrap().are_strong();
    for (name, expected) in [
        ("pbkdf2_sha256", true),
        ("pbkdf2_sha1", false),
        ("argon2", true),
        ("bcrypt_sha256", true),
        ("scrypt", true),
        ("bcrypt", true),
        ("md5", false),
    ] {
        assert_eq!(strong(name), expected, "{name}");
    }
    let argon2 = |memory_cost, time_cost| Argon2Parameters { memory_cost, time_cost, ..Default::default() };
    assert!(Parameters::Argon2(argon2(19_456, 2)).are_strong());
    assert!(!Parameters::Argon2(argon2(19_455, 2)).are_strong());
    assert!(!Parameters::Pbkdf2Sha256 { iterations: 599_999 }.are_strong());
    assert!(!Parameters::Bcrypt { rounds: 9 }.are_strong());
    assert!(!Parameters::Scrypt { work_factor: 16_384, block_size: 8, parallelism: 4 }.are_strong());
    assert!(cheap().iter().all(|parameters| !parameters.are_strong()));
}

#[test]
fn s_12_plain_bcrypt_keeps_old_long_passwords_and_takes_no_new_ones() {
    let old = "bcrypt$$2b$04$N9qo8uLOickgx2ZMRZoMyedlslr.Jty7xCSm4JGSxc8PDTmSzo582";
    let long = "x".repeat(73);
    let chain = Chain::new(vec![Parameters::Bcrypt { rounds: 5 }.hasher().unwrap()]).unwrap();
    let kept = Verdict { correct: true, must_update: false };
    assert_eq!(chain.check(Some(&long), Some(&column(old))), kept);
    assert!(chain.check(Some(&long[..72]), Some(&column(old))).must_update);
    assert!(!chain.check(Some(&long[..71]), Some(&column(old))).correct);
    assert!(chain.encode(&long, &salt()).is_err());
    assert_eq!(chain.check(Some(&long), None), WRONG);
}

#[test]
fn s_14_ten_thousand_salts_are_all_different() {
    let mut fill = bytes(14);
    let salts: Vec<_> = (0..10_000).map(|_| Salt::draw(&mut fill)).collect();
    let texts: HashSet<_> = salts.iter().map(Salt::text).collect();
    let raws: HashSet<_> = salts.iter().map(Salt::raw).collect();
    assert_eq!((texts.len(), raws.len()), (10_000, 10_000));
}

#[test]
fn s_14_each_character_of_a_salt_is_equally_likely() {
    // Every byte once: 248 of them make characters, so each of 62 must come four times.
    let mut next = 0..=255;
    let text = super::super::salt::alphanumeric(248, |slice| {
        for byte in slice {
            *byte = next.next().unwrap_or_default();
        }
    });
    let counts: HashSet<_> =
        text.chars().map(|wanted| text.chars().filter(|&it| it == wanted).count()).collect();
    assert_eq!(counts, HashSet::from([4]));
}

#[test]
fn the_missing_work_makes_up_for_an_old_column() {
    let old = column("pbkdf2_sha256$1000$seasaltseasaltseasalt1$hash");
    let missing = Pbkdf2::sha256(1_000_000).missing(&old).unwrap();
    assert_eq!(missing.parameters(), Parameters::Pbkdf2Sha256 { iterations: 999_000 });
    assert!(Pbkdf2::sha256(1000).missing(&old).is_none());
    assert!(Pbkdf2::sha256(500).missing(&old).is_none());
    assert!(Pbkdf2::sha1(1_000_000).missing(&old).is_none());

    let old = "bcrypt$$2b$10$N9qo8uLOickgx2ZMRZoMyeq40cQSXIo.rjouVC2XZhGOZRS6WTqr6";
    let old = bcrypt::Column::parse(old).unwrap();
    assert!(Bcrypt::plain(12).missing(&old).eq([10, 11]));
    assert!(Bcrypt::plain(10).missing(&old).is_empty() && Bcrypt::plain(9).missing(&old).is_empty());

    let old = column("argon2$argon2id$v=19$m=65536,t=1,p=4$c2Vhc2FsdHNlYXNhbHRzZWFzYWx0MQ$AAAAAA");
    let new = Argon2Parameters::default();
    let missing = Argon2Parameters { memory_cost: 102_400 - 32_768, ..new };
    assert_eq!(Argon2::new(new).missing(&old), Some(missing));
    assert_eq!(Argon2::new(Argon2Parameters { memory_cost: 1024, ..new }).missing(&old), None);

    let old = column("scrypt$16384$salt$8$1$hash");
    let missing = Parameters::Scrypt { work_factor: 16_384, block_size: 8, parallelism: 4 };
    let new = Scrypt::new(16_384, 8, 5);
    assert_eq!(new.missing(&old).map(|column| column.parameters()), Some(missing));
    assert!(Scrypt::new(16_384, 8, 1).missing(&old).is_none());
}

#[test]
fn s_17_a_wrong_password_takes_as_long_for_an_old_row_as_for_a_new_one() {
    let new = [
        Parameters::Pbkdf2Sha256 { iterations: 50_000 },
        Parameters::Pbkdf2Sha1 { iterations: 50_000 },
        Parameters::Argon2(Argon2Parameters { memory_cost: 8_192, parallelism: 2, ..Default::default() }),
        Parameters::BcryptSha256 { rounds: 8 },
        Parameters::Bcrypt { rounds: 8 },
        Parameters::Scrypt { work_factor: 2_048, block_size: 8, parallelism: 3 },
        Parameters::Md5,
    ];
    for (old, new) in cheap().into_iter().zip(new) {
        let encoded = old.hasher().unwrap().encode("pw", &salt()).unwrap();
        let chain = Chain::new(vec![new.hasher().unwrap()]).unwrap();
        let check = || chain.check(Some("wrong"), Some(&encoded));
        assert_eq!(check(), Verdict { correct: false, must_update: old != new });
        // Without the missing work it takes a hundredth of the time, so a busy machine does not matter.
        let (whole, hardened) = (fastest(|| chain.encode("wrong", &salt())), fastest(check));
        assert!(hardened * 10 >= whole || old == new, "{new:?}: {hardened:?} instead of {whole:?}");
    }
}

/// The shortest of five runs.
fn fastest<R>(run: impl Fn() -> R) -> Duration {
    let time = |_| {
        #[expect(clippy::disallowed_methods, reason = "time is what is tested")]
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    (0..5).map(time).min().unwrap()
}

#[test]
fn s_15_nothing_secret_is_printed() {
    let texts = ["pbkdf2_sha256$1000$salt$hash", "!x", "hunter2", "hunter2$"];
    let printed = texts.map(|text| format!("{:?}", column(text)));
    let expected = ["pbkdf2_sha256", "unusable", "unknown", "unknown"];
    assert_eq!(printed, expected.map(|what| format!("EncodedPassword({what})")));
}
