//! The ceiling of logins: hashes a second, on every core, by the hashers that the server uses, and nothing else.

use std::time::Duration;

use rest_auth_formats::passwords::{Chain, Salt};

use super::Failure;
use super::machine;
use super::stopwatch::now;

/// Hashes a second with Django's default hasher, one thread for each core.
pub(super) fn measure(span: Duration) -> Result<f64, Failure> {
    let chain = Chain::default();
    let salt = Salt::draw(|bytes| bytes.fill(7));
    let until = now() + span;
    let rates: Vec<Result<f64, Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..machine::cores())
            .map(|_| {
                scope.spawn(|| {
                    let begin = now();
                    let mut hashes = 0;
                    while now() < until {
                        chain.encode("a password of the usual length", &salt)?;
                        hashes += 1;
                    }
                    Ok(f64::from(hashes) / begin.elapsed().as_secs_f64())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("hashing does not panic")).collect()
    });
    rates.into_iter().sum()
}
