//! Budgets with a name, that many customers may have.

use serde::{Deserialize, Serialize};

use crate::{Allowance, Filed, Listed, Place, Record, Stamp};

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

    /// Where the record of a budget is.
    #[must_use]
    pub fn at(budget_id: &str) -> Place {
        Place::new(format!("B#{budget_id}"), "META")
    }
}

impl Record for BudgetRecord {
    fn place(&self) -> Place {
        Self::at(&self.budget_id)
    }

    fn listed(&self) -> Listed {
        Listed::by_age(Self::ALL, self)
    }

    fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
}

impl Filed for BudgetRecord {
    const ALL: &'static str = "BUDGETS";
}
