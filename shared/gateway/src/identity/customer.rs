//! For whom a call is made: a customer of the caller's, by the id that the call names.

use std::sync::Arc;

use sluice_store::{Allowance, BudgetRecord, CustomerRecord, NanoUsd, Subject};
use sluice_wire::{Fault, FaultKind};

use super::{Caller, Party, people::budget, seen::Seen};
use crate::app::App;

/// The customer of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Customer {
    /// Models that calls for them may use; empty for all.
    pub(crate) models: Vec<String>,
    /// Their limits. Whoever is not known, and has no budget by default, has none.
    pub(crate) party: Option<Party>,
    /// What was read.
    pub(crate) seen: Seen,
}

/// Which customer, and by which budget where they have none.
pub(crate) type CustomerKey = (String, Option<String>);

// === impl Customer ===

impl Customer {
    /// The customer of an id, from the cache or read.
    ///
    /// # Errors
    /// The store's, or that they are blocked.
    pub(crate) async fn find(app: &App, caller: &Caller, id: &str) -> Result<Arc<Self>, Fault> {
        let settings = &app.config.litellm;
        let default = caller.record.end_user_budget_id.as_ref();
        let default = default.or(settings.max_end_user_budget_id.as_ref());
        let key = (id.to_owned(), default.cloned());
        let read = async || Self::read(app, id, default.map(String::as_str)).await.map(Arc::new);
        match app.customers.or_read(app, key, read).await {
            // Without the store's answer, whoever was never read is nobody in particular.
            Err(fault) if app.goes_on(&fault) => Ok(Arc::default()),
            found => found,
        }
    }

    async fn read(app: &App, id: &str, default: Option<&str>) -> Result<Self, Fault> {
        let place = CustomerRecord::at(id);
        let record = app.store.customers().get(&place).await;
        let record = record.map_err(|error| app.store_fault(&error))?;
        let mut seen = Seen::default();
        seen.note(Some(place), record.as_ref().map(|record| record.stamp.version));
        if record.as_ref().is_some_and(|record| record.blocked) {
            return Err(Fault::new(
                FaultKind::Authentication,
                format!(
                    "Authentication Error, End User={id} is blocked. Update via `/customer/unblock` if \
                     you're an admin."
                ),
            )
            .with_label("auth_error"));
        }
        let budget = match budget_of(record.as_ref(), default) {
            Some(id) => Some(budget(app, id, &mut seen).await?),
            None => None,
        };
        let amount = app.config.litellm.max_end_user_budget;
        let allowance = allowance(record.as_ref(), budget.as_ref(), amount);
        let is_known = record.is_some() || budget.is_some() || amount.is_some();
        let party = is_known.then(|| Party {
            subject: Subject::EndUser(id.to_owned()),
            allowance,
            pays: true,
        });
        Ok(Self { models: record.map(|record| record.models).unwrap_or_default(), party, seen })
    }
}

/// Which budget a customer has: their own, or that of whoever has none.
pub(crate) fn budget_of<'r>(
    record: Option<&'r CustomerRecord>,
    default: Option<&'r str>,
) -> Option<&'r str> {
    let named = record.and_then(|record| record.budget_id.as_deref());
    named.or(default.filter(|_| !record.is_some_and(|record| record.allowance.is_given())))
}

/// What a customer may use, by their record, their budget and the amount of whoever has neither.
pub(crate) fn allowance(
    record: Option<&CustomerRecord>,
    budget: Option<&BudgetRecord>,
    amount: Option<NanoUsd>,
) -> Allowance {
    let own = record.map(|record| record.allowance.clone()).unwrap_or_default();
    match budget {
        Some(BudgetRecord { allowance, .. }) => own.or(allowance),
        None if own.is_given() => own,
        None => Allowance { max_budget: amount, ..Allowance::default() },
    }
}
