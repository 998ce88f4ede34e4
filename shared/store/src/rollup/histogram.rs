//! Latencies as counts in fixed ranges: two histograms are merged by adding their counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts in ranges, each 1.2 times as wide as the one before: 5 ms and below, then up to 600 s, then
/// beyond. A quantile read from it is at most a fifth above the true one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histogram(BTreeMap<u8, u64>);

/// The range of what is beyond; those before it have upper ends.
const LAST: u8 = 65;

// === impl Histogram ===

impl Histogram {
    /// Counts a duration, in milliseconds. A negative one counts as none.
    pub fn add(&mut self, millis: i64) {
        let count = self.0.entry(range_of(millis)).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another one.
    pub fn merge(&mut self, other: &Self) {
        for (range, count) in &other.0 {
            let sum = self.0.entry(*range).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The upper end, in milliseconds, of the range in which so many of a hundred durations are
    /// reached; `None` where none was counted.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = self.count().saturating_mul(percent).div_ceil(100).max(1);
        let mut seen: u64 = 0;
        self.0.iter().find_map(|(range, count)| {
            seen = seen.saturating_add(*count);
            (seen >= rank).then(|| upper(*range).div_ceil(1000))
        })
    }

    /// Whether nothing was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn range_of(millis: i64) -> u8 {
    let micros = u64::try_from(millis).unwrap_or(0).saturating_mul(1000);
    let range = uppers().zip(0..LAST).find(|(upper, _)| micros <= *upper);
    range.map_or(LAST, |(_, range)| range)
}

fn upper(range: u8) -> u64 {
    uppers().nth(range.into()).unwrap_or(u64::MAX)
}

/// Upper ends of the ranges, in microseconds.
fn uppers() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(5_000), |end: &u64| Some(end.saturating_mul(6).div_ceil(5)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(durations: impl IntoIterator<Item = i64>) -> Histogram {
        let mut histogram = Histogram::default();
        durations.into_iter().for_each(|millis| histogram.add(millis));
        histogram
    }

    #[test]
    fn percentiles_are_at_most_a_fifth_above_the_truth() {
        let histogram = of(1..=10_000);
        for (percent, truth) in [(1, 100), (50, 5_000), (95, 9_500), (99, 9_900), (100, 10_000)] {
            let read = histogram.percentile(percent).unwrap();
            assert!(read >= truth && read * 100 <= truth * 121, "{percent}: {read}");
        }
    }

    #[test]
    fn merging_is_counting_all_of_them() {
        let mut merged = of([1, 7, 90]);
        merged.merge(&of([7, 600_000, 10_000_000, -5]));
        assert_eq!(merged, of([1, 7, 90, 7, 600_000, 10_000_000, -5]));
        assert_eq!(merged.count(), 7);
    }

    #[test]
    fn the_ends_are_those_that_are_told() {
        assert_eq!(of([5]).percentile(50), Some(5));
        assert_eq!(range_of(6), 1);
        assert!(upper(LAST) > 600_000_000, "{}", upper(LAST));
        assert_eq!(of([]).percentile(50), None);
    }
}
