//! A group as LiteLLM shows it: the most that its deployments take and give, and the dearest price.

use serde_json::{Map, Value, json};

use super::cost;
use crate::{
    pricing::{Class, Rate},
    registry::Member,
};

/// The group's row.
pub(super) fn row(name: &str, members: &[&Member]) -> Value {
    let price = |member: &&Member| member.price.clone();
    let most =
        |of: &dyn Fn(&Member) -> Option<u64>| members.iter().filter_map(|member| of(member)).max();
    let all = |of: &dyn Fn(&Member) -> Option<u64>| -> Option<u64> {
        members.iter().map(|member| of(member)).sum()
    };
    let dearest = |class: Class| {
        let rate = |price: &crate::pricing::ModelPrice| price.base(class).unwrap_or(Rate::ZERO);
        let dearest = members.iter().filter_map(price).max_by_key(rate);
        cost(dearest.as_ref(), class)
    };
    let mut providers: Vec<&str> =
        members.iter().map(|member| member.deployment.provider.name).collect();
    providers.sort_unstable();
    providers.dedup();
    let supports: Map<String, Value> = members
        .iter()
        .flat_map(|member| &member.info.supports)
        .map(|(name, flag)| (name.clone(), json!(flag)))
        .collect();
    let mut row = json!({
        "model_group": name,
        "providers": providers,
        "max_input_tokens": most(&|member| {
            let price = member.price.as_ref().and_then(|price| price.max_input);
            price.or(member.info.max_input_tokens)
        }),
        "max_output_tokens": most(&|member| {
            let price = member.price.as_ref().and_then(|price| price.max_output);
            price.or(member.info.max_output_tokens)
        }),
        "input_cost_per_token": dearest(Class::Input),
        "output_cost_per_token": dearest(Class::Output),
        "mode": members.iter().find_map(|member| member.info.mode.as_deref()).unwrap_or("chat"),
        "rpm": all(&|member| member.deployment.rpm),
        "tpm": all(&|member| member.deployment.tpm),
    });
    if let Some(fields) = row.as_object_mut() {
        fields.extend(supports);
    }
    row
}
