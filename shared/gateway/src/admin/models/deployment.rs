//! A deployment as LiteLLM shows it.

use serde_json::{Value, json};

use super::cost;
use crate::{pricing::Class, registry::Member};

/// Its name, its parameters without credentials, and what is known of its model.
pub(super) fn row(name: &str, member: &Member) -> Value {
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
        "access_groups": info.access_groups,
        "max_tokens": max_output,
        "max_input_tokens": max_input,
        "max_output_tokens": max_output,
        "input_cost_per_token": cost(price, Class::Input),
        "output_cost_per_token": cost(price, Class::Output),
    });
    if let Some(fields) = known.as_object_mut() {
        fields.extend(info.supports.iter().map(|(name, flag)| (name.clone(), json!(flag))));
    }
    json!({
        "model_name": name,
        "litellm_params": {
            "model": deployment.name,
            "api_base": deployment.api_base,
            "rpm": deployment.rpm,
            "tpm": deployment.tpm,
            "weight": deployment.weight,
            "order": deployment.order,
        },
        "model_info": known,
    })
}
