//! All budgets of which something was spent, and how they stand.

use sluice_store::{
    Allowance, BudgetDuration, Millis, NanoUsd, Purse, StoreError, Subject, Window,
};

use super::{
    judge::{Event, Standing},
    roster::{Holder, Roster},
};
use crate::{app::App, corridor};

/// A budget that somebody has.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) subject: Subject,
    pub(super) holder: Holder,
    /// The length of its windows.
    pub(super) duration: Option<BudgetDuration>,
    /// The one model that it is about.
    pub(super) model: Option<String>,
    pub(super) standing: Standing,
}

// === impl Budget ===

impl Budget {
    /// Names what happened to it, in this window: once of each is told. Another amount is another budget.
    pub(super) fn id(&self, event: &Event) -> String {
        let amount = if *event == Event::Soft { self.standing.soft } else { self.standing.max };
        format!(
            "{}|{}|{}|{}|{}|{}",
            self.subject,
            self.duration.as_ref().map(BudgetDuration::as_str).unwrap_or_default(),
            self.model.as_deref().unwrap_or_default(),
            self.standing.window.id.number(),
            amount.unwrap_or_default().nanos(),
            event.mark(),
        )
    }
}

/// The budgets of everybody who has spent anything.
pub(super) async fn all(app: &App, now: Millis) -> Result<Vec<Budget>, StoreError> {
    let mut purses = app.store.ledger().purses().await?;
    purses.retain(Purse::is_touched);
    let roster = Roster::read(app, purses.iter().map(Purse::subject)).await?;
    let mut budgets = Vec::new();
    for purse in &purses {
        if let Some((allowance, holder)) = roster.of(purse.subject()) {
            of(app, purse, &allowance, &holder, now, &mut budgets);
        }
    }
    Ok(budgets)
}

fn of(
    app: &App,
    purse: &Purse,
    allowance: &Allowance,
    holder: &Holder,
    now: Millis,
    budgets: &mut Vec<Budget>,
) {
    let window = |duration: Option<&BudgetDuration>| corridor::window(app, duration, now);
    let budget = |duration: Option<&BudgetDuration>, model: Option<&str>, standing| Budget {
        subject: purse.subject().clone(),
        holder: holder.clone(),
        duration: duration.cloned(),
        model: model.map(str::to_owned),
        standing,
    };
    let metered = |duration: Option<&BudgetDuration>, model: Option<&str>| {
        purse.of(model, corridor::span(app, duration, now), now).spent
    };
    let main = allowance.budget_duration.as_ref();
    if allowance.max_budget.is_some() || allowance.soft_budget.is_some() {
        let spent = match purse.subject() {
            Subject::Key(_) => purse.own(window(main)).spent,
            _ => metered(main, None),
        };
        let (max, soft) = (allowance.max_budget, allowance.soft_budget);
        let standing = standing(max, soft, spent, window(main));
        budgets.push(budget(main, None, standing));
    }
    let of_models = allowance.model_max_budget.iter();
    let of_models = of_models.map(|(model, budget)| (Some(model.as_str()), budget));
    let others = allowance.budget_limits.iter().map(|budget| (None, budget));
    for (model, limit) in others.chain(of_models) {
        let duration = limit.duration.as_ref();
        let spent = metered(duration, model);
        let standing = standing(Some(limit.max), None, spent, window(duration));
        budgets.push(budget(duration, model, standing));
    }
}

fn standing(
    max: Option<NanoUsd>,
    soft: Option<NanoUsd>,
    spent: NanoUsd,
    window: Window,
) -> Standing {
    Standing { max, soft, spent, window }
}
