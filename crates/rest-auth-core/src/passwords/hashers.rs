//! The chain of hashers that `[password] hashers` describes.

use rest_auth_formats::passwords::{Argon2Parameters, Chain, Parameters};

use crate::settings::{HasherEntry, Problem, TunedHasher};

/// Builds the chain, or says which entry is wrong and what would be right.
pub fn chain(entries: &[HasherEntry]) -> Result<Chain, Problem> {
    let problem = |message: String| Problem { key: "password.hashers".to_owned(), message, hint: None };
    let mut hashers = Vec::new();
    for entry in entries {
        let parameters = parameters(entry)?;
        hashers.push(parameters.hasher().map_err(|error| problem(error.to_string()))?);
    }
    Chain::new(hashers).map_err(|error| problem(error.to_string()))
}

/// The work factors that an entry asks for: Django's, with those changed that it names.
pub fn parameters(entry: &HasherEntry) -> Result<Parameters, Problem> {
    let problem = |message: String| Problem { key: "password.hashers".to_owned(), message, hint: None };
    let named = Parameters::named(entry.algorithm()).map_err(|error| problem(error.to_string()))?;
    let HasherEntry::Tuned(tuned) = entry else { return Ok(named) };
    let mut left = tuned.clone();
    let tuned = tune(named, &mut left);
    match first_left(&left) {
        None => Ok(tuned),
        Some(name) => Err(problem(format!("{} has no parameter {name}", entry.algorithm()))),
    }
}

/// Takes from `given` what the algorithm knows.
fn tune(named: Parameters, given: &mut TunedHasher) -> Parameters {
    let mut take =
        |slot: fn(&mut TunedHasher) -> &mut Option<u32>, default: u32| slot(given).take().unwrap_or(default);
    match named {
        Parameters::Pbkdf2Sha256 { iterations } => {
            Parameters::Pbkdf2Sha256 { iterations: take(|g| &mut g.iterations, iterations) }
        }
        Parameters::Pbkdf2Sha1 { iterations } => {
            Parameters::Pbkdf2Sha1 { iterations: take(|g| &mut g.iterations, iterations) }
        }
        Parameters::Argon2(argon2) => Parameters::Argon2(Argon2Parameters {
            time_cost: take(|g| &mut g.time_cost, argon2.time_cost),
            memory_cost: take(|g| &mut g.memory_cost, argon2.memory_cost),
            parallelism: take(|g| &mut g.parallelism, argon2.parallelism),
            ..argon2
        }),
        Parameters::BcryptSha256 { rounds } => {
            Parameters::BcryptSha256 { rounds: take(|g| &mut g.rounds, rounds) }
        }
        Parameters::Bcrypt { rounds } => Parameters::Bcrypt { rounds: take(|g| &mut g.rounds, rounds) },
        Parameters::Scrypt { work_factor, block_size, parallelism } => Parameters::Scrypt {
            work_factor: take(|g| &mut g.work_factor, work_factor),
            block_size: take(|g| &mut g.block_size, block_size),
            parallelism: take(|g| &mut g.parallelism, parallelism),
        },
        Parameters::Md5 => Parameters::Md5,
    }
}

/// A parameter that was given and nobody took.
fn first_left(left: &TunedHasher) -> Option<&'static str> {
    let all = [
        ("iterations", left.iterations),
        ("time_cost", left.time_cost),
        ("memory_cost", left.memory_cost),
        ("parallelism", left.parallelism),
        ("rounds", left.rounds),
        ("work_factor", left.work_factor),
        ("block_size", left.block_size),
    ];
    all.into_iter().find(|(_, value)| value.is_some()).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuned(algorithm: &str, change: impl Fn(&mut TunedHasher)) -> HasherEntry {
        let mut entry = TunedHasher { algorithm: algorithm.to_owned(), ..TunedHasher::default() };
        change(&mut entry);
        HasherEntry::Tuned(entry)
    }

    #[test]
    fn a_table_changes_what_it_names_and_nothing_else() {
        let entry = tuned("scrypt", |entry| entry.work_factor = Some(1024));
        assert_eq!(
            parameters(&entry).unwrap(),
            Parameters::Scrypt { work_factor: 1024, block_size: 8, parallelism: 5 }
        );
    }

    #[test]
    fn a_parameter_of_another_algorithm_is_refused_by_name() {
        let entry = tuned("pbkdf2_sha256", |entry| entry.rounds = Some(12));
        assert!(parameters(&entry).unwrap_err().message.contains("has no parameter rounds"));
    }

    #[test]
    fn a_chain_needs_at_least_one_hasher_and_none_twice() {
        assert!(chain(&[]).is_err());
        let md5 = HasherEntry::Name("md5".to_owned());
        assert!(chain(&[md5.clone(), md5]).is_err());
    }
}
