//! Budgets with a name, that many customers may have.

use serde::{Deserialize, Serialize};

use crate::{Allowance, Stamp, records::filed};

/// A budget's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetRecord {
    /// Its id.
    pub budget_id: String,
    /// What each who has it may use.
    #[serde(flatten)]
    pub allowance: Allowance,
    /// Its history.
    pub stamp: Stamp,
}

// === impl BudgetRecord ===

impl BudgetRecord {
    /// A budget that limits nothing yet.
    pub fn new(budget_id: &str, stamp: Stamp) -> Self {
        Self { budget_id: budget_id.to_owned(), allowance: Allowance::default(), stamp }
    }
}

filed!(BudgetRecord, budget_id behind "B#" in "BUDGETS");
