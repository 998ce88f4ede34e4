//! A deployment as LiteLLM shows it.

use serde_json::{Map, Value, json};
use sluice_store::ModelRecord;

use super::{cost, view};
use crate::{
    pricing::Class,
    registry::{Member, api_base},
};

/// Its name, its parameters without credentials, and what is known of its model; of one that was
/// added, as its record has them.
pub(super) fn row(member: &Member, record: Option<&ModelRecord>) -> Value {
    let (deployment, info) = (&member.deployment, &member.info);
    let price = member.price.as_ref();
    let max_input = price.and_then(|price| price.max_input).or(info.max_input_tokens);
    let max_output = price.and_then(|price| price.max_output).or(info.max_output_tokens);
    let mut known = json!({
        "id": deployment.id,
        "db_model": false,
        "key": deployment.model,
        "litellm_provider": deployment.provider.name,
        "mode": info.mode.as_deref().unwrap_or("chat"),
        "base_model": info.base_model,
        "team_id": info.team_id,
        "blocked": info.blocked,
        "access_groups": info.access_groups,
        "max_tokens": max_output,
        "max_input_tokens": max_input,
        "max_output_tokens": max_output,
        "input_cost_per_token": cost(price, Class::Input),
        "output_cost_per_token": cost(price, Class::Output),
    });
    if let Some(fields) = known.as_object_mut() {
        fields.extend(info.supports.iter().map(|(name, flag)| (name.clone(), json!(flag))));
        fields.extend(record.map(view::info).unwrap_or_default());
    }
    let own = json!({
        "model": deployment.name,
        "api_base": api_base(deployment).filter(|_| deployment.api_base.is_some()),
        "rpm": deployment.rpm,
        "tpm": deployment.tpm,
        "weight": deployment.weight,
        "order": deployment.order,
    });
    let mut params = own.as_object().cloned().unwrap_or_default();
    let mut recorded: Map<String, Value> = record.map(view::params).unwrap_or_default();
    // With its query left out, for that may be a credential.
    recorded.remove("api_base");
    params.extend(recorded);
    json!({ "model_name": deployment.group, "litellm_params": params, "model_info": known })
}

/// One that was added and cannot be called, and why.
pub(super) fn broken(record: &ModelRecord, reason: &str) -> Value {
    let mut known = view::info(record);
    known.insert("problem".to_owned(), reason.into());
    json!({
        "model_name": record.model_name,
        "litellm_params": view::params(record),
        "model_info": known,
    })
}
