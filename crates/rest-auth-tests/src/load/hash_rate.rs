//! The ceiling of logins: hashes a second, on every core, by the hashers that the server uses, and nothing else.

use std::time::{Duration, Instant};

use rest_auth_formats::passwords::{Chain, Salt};

use super::Failure;
use super::machine;
use super::process::own_cpu;
use super::stopwatch::now;

/// What hashes cost.
pub(super) struct HashRate {
    /// Hashes a second, on all cores together.
    pub(super) rate: f64,
    /// CPU time of one.
    pub(super) cpu_millis: f64,
}

/// Makes hashes with Django's default hasher, one thread for each core.
pub(super) fn measure(span: Duration) -> Result<HashRate, Failure> {
    let until = now() + span;
    let threads: Vec<Result<HashRate, Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..machine::cores()).map(|_| scope.spawn(|| on_this_thread(until))).collect();
        threads.into_iter().map(|thread| thread.join().expect("hashing does not panic")).collect()
    });
    let threads = threads.into_iter().collect::<Result<Vec<_>, _>>()?;
    let rate = threads.iter().map(|thread| thread.rate).sum();
    // Weighed by how many hashes a thread has made.
    let busy: f64 = threads.iter().map(|thread| thread.rate * thread.cpu_millis).sum();
    Ok(HashRate { rate, cpu_millis: busy / rate })
}

fn on_this_thread(until: Instant) -> Result<HashRate, Failure> {
    let chain = Chain::default();
    let salt = Salt::draw(|bytes| bytes.fill(7));
    let (begin, before) = (now(), own_cpu()?);
    let mut hashes = 0;
    while now() < until {
        chain.encode("a password of the usual length", &salt)?;
        hashes += 1;
    }
    let used = own_cpu()?.saturating_sub(before);
    let hashes = f64::from(hashes);
    Ok(HashRate {
        rate: hashes / begin.elapsed().as_secs_f64(),
        cpu_millis: used.as_secs_f64() * 1000.0 / hashes,
    })
}
