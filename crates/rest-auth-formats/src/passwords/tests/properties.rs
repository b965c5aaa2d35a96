//! What holds for all inputs.

use proptest::{prelude::*, sample::select};

use super::{
    super::{
        ALGORITHMS, Argon2Parameters, Chain, EncodedPassword, Parameters, Salt, Variety, argon2, identify,
        is_usable, pbkdf2::pbkdf2_sha256,
    },
    cheap, salt,
};

/// Text that looks more or less like a column.
fn columnish() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        select(ALGORITHMS.as_slice()).prop_map(str::to_owned),
        select(
            [
                "",
                "2b",
                "2y",
                "04",
                "4",
                "argon2id",
                "argon2i",
                "v=19",
                "v=16",
                "m=64,t=1,p=1",
                "m=8,t=1",
                "16",
                "1",
                "0",
                "01",
                "-1",
                "99999999999",
                "c2Vhc2FsdA",
                "ü",
                "!",
                "N9qo8uLOickgx2ZMRZoMye.xaNMCfN.Gf4zcc/5T0w5Gvk/0yMeY6",
            ]
            .as_slice()
        )
        .prop_map(str::to_owned),
        "[ -~]{0,8}",
        ".{0,4}",
    ];
    prop::collection::vec(field, 0..8).prop_map(|fields| fields.join("$"))
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in prop_oneof![columnish(), any::<String>()]) {
        let column = EncodedPassword::from_column(text.as_str());
        let read = Parameters::of_column(&text);
        if let Some(parameters) = read {
            prop_assert_eq!(identify(&text), Some(parameters.algorithm()));
            prop_assert!(is_usable(&text) && parameters.check().is_ok());
        }
        for parameters in cheap() {
            let hasher = parameters.hasher().unwrap();
            let mine = read.is_some_and(|read| read.algorithm() == hasher.algorithm());
            prop_assert_eq!(hasher.can_read(&column), mine);
            prop_assert!(mine || hasher.must_update(&column));
        }
        let _ = format!("{column:?}");
    }

    #[test]
    fn a_column_that_is_not_a_hash_matches_no_password(text in columnish(), password: String) {
        // Only what costs little to try.
        let cheap_enough = match Parameters::of_column(&text) {
            Some(Parameters::Pbkdf2Sha256 { iterations } | Parameters::Pbkdf2Sha1 { iterations }) => iterations < 100,
            Some(Parameters::Argon2(parameters)) => parameters.memory_cost * parameters.time_cost < 100,
            Some(Parameters::BcryptSha256 { rounds } | Parameters::Bcrypt { rounds }) => rounds < 5,
            Some(Parameters::Scrypt { work_factor, block_size, parallelism }) => {
                work_factor * block_size * parallelism < 100
            }
            Some(Parameters::Md5) | None => true,
        };
        prop_assume!(cheap_enough);
        let chain = Chain::new(cheap().map(|parameters| parameters.hasher().unwrap()).into()).unwrap();
        prop_assert!(!chain.check(Some(&password), Some(&EncodedPassword::from_column(text))).correct);
    }

    #[test]
    fn what_is_encoded_verifies_and_no_other_password_does(
        parameters in select(cheap().to_vec()),
        password: String,
        other: String,
        raw: [u8; 16],
        text in "[^$]{1,30}",
    ) {
        let hasher = parameters.hasher().unwrap();
        let salt = Salt::fixed(&text, raw).unwrap();
        prop_assume!(!matches!(parameters, Parameters::Argon2(_)) || text.len() >= 8);
        let limit = hasher.longest_password().unwrap_or(usize::MAX);
        prop_assume!(password.len() <= limit && other.len() <= limit);
        // HMAC pads keys with zeros, and bcrypt repeats them: equal keys make equal hashes.
        prop_assume!(!password.contains('\0') && !other.contains('\0') && password != other);
        let encoded = hasher.encode(&password, &salt).unwrap();
        prop_assert!(hasher.can_read(&encoded));
        prop_assert!(hasher.verify(&password, &encoded));
        prop_assert!(!hasher.verify(&other, &encoded));
        prop_assert_eq!(Parameters::of_column(encoded.as_str()), Some(parameters));
        prop_assert_eq!(hasher.encode(&password, &salt), Ok(encoded));
    }

    #[test]
    fn a_changed_character_never_verifies(
        parameters in select(cheap().to_vec()),
        place: prop::sample::Index,
        instead in prop_oneof!["[ -~]", any::<char>().prop_map(String::from)],
    ) {
        let hasher = parameters.hasher().unwrap();
        let encoded = hasher.encode("pw", &salt()).unwrap().into_string();
        let place = place.index(encoded.len());
        let mut changed = encoded.clone();
        changed.replace_range(place..=place, &instead);
        prop_assume!(changed != encoded);
        // The versions of bcrypt are four names of one algorithm.
        prop_assume!(!changed.contains("$$2a$") && !changed.contains("$$2x$") && !changed.contains("$$2y$"));
        // A digit more can cost seconds.
        prop_assume!(!changed.contains("$$2b$14$"));
        let chain = Chain::new(vec![hasher]).unwrap();
        prop_assert!(!chain.check(Some("pw"), Some(&EncodedPassword::from_column(changed))).correct);
    }

    #[test]
    fn our_pbkdf2_is_the_general_one(
        password in prop::collection::vec(any::<u8>(), 0..200),
        salt in prop::collection::vec(any::<u8>(), 0..200),
        iterations in 1u32..40,
    ) {
        let general = pbkdf2::pbkdf2_hmac_array::<sha2::Sha256, 32>(&password, &salt, iterations);
        prop_assert_eq!(pbkdf2_sha256(&password, &salt, iterations), general);
    }

    #[test]
    fn both_argon2_agree(
        variety in select([Variety::Argon2id, Variety::Argon2i, Variety::Argon2d].as_slice()),
        version_16: bool,
        (parallelism, more) in (1u32..10, 0u32..200),
        time_cost in 1u32..4,
        hash_len in 4u32..=64,
        password in prop::collection::vec(any::<u8>(), 0..200),
        salt in prop::collection::vec(any::<u8>(), 8..60),
    ) {
        let memory_cost = 8 * parallelism + more;
        let parameters = Argon2Parameters { variety, version_16, memory_cost, time_cost, parallelism, hash_len };
        let portable = argon2::portable_hash(parameters, &password, &salt);
        prop_assert_eq!(argon2::fast_hash(parameters, &password, &salt), Some(portable));
    }
}

/// Key and salt lengths around the block boundaries of SHA-256, one by one.
#[test]
fn our_pbkdf2_is_the_general_one_at_every_length() {
    let bytes: Vec<u8> = (0..=255).collect();
    for length in 0..=130 {
        for (password, salt) in [(&bytes[..length], &bytes[..9]), (&bytes[..9], &bytes[..length])] {
            for iterations in [1, 2, 3, 1000] {
                let general = pbkdf2::pbkdf2_hmac_array::<sha2::Sha256, 32>(password, salt, iterations);
                assert_eq!(pbkdf2_sha256(password, salt, iterations), general, "{length} {iterations}");
            }
        }
    }
}
