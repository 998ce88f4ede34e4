//! Rows and heads as items.

use ring::digest::{Context, SHA256};

use super::{AuditRow, Change, Deed};
use crate::{
    KeyHash, Millis, StoreError,
    item::{Item, key, n, number, s, text},
};

/// How many chains there are: so many writers go on beside each other.
pub(super) const CHAINS: u8 = 16;
/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Where a chain's head is among its rows.
const HEAD: &str = "HEAD";

/// Where a chain has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tip {
    /// The last row's number; 0 where there is none.
    pub(super) number: u64,
    pub(super) hash: KeyHash,
    /// The last row's place in time: rows are in the order of their numbers, whatever clocks say.
    pub(super) at: Millis,
    /// When the last row expires.
    pub(super) expires: Millis,
}

/// A row as it is stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) chain: u8,
    pub(super) sk: String,
    /// The row itself; the one before it; what this one's item says of itself.
    pub(super) tip: Tip,
    pub(super) before: Tip,
    pub(super) document: String,
    told: KeyHash,
    ttl: i64,
}

pub(super) fn partition(chain: u8) -> String {
    format!("AUDIT#{chain:02}")
}

pub(super) fn head_key(chain: u8) -> Item {
    key(partition(chain), HEAD)
}

pub(super) fn sort_key(at: Millis, number: u64) -> String {
    format!("{:015}#{number:012}", at.get())
}

/// The bounds of the rows between two instants.
pub(super) fn bounds(from: Millis, to: Millis) -> [String; 2] {
    let at = |at: Millis| format!("{:015}", at.get().clamp(0, 999_999_999_999_999));
    // Digits sort before the head.
    [at(from), at(to)]
}

fn hash(fields: &[&str]) -> KeyHash {
    let mut context = Context::new(&SHA256);
    for field in fields {
        context.update(&(field.len() as u64).to_be_bytes());
        context.update(field.as_bytes());
    }
    KeyHash::of_digest(&context.finish())
}

// === impl Tip ===

impl Tip {
    pub(super) fn read(item: &Item) -> Option<Self> {
        Some(Self {
            number: number(item, "seq")?.unsigned_abs(),
            hash: KeyHash::parse_hex(text(item, "h")?).ok()?,
            at: Millis::new(number(item, "at")?),
            expires: Millis::new(number(item, "e")?),
        })
    }

    pub(super) fn item(&self, chain: u8) -> Item {
        let mut item = head_key(chain);
        item.insert("seq".to_owned(), n(i64::try_from(self.number).unwrap_or(i64::MAX)));
        item.insert("h".to_owned(), s(self.hash.to_string()));
        item.insert("at".to_owned(), n(self.at.get()));
        item.insert("e".to_owned(), n(self.expires.get()));
        item
    }

    /// The row that follows.
    pub(super) fn follow(
        &self,
        chain: u8,
        deed: &Deed,
        change: &Change,
        now: Millis,
    ) -> Result<(Self, Item), StoreError> {
        let row = AuditRow {
            id: String::new(),
            at: now,
            deed: deed.clone(),
            action: change.action,
            kind: change.kind.to_owned(),
            object: change.object.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
            status: change.status,
            reason: change.reason.clone(),
        };
        let document = serde_json::to_string(&row)
            .map_err(|error| StoreError::corrupt("TransactWriteItems", error.to_string()))?;
        let kept = now.plus(DAY_MS.saturating_mul(i64::from(deed.keep_days)));
        let (at, number) = (now.max(self.at), self.number + 1);
        let sk = sort_key(at, number);
        let mut tip =
            Self { number, hash: KeyHash::default(), at, expires: kept.max(self.expires) };
        tip.hash = self.sealed(chain, &sk, tip.expires, &document);
        let mut item = key(partition(chain), sk);
        item.insert("h".to_owned(), s(tip.hash.to_string()));
        item.insert("p".to_owned(), s(self.hash.to_string()));
        item.insert("pe".to_owned(), n(self.expires.get()));
        item.insert("e".to_owned(), n(tip.expires.get()));
        item.insert("ttl".to_owned(), n(tip.expires.seconds()));
        item.insert("d".to_owned(), s(document));
        Ok((tip, item))
    }

    /// The hash of what follows.
    fn sealed(&self, chain: u8, sk: &str, expires: Millis, document: &str) -> KeyHash {
        hash(&[
            &partition(chain),
            sk,
            &self.hash.to_string(),
            &self.expires.get().to_string(),
            &expires.get().to_string(),
            document,
        ])
    }
}

// === impl Stored ===

impl Stored {
    /// Reads a row's item; `None` where it is none that was ever written here.
    pub(super) fn read(chain: u8, item: &Item) -> Option<Self> {
        let sk = text(item, "sk")?;
        let (at, seq) = sk.split_once('#')?;
        let before = Tip {
            number: seq.parse::<u64>().ok()?.checked_sub(1)?,
            hash: KeyHash::parse_hex(text(item, "p")?).ok()?,
            at: Millis::default(),
            expires: Millis::new(number(item, "pe")?),
        };
        let document = text(item, "d")?.to_owned();
        let expires = Millis::new(number(item, "e")?);
        let hash = before.sealed(chain, sk, expires, &document);
        let at = Millis::new(at.parse().ok()?);
        let tip = Tip { number: before.number + 1, hash, at, expires };
        let told = KeyHash::parse_hex(text(item, "h")?).ok()?;
        let ttl = number(item, "ttl")?;
        Some(Self { chain, sk: sk.to_owned(), tip, before, document, told, ttl })
    }

    /// Whether the item says of itself what is true.
    pub(super) fn is_sound(&self) -> bool {
        self.told == self.tip.hash && self.ttl == self.tip.expires.seconds()
    }

    pub(super) fn row(&self) -> Result<AuditRow, StoreError> {
        let mut row: AuditRow = serde_json::from_str(&self.document)
            .map_err(|error| StoreError::corrupt("Query", error.to_string()))?;
        row.id = format!("{:02}-{}", self.chain, self.sk.replace('#', "-"));
        Ok(row)
    }
}
