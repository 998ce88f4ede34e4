//! The id of a call: when it began, chance, and whose it is. From the id alone follows where its
//! usage row is stored, so no pointer is kept.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{IdError, KeyHash, key_hash::hex};
use crate::Millis;

/// Crockford's base 32, as ULIDs are written (<https://github.com/ulid/spec>).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const ULID: usize = 26;
/// Letters that a machine word holds, five bits each.
const WORD: usize = 12;
const WORD_MASK: u128 = (1 << (5 * WORD)) - 1;
/// Digits of a key's short hash.
const SHORT: usize = 16;

/// A ULID and the short hash of the key: `01KAXK6V00…-ba7816bf8f01cfea`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CallId {
    /// 48 bits of time, 80 bits of chance.
    ulid: u128,
    key: u64,
}

// === impl CallId ===

impl CallId {
    /// A new id. `random` must come from a good source; two calls of one millisecond differ by it.
    pub fn mint(now: Millis, key: &KeyHash, random: [u8; 10]) -> Self {
        let time = u128::from(now.get().max(0).unsigned_abs()) & 0xffff_ffff_ffff;
        let chance = random.iter().fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        Self { ulid: (time << 80) | chance, key: key.prefix() }
    }

    /// Reads an id as it is written.
    ///
    /// # Errors
    /// [`IdError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bad = IdError { expected: "the id of a call" };
        let (ulid, key) = text.split_once('-').ok_or_else(|| bad.clone())?;
        if key.len() != 16 || key.bytes().any(|b| !matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad);
        }
        let key = u64::from_str_radix(key, 16).map_err(|_| bad.clone())?;
        Ok(Self { ulid: read(ulid).ok_or(bad)?, key })
    }

    /// When the call was admitted.
    pub fn started(&self) -> Millis {
        Millis::new(i64::try_from(self.ulid >> 80).unwrap_or(i64::MAX))
    }

    /// The short hash of the key that made the call.
    pub fn key_short(&self) -> String {
        hex(&self.key.to_be_bytes()).map(char::from).collect()
    }

    /// The same call, known to be this key's.
    #[must_use]
    pub fn by_key(&self, key: &KeyHash) -> Self {
        Self { ulid: self.ulid, key: key.prefix() }
    }

    /// The ULID alone: enough to tell the calls of one key apart.
    pub(crate) fn ulid(&self) -> String {
        self.to_string().chars().take(ULID).collect()
    }

    /// From a ULID and the key it belongs to.
    pub(crate) fn of_key(ulid: &str, key: &KeyHash) -> Option<Self> {
        Some(Self { ulid: read(ulid)?, key: key.prefix() })
    }

    /// A number that spreads calls evenly.
    pub(crate) fn spread(&self) -> u8 {
        u8::try_from(self.ulid & 0xff).unwrap_or(0)
    }
}

fn read(text: &str) -> Option<u128> {
    if text.len() != ULID || !matches!(text.as_bytes().first(), Some(b'0'..=b'7')) {
        return None;
    }
    text.bytes().try_fold(0_u128, |bits, byte| {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        Some((bits << 5) | u128::try_from(digit).ok()?)
    })
}

fn write(bits: u64, letters: &mut [u8]) {
    let mut rest = bits;
    for letter in letters.iter_mut().rev() {
        let digit = usize::try_from(rest & 31).ok().and_then(|at| ALPHABET.get(at));
        *letter = digit.copied().unwrap_or(b'0');
        rest >>= 5;
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written a few times a call: into place, without the formatter.
        let mut text = [b'-'; ULID + 1 + SHORT];
        let mut rest = self.ulid;
        for letters in text.get_mut(..ULID).unwrap_or_default().rchunks_mut(WORD) {
            write(u64::try_from(rest & WORD_MASK).unwrap_or_default(), letters);
            rest >>= 5 * WORD;
        }
        for (to, from) in text.iter_mut().skip(ULID + 1).zip(hex(&self.key.to_be_bytes())) {
            *to = from;
        }
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carries_its_time_and_its_key() {
        let key = KeyHash::of_plaintext("abc");
        let call = CallId::mint(Millis::new(1_469_922_850_259), &key, [0xff; 10]);
        assert_eq!(call.to_string(), "01ARZ3NDEKZZZZZZZZZZZZZZZZ".to_owned() + "-ba7816bf8f01cfea");
        assert_eq!(call.started(), Millis::new(1_469_922_850_259));
        assert_eq!(call.key_short(), key.short());
        assert_eq!(CallId::parse(&call.to_string()), Ok(call.clone()));
        assert_eq!(CallId::of_key(&call.ulid(), &key), Some(call));
    }

    #[test]
    fn sorts_by_time() {
        let key = KeyHash::default();
        let at = |ms| CallId::mint(Millis::new(ms), &key, [9; 10]).to_string();
        assert!(at(5) < at(6) && at(6) < at(1_795_597_200_000));
    }

    #[test]
    fn refuses_what_is_no_call() {
        let good = CallId::default().to_string();
        for text in
            ["", "chatcmpl-123", &good[1..], &good.replace('0', "U"), &good.replace('-', "_")]
        {
            assert!(CallId::parse(text).is_err(), "{text}");
        }
        assert!(CallId::parse(&good.to_uppercase()).is_ok());
        assert!(CallId::parse("80000000000000000000000000-0000000000000000").is_err());
    }
}
