//! How long answers took.

use std::time::Duration;

/// A time for each answer, in microseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    /// One more.
    pub(super) fn add(&mut self, time: Duration) {
        self.micros.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// One more, if it counts.
    pub(super) fn add_if(&mut self, counts: bool, time: Duration) {
        if counts {
            self.add(time);
        }
    }

    /// Those of another client.
    pub(super) fn append(&mut self, mut other: Self) {
        self.micros.append(&mut other.micros);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.micros.len()
    }

    /// The time within which so many thousandths of the answers came; zero if there are none.
    pub(super) fn within(&self, thousandths: usize) -> Duration {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * thousandths).div_ceil(1000).max(1);
        sorted.get(rank - 1).map_or(Duration::ZERO, |&micros| Duration::from_micros(micros.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_time_within_which_that_many_answers_came() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.within(500), Duration::ZERO);
        for millis in (1..=100).rev() {
            latencies.add(Duration::from_millis(millis));
        }
        let millis = [500, 990, 1000].map(|part| latencies.within(part).as_millis());
        assert_eq!(millis, [50, 99, 100]);
        let mut one = Latencies::default();
        one.add(Duration::from_millis(7));
        one.append(Latencies::default());
        assert_eq!([0, 500, 990].map(|part| one.within(part).as_millis()), [7; 3]);
    }
}
