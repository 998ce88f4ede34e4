//! What an organisation lets those below it have: nobody in it is given more than it has.

use http::StatusCode;
use sluice_store::{Allowance, BudgetRecord, OrganisationRecord, TeamRecord};

use crate::{App, admin::reply::Refused, corridor::within, identity};

/// An organisation's models and limits, those of its budget by name included.
#[derive(Debug)]
pub(in crate::admin) struct Bounds {
    pub(in crate::admin) organization_id: String,
    pub(in crate::admin) models: Vec<String>,
    pub(in crate::admin) allowance: Allowance,
}

/// Those of an organisation that somebody names.
pub(in crate::admin) async fn bounds(app: &App, id: &str) -> Result<Bounds, Refused> {
    let record = app.store.organisations().get(&OrganisationRecord::at(id)).await;
    let record = record.map_err(|error| app.store_fault(&error))?;
    let record = record.ok_or_else(|| {
        let unknown = identity::unknown_organisation(id).message.to_string();
        Refused::detail(StatusCode::BAD_REQUEST, unknown)
    })?;
    let mut allowance = record.allowance;
    if let Some(id) = &record.budget_id {
        let budget = app.store.budgets().get(&BudgetRecord::at(id)).await;
        if let Some(budget) = budget.map_err(|error| app.store_fault(&error))? {
            allowance = allowance.or(&budget.allowance);
        }
    }
    Ok(Bounds { organization_id: record.organization_id, models: record.models, allowance })
}

// === impl Bounds ===

impl Bounds {
    /// Whether models are among its own.
    pub(in crate::admin) fn admit(&self, app: &App, models: &[String], team: Option<&str>) -> bool {
        models.is_empty() || within(&app.registry().seen_by(team), models, &self.models, None)
    }

    /// Refuses a team that is to have more.
    pub(in crate::admin) fn hold(&self, app: &App, team: &TeamRecord) -> Result<(), Refused> {
        let id = &self.organization_id;
        if !self.admit(app, &team.models, Some(&team.team_id)) {
            let message = format!(
                "Team models {:?} are not all among the organization's models {:?}. Organization: {id}",
                team.models, self.models
            );
            return Err(Refused::detail(StatusCode::BAD_REQUEST, message));
        }
        let beyond = |field: &str, asked: String, most: String| {
            let message = format!(
                "Team {field} ({asked}) exceeds organization's {field} ({most}). Organization: {id}"
            );
            Err(Refused::detail(StatusCode::BAD_REQUEST, message))
        };
        let (asked, most) = (&team.allowance, &self.allowance);
        if let (Some(asked), Some(most)) = (asked.max_budget, most.max_budget)
            && asked > most
        {
            return beyond("max_budget", asked.to_decimal(), most.to_decimal());
        }
        for (field, asked, most) in [
            ("tpm_limit", asked.tpm_limit, most.tpm_limit),
            ("rpm_limit", asked.rpm_limit, most.rpm_limit),
            ("max_parallel_requests", asked.max_parallel_requests, most.max_parallel_requests),
        ] {
            if let (Some(asked), Some(most)) = (asked, most)
                && asked > most
            {
                return beyond(field, asked.to_string(), most.to_string());
            }
        }
        Ok(())
    }
}
