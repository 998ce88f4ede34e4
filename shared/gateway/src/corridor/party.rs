//! Parties in LiteLLM's words.

use sluice_store::{KeyRecord, Subject};

/// LiteLLM's name of what a limit is on, perhaps for one model; the key's where there is no subject.
pub(super) fn descriptor(subject: Option<&Subject>, model: Option<&str>) -> &'static str {
    let (all, of_model) = match subject {
        None | Some(Subject::Key(_)) => ("api_key", "model_per_key"),
        Some(Subject::User(_)) => ("user", "model_per_user"),
        Some(Subject::Team(_)) => ("team", "model_per_team"),
        Some(Subject::Member { .. }) => ("team_member", "model_per_team_member"),
        Some(Subject::Organisation(_)) => ("organization", "model_per_organization"),
        Some(Subject::Associate { .. }) => ("organization_member", "model_per_organization_member"),
        Some(Subject::EndUser(_)) => ("end_user", "model_per_end_user"),
        Some(Subject::Tag(_)) => ("tag", "model_per_tag"),
        Some(Subject::Model(_)) => ("model", "model"),
        Some(Subject::Provider(_)) => ("provider", "model_per_provider"),
        Some(Subject::Deployment(_)) => ("deployment", "deployment"),
        Some(Subject::Gateway) => ("global", "model"),
    };
    if model.is_some() { of_model } else { all }
}

/// The id of a subject as a rate limit's refusal tells it.
pub(super) fn id(subject: &Subject) -> String {
    match subject {
        Subject::Key(hash) => hash.to_string(),
        Subject::Member { team: group, user }
        | Subject::Associate { organisation: group, user } => {
            format!("{group}:{user}")
        }
        Subject::User(id)
        | Subject::Team(id)
        | Subject::Organisation(id)
        | Subject::EndUser(id)
        | Subject::Tag(id)
        | Subject::Model(id)
        | Subject::Provider(id)
        | Subject::Deployment(id) => id.clone(),
        Subject::Gateway => String::new(),
    }
}

/// The refusal of a call that a subject's budget does not pay for.
pub(super) fn over_budget(subject: &Subject, spent: &str, max: &str) -> String {
    let whose = match subject {
        Subject::User(id) => {
            return format!("ExceededBudget: User={id} over budget. Spend={spent}, Budget={max}");
        }
        Subject::EndUser(id) => {
            return format!(
                "ExceededBudget: End User={id} over budget. Spend={spent}, Budget={max}"
            );
        }
        Subject::Member { team, user } => format!("User={user} in Team={team}"),
        Subject::Team(id) => format!("Team={id}"),
        Subject::Organisation(id) => format!("Organization={id}"),
        Subject::Associate { organisation, user } => {
            format!("User={user} in Organization={organisation}")
        }
        Subject::Tag(id) => format!("Tag={id}"),
        // LiteLLM's words.
        Subject::Gateway => "Proxy".to_owned(),
        other => other.to_string(),
    };
    of(&whose, spent, max)
}

/// The same of a key.
pub(super) fn key_over_budget(record: &KeyRecord, spent: &str, max: &str) -> String {
    let key = match &record.alias {
        Some(alias) => format!("{alias} ({})", record.name),
        None => format!("{} ({})", record.name, record.hash.short()),
    };
    of(&format!("Key={key}"), spent, max)
}

fn of(whose: &str, spent: &str, max: &str) -> String {
    format!("Budget has been exceeded! {whose} Current cost: {spent}, Max budget: {max}")
}

/// The refusal of a call to a model that a subject's budget for it does not pay for; the key's where
/// there is no subject.
pub(super) fn over_model_budget(
    record: &KeyRecord,
    subject: Option<&Subject>,
    model: &str,
    spent: &str,
    max: &str,
) -> String {
    let whose = match subject {
        None => format!(
            "LiteLLM Virtual Key: {}, key_alias: {}",
            record.hash,
            record.alias.as_deref().unwrap_or("None")
        ),
        Some(Subject::Team(id)) => format!("Team: {id}"),
        Some(Subject::Organisation(id)) => format!("Organization: {id}"),
        Some(Subject::User(id)) => format!("User: {id}"),
        Some(Subject::EndUser(id)) => format!("End User: {id}"),
        Some(other) => id(other),
    };
    format!("{whose}, exceeded budget for model={model}. Current cost: {spent}, Max budget: {max}")
}
