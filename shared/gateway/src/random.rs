//! Randomness, injected so that tests own it.

use std::fmt::Debug;

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

/// The operating system's generator.
#[derive(Debug)]
pub struct SystemRandomness(SystemRandom);

// === impl SystemRandomness ===

impl Default for SystemRandomness {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.0.fill(bytes).map_err(|_| NoRandomness)
    }
}
