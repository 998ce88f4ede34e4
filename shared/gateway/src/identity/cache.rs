//! What a warm process keeps of keys, customers and tags.

use std::{
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use sluice_store::KeyHash;

use super::{
    Caller,
    customer::{Customer, CustomerKey},
    kept::Kept,
    tag::Tag,
};

/// Callers by their keys.
pub(crate) type KeyCache = Kept<KeyHash, Caller, BuildHasherDefault<Prefix>>;
/// Customers.
pub(crate) type CustomerCache = Kept<CustomerKey, Arc<Customer>>;
/// Tags by their names.
pub(crate) type TagCache = Kept<String, Arc<Tag>>;

/// A hasher for keys that are hashes already: their first eight bytes.
#[derive(Debug, Default)]
pub(crate) struct Prefix(u64);

// === impl Prefix ===

impl Hasher for Prefix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*head);
        }
    }

    // The length prefix of a byte array says nothing.
    fn write_usize(&mut self, _: usize) {}
}
