//! The DynamoDB store: keys, ledger, usage, tables.

mod clock;
mod connect;
mod error;
mod id;
mod item;
mod keys;
mod ledger;
mod money;
mod store;
mod tables;
mod time;
mod usage;
mod window;

pub use clock::{Clock, ManualClock, SystemClock};
pub use connect::connect;
pub use error::{StoreError, StoreErrorKind};
pub use id::{CallId, IdError, KeyHash};
pub use keys::{KeyError, KeyRecord, KeyRole, Keys};
pub use ledger::{Admission, Ask, Grant, Ledger, LedgerMode, Refusal, Spend, SweepReport};
pub use money::{MoneyError, NanoUsd};
pub use store::{Store, StoreBuilder};
pub use tables::TableNames;
pub use time::{Millis, TimeError};
pub use usage::{RowFilter, RowStatus, Usage, UsageRow};
pub use window::{
    BudgetDuration, DurationError, Lifetime, Window, WindowId, lifetime_end, parse_lifetime,
};
