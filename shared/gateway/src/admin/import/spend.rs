//! What was spent before: an account begins with it.

use sluice_store::{
    Allowance, Ask, BudgetRecord, KeyRecord, Limit, Measure, NanoUsd, Subject, UsageRow,
};

use super::{ImportError, Line, Outcome, run::Run};
use crate::corridor;

/// The kind of call that the row of a key says which holds what it has spent before.
pub(in crate::admin) const SPENT: &str = "import";

// === impl Run ===

impl Run<'_> {
    /// Begins the account of somebody who holds no key, if nothing is in it yet.
    pub(super) async fn begin(
        &self,
        line: &mut Line,
        subject: Subject,
        allowance: &Allowance,
        spent: NanoUsd,
    ) -> Result<(), ImportError> {
        if spent == NanoUsd::ZERO || !line.outcome.is_carried() {
            return Ok(());
        }
        let span = corridor::span(self.app, allowance.budget_duration.as_ref(), self.now);
        let ledger = self.app.store.ledger();
        let asked = [(subject, span)];
        let before = ledger.balances(&asked).await?;
        if before.iter().any(|account| account.total != NanoUsd::ZERO) {
            return Ok(());
        }
        let [(subject, span)] = &asked;
        if !self.apply || ledger.open(&self.deed, subject, *span, spent).await? {
            line.spend = Some(spent.to_decimal());
        }
        Ok(())
    }

    /// The same for a key. What it has spent is a row, as all that keys spend.
    pub(super) async fn begin_key(
        &self,
        line: &mut Line,
        key: &KeyRecord,
        spent: NanoUsd,
    ) -> Result<(), ImportError> {
        if spent == NanoUsd::ZERO || !line.outcome.is_carried() {
            return Ok(());
        }
        let window = corridor::window(self.app, key.allowance.budget_duration.as_ref(), self.now);
        let ledger = self.app.store.ledger();
        if ledger.spend(&key.hash, window).await?.total != NanoUsd::ZERO {
            return Ok(());
        }
        if !self.apply {
            line.spend = Some(spent.to_decimal());
            return Ok(());
        }
        // As it is stored: its version is what the ledger asks for.
        let Some(key) = self.app.store.keys().get(&key.hash).await? else { return Ok(()) };
        let budget = self.budget_of(&key).await?;
        // What the budget by name has paid counts in windows of its own.
        let limits: Vec<Limit<'_>> = budget
            .iter()
            .map(|budget| Limit {
                measure: Measure::Money,
                model: None,
                span: corridor::span(self.app, budget.allowance.budget_duration.as_ref(), self.now),
                max: i64::MAX,
                need: 1,
                floor: 1,
            })
            .collect();
        let call = match corridor::mint(self.app, self.now, &key.hash) {
            Ok(call) => call,
            Err(fault) => {
                line.notes.push(format!("what it has spent is not carried over: {fault}"));
                return Ok(());
            }
        };
        let row = UsageRow {
            call: call.clone(),
            key: key.hash,
            key_alias: key.alias.clone(),
            user_id: key.user_id.clone(),
            team_id: key.team_id.clone(),
            call_type: SPENT.to_owned(),
            started: self.now,
            ended: self.now,
            spend: spent,
            status_code: 200,
            ..UsageRow::default()
        };
        let ask = Ask {
            call: &call,
            key: &key.hash,
            version: key.version,
            max: key.allowance.max_budget,
            base: key.allowance.max_budget.unwrap_or_default(),
            window,
            worst: NanoUsd::ZERO,
            floor: NanoUsd::ZERO,
            now: self.now,
            until: None,
            lease: self.app.config.general.lease(),
            limits: &limits,
            others: &[],
        };
        match ledger.correct(&self.deed, &ask, row, NanoUsd::ZERO).await? {
            Some(_) => line.spend = Some(spent.to_decimal()),
            None => line.notes.push("what it has spent is not carried over: run again".to_owned()),
        }
        Ok(())
    }

    /// The budget by name of a key that has no budget of its own.
    async fn budget_of(&self, key: &KeyRecord) -> Result<Option<BudgetRecord>, ImportError> {
        let Some(id) = key.budget_id.as_deref().filter(|_| key.allowance.max_budget.is_none())
        else {
            return Ok(None);
        };
        let budget = self.app.store.budgets().get(&BudgetRecord::at(id)).await?;
        Ok(budget.filter(|budget| budget.allowance.max_budget.is_some()))
    }
}

/// Says which windows begin from nothing: LiteLLM does not tell what was spent in them.
pub(super) fn untold(line: &mut Line, allowance: &Allowance) {
    let windows = [
        ("model_max_budget", !allowance.model_max_budget.is_empty()),
        ("budget_limits", !allowance.budget_limits.is_empty()),
    ];
    if matches!(line.outcome, Outcome::New) {
        for (name, _) in windows.into_iter().filter(|(_, given)| *given) {
            line.notes.push(format!("{name}: what was spent of it is not told; it begins anew"));
        }
    }
}
