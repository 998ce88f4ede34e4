//! The batched books: a process that lives long takes a slice of a budget, and pays calls from it in
//! memory.
//!
//! A slice is a lease in the key's guard like any other, held by the process. Reserving and settling
//! within it is arithmetic under a short lock. About every second what was used is written down: the
//! usage rows first (each names the slice and the flush that it belongs to), then the guard, whose
//! lease counts flushes, so that each is counted once. What is left of an idle slice goes back.
//!
//! Where a call is held against budgets besides its key's (of its user, its team, one model), its slice
//! is a lease in each of their guards (`tills`), and pays as much as the least of them. What such a
//! slice cannot be had for any more is paid call by call, strictly.
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
mod drive;
mod flush;
mod lost;
mod pending;
mod reserve;
mod rows;
mod settle;
mod tills;
mod together;

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{Notify, OwnedMutexGuard};

use super::{
    machine::Guard,
    rates::{Allowances, Rack},
};
use crate::{Ask, CallId, KeyHash, Millis, NanoUsd, Subject};
use book::Book;
pub(super) use together::Money;

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
    /// What is held of other subjects' rates.
    racks: RwLock<HashMap<Subject, Arc<Rack>>>,
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
    /// What it holds of the key's rates; and the lock for writing anything of this key down.
    pub(super) rack: Arc<Rack>,
}

// === impl Slices ===

impl Slices {
    pub(crate) fn new() -> Self {
        Self {
            accounts: RwLock::default(),
            racks: RwLock::default(),
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

    /// Where allowances of a subject's rates are: the key's, or another's by its place in the ask.
    pub(super) fn rack_for(&self, ask: &Ask<'_>, share: Option<usize>) -> Option<Arc<Rack>> {
        let Some(place) = share else { return Some(Arc::clone(&self.account(ask.key).rack)) };
        let subject = ask.others.get(place)?.subject;
        if let Some(rack) = self.known_rack(subject) {
            return Some(rack);
        }
        let mut racks = self.racks.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Rack::new(subject.clone()));
        Some(Arc::clone(racks.entry(subject.clone()).or_insert_with(new)))
    }

    pub(super) fn known_rack(&self, subject: &Subject) -> Option<Arc<Rack>> {
        self.racks.read().unwrap_or_else(PoisonError::into_inner).get(subject).cloned()
    }

    fn all_racks(&self) -> Vec<Arc<Rack>> {
        let racks = self.racks.read().unwrap_or_else(PoisonError::into_inner);
        racks.values().cloned().collect()
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
        drop(accounts);
        let mut racks = self.racks.write().unwrap_or_else(PoisonError::into_inner);
        racks.retain(|_, rack| Arc::strong_count(rack) > 1 || !rack.allowances().is_empty());
    }

    /// Waits until none of these keys is being written down, and keeps it so.
    pub(super) async fn stand_still(&self, sorted: &[KeyHash]) -> Still {
        let mut accounts = HashMap::new();
        for account in sorted.iter().filter_map(|key| self.known(key)) {
            let writing = Arc::clone(&account.rack.writing).lock_owned().await;
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
        Self { key, book: Mutex::default(), rack: Arc::new(Rack::new(Subject::Key(key))) }
    }

    fn allowances(&self) -> MutexGuard<'_, Allowances> {
        self.rack.allowances()
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

/// The id under which a slice of a key's holds something of another subject.
fn till_id(slice: &str, key: &KeyHash) -> String {
    format!("{slice}{key}")
}

/// The key and the slice behind what another subject's guard holds under this id, if there is one.
pub(super) fn slice_behind(id: &str) -> Option<(KeyHash, &str)> {
    let hash = id.len().checked_sub(2 * size_of::<KeyHash>())?;
    let (slice, key) = id.split_at_checked(hash)?;
    let key = KeyHash::parse_hex(key).ok()?;
    row_of(slice, &key).map(|_| (key, slice))
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
