//! The batched books: a process that lives long takes a slice of a budget, and pays calls from it in
//! memory.
//!
//! A slice is a lease in the key's guard like any other, held by the process. Reserving and settling
//! within it is arithmetic under a short lock. About every second what was used is written down: the
//! usage rows first (each names the slice and the flush that it belongs to), then the guard, whose
//! lease counts flushes, so that each is counted once. What is left of an idle slice goes back.
//!
//! A process that dies loses at most the rows of a second. Its slices expire; the sweep adds up the
//! rows that were written but not yet counted, and charges the rest of the slice in full, in a row of
//! its own. A process that was only slow corrects that when it comes back (`lost.rs`).
//!
//! Any slice is renewed against the guard every few seconds at least, and a renewal that sees
//! another version of the key's record ends it: that is how late a revocation made elsewhere can be
//! noticed here. [`Slices::invalidate`] ends it at once.

mod batch;
mod body;
mod book;
mod flush;
mod lost;
mod reserve;
mod rows;
mod settle;

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{Notify, OwnedMutexGuard};

use super::{machine::Guard, rates::Allowances};
use crate::{CallId, KeyHash, Millis, NanoUsd};
use book::Book;

/// How long a slice is used without a look at the guard.
pub(super) const FRESH_MS: i64 = 5_000;
/// How long a slice lasts without a flush.
pub(super) const LEASE_MS: i64 = 30_000;
/// What a call's arrival may lie before its reservation.
const MARGIN_MS: i64 = 10 * 60 * 1000;
/// Rows of one key that are worth a flush before its time.
const ROWS: usize = 250;

/// The slices of this process.
#[derive(Debug)]
pub(crate) struct Slices {
    accounts: RwLock<HashMap<KeyHash, Arc<Account>>>,
    /// Tells this process's slices from all others'.
    instance: u64,
    serial: AtomicU64,
    /// Rung when a flush is worth it before its time.
    bell: Notify,
}

/// One key's slices and allowances in this process.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) key: KeyHash,
    book: Mutex<Book>,
    /// What it holds of the key's rates.
    allowances: Mutex<Allowances>,
    /// Held while a slice of this key is written down: one at a time.
    writing: Arc<tokio::sync::Mutex<()>>,
}

// === impl Slices ===

impl Slices {
    pub(crate) fn new() -> Self {
        Self {
            accounts: RwLock::default(),
            // Seeded by the system for each process.
            instance: RandomState::new().hash_one(std::process::id()),
            serial: AtomicU64::new(0),
            bell: Notify::new(),
        }
    }

    /// A number for a new slice, and the call id that its own row will have.
    pub(super) fn mint(&self, key: &KeyHash, now: Millis) -> (u64, CallId) {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed) + 1;
        let mut random = [0; 10];
        let bytes = self.instance.to_be_bytes().into_iter().take(6);
        let count = serial.to_be_bytes().into_iter().skip(4);
        for (to, from) in random.iter_mut().zip(bytes.chain(count)) {
            *to = from;
        }
        (serial, CallId::mint(now, key, random))
    }

    pub(super) fn account(&self, key: &KeyHash) -> Arc<Account> {
        if let Some(account) = self.known(key) {
            return account;
        }
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(accounts.entry(*key).or_insert_with(|| Arc::new(Account::new(*key))))
    }

    pub(super) fn known(&self, key: &KeyHash) -> Option<Arc<Account>> {
        self.accounts.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn all(&self) -> Vec<Arc<Account>> {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        accounts.values().cloned().collect()
    }

    /// Drops accounts that hold nothing and that nobody is using.
    fn tidy(&self) {
        let mut accounts = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
        // Nobody gets hold of one more while the map is locked.
        accounts.retain(|_, account| Arc::strong_count(account) > 1 || account.holds_something());
    }

    /// Waits until none of these keys is being written down, and keeps it so.
    pub(super) async fn stand_still(&self, sorted: &[KeyHash]) -> Still {
        let mut accounts = HashMap::new();
        for account in sorted.iter().filter_map(|key| self.known(key)) {
            let writing = Arc::clone(&account.writing).lock_owned().await;
            accounts.insert(account.key, (account, writing));
        }
        Still { accounts }
    }

    /// Ends a key's slice here: its next call asks the guard.
    pub(crate) fn invalidate(&self, key: &KeyHash) {
        if let Some(account) = self.known(key) {
            account.book().retire();
            account.allowances().retire();
        }
    }
}

// === impl Account ===

impl Account {
    fn new(key: KeyHash) -> Self {
        Self { key, book: Mutex::default(), allowances: Mutex::default(), writing: Arc::default() }
    }

    /// Held while something of this key is written down.
    pub(super) async fn writing(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.writing.lock().await
    }

    pub(super) fn allowances(&self) -> MutexGuard<'_, Allowances> {
        self.allowances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn holds_something(&self) -> bool {
        !self.book().is_empty() || !self.allowances().is_empty()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id under which a slice holds money in the guard.
fn slice_id(row: &CallId) -> String {
    format!("S{}", row.ulid())
}

/// The call id of a slice's own row.
pub(super) fn row_of(id: &str, key: &KeyHash) -> Option<CallId> {
    CallId::of_key(id.strip_prefix('S')?, key)
}

/// Some keys' accounts, none of which is being written down.
pub(super) struct Still {
    accounts: HashMap<KeyHash, (Arc<Account>, OwnedMutexGuard<()>)>,
}

// === impl Still ===

impl Still {
    /// What was used of the guard's window, and is not in the guard.
    pub(super) fn of(&self, key: &KeyHash, guard: &Guard) -> NanoUsd {
        let account = self.accounts.get(key);
        account.map_or(NanoUsd::ZERO, |(account, _)| account.book().unwritten(guard))
    }
}
