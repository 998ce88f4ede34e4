//! `POST /team/member_add`, `/team/bulk_member_add`, `/team/member_update`, `/team/member_delete`.

mod add;
mod bulk;
mod delete;
mod joiner;
mod update;

/// A member's limits, as they are given: budget, its windows, requests and tokens a minute.
const LIMITS: [&str; 4] = ["max_budget_in_team", "budget_duration", "rpm_limit", "tpm_limit"];

pub(in crate::admin) use add::add;
pub(in crate::admin) use bulk::add as bulk_add;
pub(in crate::admin) use delete::delete;
pub(super) use joiner::{Joiner, join, read, resolved};
pub(in crate::admin) use update::update;
