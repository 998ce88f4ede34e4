//! The DynamoDB store: keys, ledger, usage, tables.
//!
//! All that the gateway keeps is in three tables (`tables.json`), reached through one client of the
//! official SDK; which database answers is not known here. It is the store that makes money exact:
//! budgets hold under any concurrency, and each call is settled once (`ledger`).
//!
//! - [`Keys`]: records by the hash of the key; changes reach the ledger in the same transaction.
//! - [`Ledger`]: reserve, settle, sweep.
//! - [`Records`]: users, teams, organisations, who belongs to them, budgets, customers, prompts, each with a
//!   version.
//! - [`Routing`]: models and credentials that people add, as a whole.
//! - [`Audit`]: a row for each change of a record, in the same transaction, and for each refusal.
//! - [`Alerts`]: what was told of, once.
//! - [`Usage`]: a row for each call. The rows of a key and a window add up to what the ledger says.
//! - [`NanoUsd`], [`Millis`], [`KeyHash`], [`CallId`], [`BudgetDuration`]: no float, no bare string.
//!
//! No HTTP, no prices, no policy: what a call may cost and who may make it is the gateway's to say.
//! The clock is injected. An error never means "no": a refusal is a value, an error is a question
//! that the database did not answer.
//!
//! | item | table | pk | sk |
//! |---|---|---|---|
//! | key | core | `H#<hash>` | `KEY` |
//! | later plaintext of a key | core | `H#<hash>`, pointing to the key | `KEY` |
//! | guard | core | `K#<hash>`, `U#<user>`, `T#<team>`... | `GUARD` |
//! | unique alias, email | core | `UQ#alias#<alias>`, `UQ#email#<email>` | `UQ` |
//! | user, team, organisation, budget, customer | core | `U#<id>`, `T#<id>`, `O#<id>`, `B#<id>`, `E#<id>` | `META` |
//! | member of a team, of an organisation | core | `M#<length of team>#<team>#<user>`, `A#<length>#<organisation>#<user>` | `META` |
//! | model, credential | core | `ROUTING` | `MODEL#<id>`, `CREDENTIAL#<name>` |
//! | revision of these, sealed data key | core | `ROUTING` | `REVISION`, `DATAKEY` |
//! | last use of a credential | core | `USED#<name>` | `CREDENTIAL` |
//! | alert | core | `ALERT#<what happened, to whom, in which window>` | `ALERT` |
//! | audit row, head | core | `AUDIT#<chain>` | `<instant>#<number>`, `HEAD` |
//! | usage row | usage | `L#<16 digits of the hash>#<day>` | the call's id |
//! | sheet of an hour | usage | `ROLL#<day>` | `<hour>`, its pieces `<hour>#<instant>#<number>` |
//! | hour whose rows change late, how far hours are rolled up | usage | `ROLL#LATE`, `ROLL#` | `<hour>`, `THROUGH` |
//! | kept answer | cache | `R#<hash of its key>#<its id>` | the piece's number |
//! | turn of a session | cache | `S#<length of owner>#<owner>#<session>` | `<instant>#<call>#<piece's number>` |
//! | session of an owner | cache | `SESSIONS#<owner>` | its id |
//!
//! Indexes: core `gsi1` `GUARDS`, `ALERTS` (those that somebody has still to be told of), `U#<user>` and `A#<user>`
//! (memberships), `gsi2` `KEYS`, `USERS`, `TEAMS`, `MEMBERS#<team>` and the like by age; usage `gsi1` `LIVE#<hour>#<shard>` by the
//! instant of recording, `gsi2` (sparse) `FAIL#<day>`. No write of the ledger touches an index of
//! core.

mod alerts;
mod allowance;
mod answers;
mod associates;
mod audit;
mod budgets;
mod clock;
mod connect;
mod customers;
mod digits;
mod documents;
mod error;
mod id;
mod item;
mod keys;
mod ledger;
mod members;
mod money;
mod nested;
mod organisations;
mod pages;
mod prompts;
mod records;
mod rollup;
mod routing;
mod sessions;
mod store;
mod tables;
mod tags;
mod teams;
mod time;
mod transaction;
mod usage;
mod users;
mod window;

pub use alerts::{Alert, Alerts, Later};
pub use allowance::{Allowance, Day, Hours, HoursError, Rollover, TempBudget, TimeOfDay, Zone};
pub use answers::{Answers, KeptAnswer};
pub use associates::{AssociateRecord, OrganisationRole};
pub use audit::{
    Action, Audit, AuditFilter, AuditRow, Deed, Edits, Finding, Flaw, Head, Refused, Report, Who,
};
pub use budgets::BudgetRecord;
pub use clock::{Clock, ManualClock, SystemClock};
pub use connect::connect;
pub use customers::CustomerRecord;
pub use error::{StoreError, StoreErrorKind};
pub use id::{CallId, IdError, KeyHash};
pub use keys::{Former, KeyError, KeyRecord, KeyRole, Keys, ModelBudget, Rotation, Vouched};
pub use ledger::{
    Admission, Ask, Claim, Grant, Ledger, LedgerMode, Limit, Measure, Purse, Reading, Refusal,
    Share, Span, Spend, Subject, SweepReport,
};
pub use members::{MemberRecord, MemberRole};
pub use money::{MoneyError, NanoUsd};
pub use organisations::OrganisationRecord;
pub use prompts::{PromptRecord, PromptVersion};
pub use records::{Filed, Listed, Place, Record, RecordError, Records, Stamp};
pub use rollup::{Books, Cell, Difference, Histogram, Hour, Kind, RollReport, Rollups, Tally};
pub use routing::{CredentialRecord, ModelRecord, Routed, Routing, Use};
pub use sessions::{NewTurn, Session, SessionOwner, Sessions};
pub use store::{Store, StoreBuilder};
pub use tables::TableNames;
pub use tags::TagRecord;
pub use teams::TeamRecord;
pub use time::{Millis, TimeError};
pub use usage::{RowFilter, RowStatus, Usage, UsageRow};
pub use users::{UserRecord, UserRole};
pub use window::{
    BudgetDuration, DurationError, Lifetime, Window, WindowId, lifetime_end, parse_lifetime,
};
