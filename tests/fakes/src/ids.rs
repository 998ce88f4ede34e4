//! Ids of the providers' form, each once per fake.

use std::sync::atomic::{AtomicU64, Ordering};

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A source of ids. Two fakes on different ports give different ids.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: AtomicU64,
}

// === impl Ids ===

impl Ids {
    pub(crate) fn new(port: u16) -> Self {
        Self { seed: u64::from(port).wrapping_mul(0x9e37_79b9_7f4a_7c15), next: AtomicU64::new(0) }
    }

    /// `prefix` and `length` letters.
    pub(crate) fn letters(&self, prefix: &str, length: usize) -> String {
        let mut state = self.state();
        let mut id = String::from(prefix);
        for _ in 0..length {
            state = mix(state);
            let at = usize::try_from(state % 62).unwrap_or(0);
            id.push(char::from(LETTERS.get(at).copied().unwrap_or(b'A')));
        }
        id
    }

    /// `prefix` and 32 hexadecimal digits.
    pub(crate) fn hex(&self, prefix: &str) -> String {
        let state = mix(self.state());
        format!("{prefix}{state:016x}{:016x}", mix(state))
    }

    /// A UUID as AWS writes request ids.
    pub(crate) fn uuid(&self) -> String {
        let hex = self.hex("");
        let piece = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-4{}-8{}-{}",
            piece(0, 8),
            piece(8, 12),
            piece(13, 16),
            piece(17, 20),
            piece(20, 32)
        )
    }

    /// Seconds that only go up; answers need a plausible time, not the right one.
    pub(crate) fn created(&self) -> u64 {
        1_790_000_000 + self.next.load(Ordering::Relaxed)
    }

    fn state(&self) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        mix(self.seed ^ number.wrapping_mul(0xd134_2543_de82_ef95))
    }
}

/// One step of splitmix64.
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_providers_form_and_differ() {
        let ids = Ids::new(4000);
        let (a, b) = (ids.letters("msg_01", 22), ids.letters("msg_01", 22));
        assert_ne!(a, b);
        assert_eq!(a.len(), 28);
        assert_eq!(ids.uuid().len(), 36);
        assert_ne!(Ids::new(4001).letters("msg_01", 22), Ids::new(4000).letters("msg_01", 22));
    }
}
