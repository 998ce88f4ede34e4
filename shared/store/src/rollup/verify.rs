//! Whether accounts and roll-ups are what the rows add up to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Cell, DAY_MS, Hour, Kind, fold::Fold, hour_of};
use crate::{
    KeyHash, Keys, Millis, StoreError, Subject,
    item::{Item, s, text},
    keys::read::{batch_get, index},
    ledger::{Account, guard_key, holder, read_guard},
    pages::Found,
    store::Inner,
    usage::item::read_row,
};

/// Accounts of older keys had rows that are not kept any more.
const KEPT_MS: i64 = 399 * DAY_MS;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Books {
    /// Accounts of keys that were looked at.
    pub keys: usize,
    /// Accounts that changed while they were looked at: nothing is said of them.
    pub moving: usize,
    /// Rows.
    pub rows: usize,
    /// Hours whose roll-ups were looked at.
    pub hours: usize,
    /// What is not as the rows say.
    pub differences: Vec<Difference>,
}

/// A number that is not what the rows add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose number: `key <hash>`, or a roll-up by its hour and what it is the sum of.
    pub subject: String,
    /// Which one: `spent` (in the key's window), `total`, `spend` (all in nano-dollars), or a count.
    pub measure: &'static str,
    /// What is kept.
    pub kept: i64,
    /// What the rows say.
    pub rows: i64,
    /// The hour, of a roll-up.
    pub hour: Option<Millis>,
}

// === impl Inner ===

impl Inner {
    pub(super) async fn verify_books(&self, keys: &Keys) -> Result<Books, StoreError> {
        let rolled = self.rolled().await?;
        let mut accounts = self.key_accounts().await?;
        let mut books = Books { keys: accounts.len(), ..Books::default() };
        let mut folds: BTreeMap<Millis, Fold> = BTreeMap::new();
        self.each_usage_item(|item| {
            let row = read_row(item)?;
            books.rows += 1;
            if let Some(account) = accounts.get_mut(&row.key) {
                account.add(item, &row);
            }
            let hour = hour_of(row.ended);
            if rolled.is_some_and(|rolled| rolled.since <= hour && hour < rolled.through) {
                folds.entry(hour).or_default().add(&row);
            }
            Ok(())
        })
        .await?;
        for account in accounts.values() {
            self.compare_account(keys, account, &mut books).await?;
        }
        if let Some(rolled) = rolled {
            self.compare_sheets(rolled.since, rolled.through, folds, &mut books).await?;
        }
        Ok(books)
    }

    /// Rolls an hour up again.
    pub(super) async fn roll_again(&self, hour: Millis, now: Millis) -> Result<(), StoreError> {
        self.keep(&self.add_up(hour).await?, now).await
    }

    async fn key_accounts(&self) -> Result<HashMap<KeyHash, Account>, StoreError> {
        let guards = index(self, "gsi1", "GUARDS", true).await?;
        let wanted = guards.iter().filter_map(holder).filter_map(|holder| match holder {
            Subject::Key(key) => Some(guard_key(&key)),
            _ => None,
        });
        let items = batch_get(self, wanted.collect()).await?;
        let account = |item: &Item| match holder(item)? {
            Subject::Key(key) => Some((key, Account::new(key, read_guard(item)))),
            _ => None,
        };
        Ok(items.iter().filter_map(account).collect())
    }

    async fn compare_account(
        &self,
        keys: &Keys,
        account: &Account,
        books: &mut Books,
    ) -> Result<(), StoreError> {
        let guard = &account.guard;
        let spent_differs = account.has_window() && guard.spent != account.spent;
        if !spent_differs && guard.total == account.total {
            return Ok(());
        }
        if self.guard(&account.key).await?.as_ref() != Some(guard) {
            books.moving += 1;
            return Ok(());
        }
        let record = keys.get_any(&account.key).await?;
        let first = self.clock.now().plus(-KEPT_MS);
        let young = record.is_none_or(|record| record.created_at >= first);
        let compared = [
            ("spent", guard.spent, account.spent, spent_differs),
            ("total", guard.total, account.total, young),
        ];
        for (measure, kept, rows, counts) in compared {
            if counts && kept != rows {
                books.differences.push(Difference {
                    subject: format!("key {}", account.key),
                    measure,
                    kept: kept.nanos(),
                    rows: rows.nanos(),
                    hour: None,
                });
            }
        }
        Ok(())
    }

    async fn compare_sheets(
        &self,
        since: Millis,
        through: Millis,
        mut folds: BTreeMap<Millis, Fold>,
        books: &mut Books,
    ) -> Result<(), StoreError> {
        let marks = self.marks().await?;
        let mut day = since.plus(-since.get().rem_euclid(DAY_MS));
        while day < through {
            let sheets = self.sheets(day).await?;
            let mut hours: Vec<Millis> = sheets.hours().collect();
            let next = day.plus(DAY_MS);
            hours.extend(folds.range(day..next).map(|(hour, _)| *hour));
            hours.sort_unstable();
            hours.dedup();
            for start in hours.into_iter().filter(|hour| !marks.contains_key(hour)) {
                let Some(kept) = sheets.cells(start) else { continue };
                books.hours += 1;
                let rows = folds.remove(&start).unwrap_or_default().cells();
                let [kept, rows] = [kept, rows].map(|cells| Hour { start, cells });
                books.differences.extend(differences(&kept, &rows));
            }
            day = next;
        }
        Ok(())
    }

    /// Every item of a row.
    async fn each_usage_item(
        &self,
        mut each: impl FnMut(&Item) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let scan = self
            .client
            .scan()
            .table_name(&self.tables.usage)
            .filter_expression("begins_with(pk, :rows)")
            .expression_attribute_values(":rows", s("L#"))
            .consistent_read(true);
        let mut found = Found::over(scan);
        while let Some(item) = found.next().await? {
            if text(&item, "d").is_some() {
                each(&item)?;
            }
        }
        Ok(())
    }
}

fn differences(kept: &Hour, rows: &Hour) -> Vec<Difference> {
    let by_kind = |cells: &[Cell]| -> BTreeMap<Kind, Cell> {
        cells.iter().map(|cell| (cell.of.clone(), cell.clone())).collect()
    };
    let (old, new) = (by_kind(&kept.cells), by_kind(&rows.cells));
    let kinds: BTreeSet<&Kind> = old.keys().chain(new.keys()).collect();
    let none = Cell::default();
    let mut found = Vec::new();
    for kind in kinds {
        let sums = |of: &BTreeMap<Kind, Cell>| numbers(of.get(kind).unwrap_or(&none));
        for ((measure, kept_at), (_, rows_at)) in sums(&old).into_iter().zip(sums(&new)) {
            if kept_at != rows_at {
                found.push(Difference {
                    subject: format!(
                        "roll-up of {}, key {}, model {}, deployment {}",
                        kept.start, kind.key, kind.model, kind.model_id
                    ),
                    measure,
                    kept: kept_at,
                    rows: rows_at,
                    hour: Some(kept.start),
                });
            }
        }
    }
    found
}

fn numbers(cell: &Cell) -> [(&'static str, i64); 10] {
    let sums = &cell.sums;
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    [
        ("spend", sums.spend.nanos()),
        ("requests", whole(sums.requests)),
        ("failures", whole(sums.failures)),
        ("cache_hits", whole(sums.cache_hits)),
        ("prompt_tokens", whole(sums.prompt_tokens)),
        ("completion_tokens", whole(sums.completion_tokens)),
        ("cache_read_tokens", whole(sums.cache_read_tokens)),
        ("cache_write_tokens", whole(sums.cache_write_tokens)),
        ("reasoning_tokens", whole(sums.reasoning_tokens)),
        ("durations", whole(sums.duration.count())),
    ]
}
