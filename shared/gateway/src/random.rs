//! Randomness, injected so that tests own it.

use std::{
    fmt::Debug,
    sync::{Mutex, PoisonError},
};

use ring::rand::{SecureRandom, SystemRandom};

/// A source of random bytes for keys and ids.
pub trait Randomness: Send + Sync + Debug {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`NoRandomness`] when the operating system has none to give; nothing secret may then be made.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness;

/// The operating system's generator. What ids and shuffles take of it is fetched some at a time: each
/// call has an id, and a system call for that alone would be one in five. Keys come straight from it.
#[derive(Debug)]
pub struct SystemRandomness {
    system: SystemRandom,
    stock: Mutex<Vec<u8>>,
}

/// Most bytes that are taken from the stock at once.
const SMALL: usize = 16;
/// Bytes that are fetched at once.
const STOCK: usize = 512;

// === impl SystemRandomness ===

impl Default for SystemRandomness {
    fn default() -> Self {
        Self { system: SystemRandom::new(), stock: Mutex::default() }
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        if bytes.len() > SMALL {
            return self.system.fill(bytes).map_err(|_| NoRandomness);
        }
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        if stock.len() < bytes.len() {
            stock.clear();
            let mut fresh = vec![0; STOCK];
            self.system.fill(&mut fresh).map_err(|_| NoRandomness)?;
            *stock = fresh;
        }
        let from = stock.len() - bytes.len();
        bytes.iter_mut().zip(stock.drain(from..)).for_each(|(to, byte)| *to = byte);
        Ok(())
    }
}

/// A random name of the form that RFC 9562 calls version 4.
///
/// # Errors
/// [`NoRandomness`].
pub(crate) fn uuid(random: &dyn Randomness) -> Result<String, NoRandomness> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes)?;
    let number = u128::from_be_bytes(bytes);
    let plain = number & !(0xf << 76) & !(0x3 << 62);
    let mut text = format!("{:032x}", plain | (0x4 << 76) | (0x2 << 62));
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_name_is_of_the_fourth_version_and_new() {
        let random = SystemRandomness::default();
        let names: HashSet<String> = (0..100).map(|_| uuid(&random).unwrap()).collect();
        assert_eq!(names.len(), 100);
        for name in names {
            let parts: Vec<usize> = name.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{name}");
            assert!(name[14..].starts_with('4') && "89ab".contains(&name[19..20]), "{name}");
        }
    }

    #[test]
    fn no_bytes_are_given_twice() {
        let random = SystemRandomness::default();
        let mut seen = HashSet::new();
        for _ in 0..STOCK {
            let (mut id, mut key) = ([0; 10], [0; 32]);
            random.fill(&mut id).unwrap();
            random.fill(&mut key).unwrap();
            assert!(seen.insert(id.to_vec()) && seen.insert(key.to_vec()));
        }
    }
}
