//! The hash that stands for a key everywhere but in the caller's hand.

use std::fmt;

use ring::digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::IdError;

/// SHA-256 of a plaintext key. The plaintext itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyHash([u8; 32]);

// === impl KeyHash ===

impl KeyHash {
    /// The hash of a key as the caller sends it.
    pub fn of_plaintext(key: &str) -> Self {
        Self::of_digest(&digest::digest(&digest::SHA256, key.as_bytes()))
    }

    /// A SHA-256 that is at hand.
    pub(crate) fn of_digest(digest: &digest::Digest) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        Self(hash)
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`IdError`] for anything else.
    pub fn parse_hex(text: &str) -> Result<Self, IdError> {
        let bad = IdError { expected: "a SHA-256 of 64 hexadecimal digits" };
        if text.len() != 64 {
            return Err(bad);
        }
        let mut hash = [0; 32];
        for (to, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return Err(bad) };
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return Err(bad) };
            *to = (high << 4) | low;
        }
        Ok(Self(hash))
    }

    /// The first sixteen hexadecimal digits: enough to tell keys apart, and what ids of calls carry.
    pub fn short(&self) -> String {
        hex(&self.0).take(16).map(char::from).collect()
    }

    /// The first eight bytes as a number.
    pub(crate) fn prefix(&self) -> u64 {
        self.0.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
    }
}

/// Hexadecimal digits, in lower case.
pub(super) fn hex(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let digit = |four: u8| if four < 10 { b'0' + four } else { b'a' + four - 10 };
    bytes.iter().flat_map(move |byte| [digit(byte >> 4), digit(byte & 15)])
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        for (to, from) in text.iter_mut().zip(hex(&self.0)) {
            *to = from;
        }
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({})", self.short())
    }
}

impl Serialize for KeyHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_hex(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_sha_256_of_the_plaintext() {
        let hash = KeyHash::of_plaintext("abc");
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), hex);
        assert_eq!(KeyHash::parse_hex(hex), Ok(hash));
        assert_eq!(KeyHash::parse_hex(&hex.to_uppercase()), Ok(hash));
        assert_eq!(hash.short(), &hex[..16]);
    }

    #[test]
    fn refuses_what_is_no_hash() {
        for text in ["", "sk-1234", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
            assert!(KeyHash::parse_hex(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_only_the_beginning() {
        assert_eq!(format!("{:?}", KeyHash::of_plaintext("abc")), "KeyHash(ba7816bf8f01cfea)");
    }
}
