//! `model_list`.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Capacity, ConfiguredDeployment, ModelInfo, credentials::Credentials, field::Field, identity,
    known, params, prices, section::Section, timeouts::Waits,
};
use crate::pricing::{Catalogue, Override};

/// Modes of models that are served.
const MODES: [&str; 10] = [
    "chat",
    "responses",
    "completion",
    "embedding",
    "rerank",
    "image_generation",
    "image_edit",
    "audio_speech",
    "audio_transcription",
    "moderation",
];
/// Modes of models whose completions cost as well.
const CHAT_MODES: [&str; 4] = ["", "chat", "responses", "completion"];

/// The public names that the list gives, also of what cannot be called.
pub(super) fn groups(field: &Field<'_, '_>) -> BTreeSet<String> {
    let name = |item: &Field<'_, '_>| Section::open(item)?.take("model_name")?.text();
    field.items().unwrap_or_default().iter().filter_map(name).collect()
}

/// Reads the deployments that can be called.
pub(super) fn read<'n, 'c>(
    field: &Field<'n, 'c>,
    waits: Waits,
    credentials: &Credentials<'n, 'c>,
) -> Vec<ConfiguredDeployment> {
    let mut deployments: Vec<ConfiguredDeployment> = Vec::new();
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for item in field.items().unwrap_or_default() {
        let Some((entries, params)) = entry(&item, waits, credentials) else { continue };
        let Some(entry) = entries.first() else { continue };
        let group = entry.deployment.group.clone();
        let id = match &entry.info.id {
            Some(id) => {
                if let Some(line) = ids.get(id) {
                    item.wrong(
                        format!(
                            "`model_info.id: {id}` is that of the entry in line {line} as well"
                        ),
                        "ids are unique; give it another one, or none",
                    );
                }
                id.clone()
            }
            None => {
                let first = identity::id(&group, params.node(), 0);
                if let Some(line) = ids.get(&first) {
                    item.warn(
                        format!("says the same as the entry in line {line}"),
                        "both are used; give them a `weight` instead",
                    );
                }
                let mut twins = 0..=deployments.len();
                twins
                    .find_map(|twin| {
                        let id = identity::id(&group, params.node(), twin);
                        (!ids.contains_key(&id)).then_some(id)
                    })
                    .unwrap_or(first)
            }
        };
        ids.entry(id.clone()).or_insert(entry.source_line);
        for mut entry in entries {
            id.clone_into(&mut entry.deployment.id);
            deployments.push(entry);
        }
    }
    deployments
}

/// Reads one entry.
pub(super) fn entry<'n, 'c>(
    item: &Field<'n, 'c>,
    waits: Waits,
    credentials: &Credentials<'n, 'c>,
) -> Option<(Vec<ConfiguredDeployment>, Field<'n, 'c>)> {
    let mut section = Section::open(item)?;
    let name = section.take("model_name");
    let params = section.take("litellm_params");
    let info = section.take("model_info");
    let astray = |key: &str| {
        let own = ["litellm_params", "model_info"].contains(&key);
        (!own && known::is_known(known::LITELLM_PARAMS, key)).then_some(())
    };
    for ((), field) in section.take_each(astray) {
        field.warn("has no effect here", "write it below `litellm_params:`");
    }
    section.finish(known::NOTHING);
    if name.is_none() {
        item.wrong("has no `model_name`", "set the name that callers use");
    }
    if params.is_none() {
        item.wrong("has no `litellm_params`", "set it, with `model: <provider>/<model>`");
    }
    let (name, params) = (name?, params?);
    let group = name.name();
    let mut own = Override::default();
    let info = info.map(|info| ModelInfo::read(&info, &mut own)).unwrap_or_default();
    let named = group.as_deref().unwrap_or_default();
    let mut capacity = Capacity::default();
    let beside = (&mut own, &mut capacity);
    let (deployments, any_model) = params::read_all(&params, named, waits, credentials, beside);
    let group = group?;
    let prices = (!own.is_empty()).then_some(own);
    let entries: Vec<ConfiguredDeployment> = deployments
        .into_iter()
        .map(|deployment| ConfiguredDeployment {
            deployment,
            prices: prices.clone(),
            capacity: capacity.clone(),
            info: info.clone(),
            any_model,
            source_line: item.line(),
        })
        .collect();
    let first = entries.first()?;
    match (group.contains('*'), first.deployment.name.contains('*')) {
        (false, true) => name.wrong(
            format!("is one name, and `{}` is many", first.deployment.name),
            "write `*` in `model_name` as well: what it stands for is put into the model's name",
        ),
        // A pattern has the prices of the models that it stands for.
        (true, true) => {}
        _ => check(first, &params),
    }
    Some((entries, params))
}

/// Says what the catalogue has to say.
fn check(entry: &ConfiguredDeployment, params: &Field<'_, '_>) {
    let catalogue = Catalogue::builtin();
    let listed = entry.wanted().find(&catalogue);
    let priced = listed.as_ref().is_some_and(|listed| !listed.rates.is_empty());
    let mode = entry.info.mode.as_deref().or(listed.as_ref().map(|listed| listed.mode));
    if let Some(own) = &entry.prices {
        let chats = mode.is_none_or(|mode| CHAT_MODES.contains(&mode));
        prices::check(own, params, priced || !chats);
    }
    if let (Some(base), None) = (&entry.info.base_model, &listed) {
        params.warn(
            format!("the price catalogue has no `{base}` (`model_info.base_model`)"),
            "write the id under which docs/pricing.md tells to look it up",
        );
    }
    if entry.price(&catalogue).is_none() {
        params.warn(
            "has no price: keys with a budget cannot call it",
            "set `input_cost_per_token` and `output_cost_per_token`, or `model_info.base_model`, or \
             `model_info.free: true`",
        );
    }
    if let Some(mode) = mode.filter(|mode| !mode.is_empty() && !MODES.contains(mode)) {
        params.warn(
            format!("is a model of mode `{mode}`, which Sluice {} does not serve", known::VERSION),
            "docs/calls.md lists what is served",
        );
    }
}
