//! What a password costs: each hasher as Django parametrises it, beside the crates that do the same.
//!
//! Run with `cargo bench -p rest-auth-tests --bench hashers`. A hash runs on one thread, so hashes a second are
//! cores divided by the time shown. The rows of one group compute the same bytes, which is asserted first.

use divan::{Bencher, black_box};
use rest_auth_formats::passwords::{Argon2Parameters, Chain, EncodedPassword, Parameters, Salt};

const PASSWORD: &str = "correct horse battery staple";

fn main() {
    same_results();
    divan::main();
}

fn salt() -> Salt {
    let mut next = 0;
    Salt::draw(|bytes| {
        for byte in bytes {
            next += 1;
            *byte = next;
        }
    })
}

fn chain(parameters: Parameters) -> Chain {
    Chain::new(vec![parameters.hasher().expect("the parameters are good")]).expect("one hasher is a chain")
}

fn encode(bencher: Bencher, parameters: Parameters) {
    let (chain, salt) = (chain(parameters), salt());
    bencher.bench_local(|| chain.encode(black_box(PASSWORD), &salt));
}

/// PBKDF2 with SHA-256, 1,000,000 iterations: what Django 5.2 writes.
#[divan::bench_group(sample_count = 10, sample_size = 1)]
mod pbkdf2_sha256 {
    use super::{Bencher, PASSWORD, Parameters, encode, salt};

    pub(crate) const ITERATIONS: u32 = 1_000_000;

    #[divan::bench]
    fn ours(bencher: Bencher) {
        encode(bencher, Parameters::Pbkdf2Sha256 { iterations: ITERATIONS });
    }

    pub(crate) fn by_rust_crypto(salt: &str, iterations: u32) -> [u8; 32] {
        ::pbkdf2::pbkdf2_hmac_array::<sha2::Sha256, 32>(PASSWORD.as_bytes(), salt.as_bytes(), iterations)
    }

    #[divan::bench]
    fn rust_crypto(bencher: Bencher) {
        let salt = salt();
        bencher.bench_local(|| by_rust_crypto(salt.text(), ITERATIONS));
    }
}

/// Argon2id at the least that OWASP asks for: 19 MiB, two passes, one lane.
#[divan::bench_group(sample_count = 30, sample_size = 1)]
mod argon2_owasp {
    use super::{Argon2Parameters, Bencher, Parameters, argon2, by_rust_crypto, encode};

    const PARAMETERS: Argon2Parameters = argon2(19_456, 1);

    #[divan::bench]
    fn ours(bencher: Bencher) {
        encode(bencher, Parameters::Argon2(PARAMETERS));
    }

    #[divan::bench]
    fn rust_crypto(bencher: Bencher) {
        by_rust_crypto(bencher, PARAMETERS);
    }
}

/// Argon2id as Django 5.2 writes it: 100 MiB, two passes, eight lanes (on one thread).
#[divan::bench_group(sample_count = 10, sample_size = 1)]
mod argon2_django {
    use super::{Argon2Parameters, Bencher, Parameters, argon2, by_rust_crypto, encode};

    const PARAMETERS: Argon2Parameters = argon2(102_400, 8);

    #[divan::bench]
    fn ours(bencher: Bencher) {
        encode(bencher, Parameters::Argon2(PARAMETERS));
    }

    #[divan::bench]
    fn rust_crypto(bencher: Bencher) {
        by_rust_crypto(bencher, PARAMETERS);
    }
}

/// The other hashers of Django's list, with its parameters.
#[divan::bench(args = ["pbkdf2_sha1", "scrypt", "bcrypt_sha256", "md5"], sample_count = 5, sample_size = 1)]
fn other(bencher: Bencher, algorithm: &str) {
    encode(bencher, Parameters::named(algorithm).expect("the name is Django's"));
}

const fn argon2(memory_cost: u32, parallelism: u32) -> Argon2Parameters {
    Argon2Parameters {
        variety: rest_auth_formats::passwords::Variety::Argon2id,
        version_16: false,
        memory_cost,
        time_cost: 2,
        parallelism,
        hash_len: 32,
    }
}

fn by_rust_crypto(bencher: Bencher, parameters: Argon2Parameters) {
    let salt = salt();
    bencher.bench_local(|| rust_crypto_argon2(parameters, &salt));
}

fn rust_crypto_argon2(parameters: Argon2Parameters, salt: &Salt) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    let Argon2Parameters { memory_cost, time_cost, parallelism, .. } = parameters;
    let costs = ::argon2::Params::new(memory_cost, time_cost, parallelism, None).expect("they are good");
    let hasher = ::argon2::Argon2::new(::argon2::Algorithm::Argon2id, ::argon2::Version::V0x13, costs);
    let mut hash = [0; 32];
    hasher
        .hash_password_into(PASSWORD.as_bytes(), salt.text().as_bytes(), &mut hash)
        .expect("it is possible");
    STANDARD_NO_PAD.encode(hash)
}

/// A comparison of unequal computations would be worth nothing.
fn same_results() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let column = |parameters| -> EncodedPassword {
        chain(parameters).encode(PASSWORD, &salt()).expect("the password is short enough")
    };
    let ours = column(Parameters::Pbkdf2Sha256 { iterations: 1000 });
    let theirs = STANDARD.encode(pbkdf2_sha256::by_rust_crypto(salt().text(), 1000));
    assert!(ours.as_str().ends_with(&theirs), "PBKDF2 differs");
    let parameters = argon2(19_456, 1);
    let ours = column(Parameters::Argon2(parameters));
    assert!(ours.as_str().ends_with(&rust_crypto_argon2(parameters, &salt())), "argon2 differs");
}
