//! `router_settings`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use sluice_providers::{provider, providers};
use sluice_store::ModelBudget;

use super::{
    field::Field, grant::duration, known, pass_through::dollars, section::Section, suggest,
};
use crate::pattern::Pattern;

/// `router_settings`, as far as it has an effect.
#[derive(Debug, Clone, Default)]
pub struct RouterSettings {
    /// `model_group_alias`: other public names of model groups.
    pub model_group_alias: BTreeMap<String, String>,
    /// The aliases that lists of models leave out.
    pub hidden_aliases: BTreeSet<String>,
    /// `num_retries`: attempts after the first.
    pub num_retries: Option<u32>,
    /// `provider_budget_config`: what may be spent at a provider, by its name.
    pub provider_budgets: BTreeMap<String, ModelBudget>,
    /// `default_max_parallel_requests`: calls at a time of a deployment that does not say.
    pub default_max_parallel_requests: Option<u64>,
    /// `timeout`: of deployments that have none of their own.
    pub timeout: Option<Duration>,
}

// === impl RouterSettings ===

impl RouterSettings {
    /// `groups` are the model groups that there are, for an alias of none is a mistake.
    pub(super) fn read(field: &Field<'_, '_>, groups: &BTreeSet<String>) -> Self {
        let mut settings = Self::default();
        let Some(mut section) = Section::open(field) else { return settings };
        if let Some(field) = section.take("model_group_alias") {
            settings.read_aliases(&field, groups);
        }
        if let Some(field) = section.take("num_retries") {
            settings.num_retries = field.retries();
        }
        if let Some(field) = section.take("timeout") {
            settings.timeout = field.seconds();
        }
        if let Some(field) = section.take("provider_budget_config") {
            settings.provider_budgets = provider_budgets(&field);
        }
        if let Some(field) = section.take("default_max_parallel_requests") {
            settings.default_max_parallel_requests = field.whole(0..=u64::MAX);
        }
        if let Some(field) = section.take("routing_strategy") {
            read_strategy(&field);
        }
        section.finish(known::ROUTER_SETTINGS);
        settings
    }

    fn read_aliases(&mut self, field: &Field<'_, '_>, groups: &BTreeSet<String>) {
        let Some(section) = Section::open(field) else { return };
        for (alias, field) in section.each() {
            let named =
                if field.is_mapping() { self.read_long(alias, &field) } else { Some(field) };
            let Some((field, target)) =
                named.and_then(|field| Some((field.clone(), field.name()?)))
            else {
                continue;
            };
            let fits = |group: &String| Pattern::new(group).is_some_and(|one| one.fits(&target));
            if !groups.contains(&target) && !groups.iter().any(fits) {
                let near = suggest::nearest(&target, groups.iter().map(String::as_str));
                field.wrong(
                    format!("`{}` is no `model_name` of the model list", field.shown()),
                    near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default(),
                );
            }
            self.model_group_alias.insert(alias.to_owned(), target);
        }
    }

    /// `{model: ..., hidden: true}`
    fn read_long<'n, 'c>(&mut self, alias: &str, field: &Field<'n, 'c>) -> Option<Field<'n, 'c>> {
        let mut section = Section::open(field)?;
        let model = section.take("model");
        if model.is_none() {
            field.wrong("names no model", "write `model: <model_name>`");
        }
        if section.take("hidden").and_then(|field| field.flag()) == Some(true) {
            self.hidden_aliases.insert(alias.to_owned());
        }
        section.finish(known::NOTHING);
        model
    }
}

/// `{openai: {budget_limit: 100, time_period: 1d}}`
fn provider_budgets(field: &Field<'_, '_>) -> BTreeMap<String, ModelBudget> {
    let mut budgets = BTreeMap::new();
    let Some(section) = Section::open(field) else { return budgets };
    for (name, field) in section.each() {
        if provider(name).is_none() {
            let near = suggest::nearest(name, providers().map(|row| row.name));
            field.wrong(
                "is no provider",
                near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default(),
            );
        }
        let Some(mut section) = Section::open(&field) else { continue };
        // LiteLLM has two names for either.
        let older = [section.take("max_budget"), section.take("budget_duration")];
        let [limit, period] = older;
        let limit = section.take("budget_limit").or(limit);
        let period = section.take("time_period").or(period);
        section.finish(known::NOTHING);
        let Some(limit) = limit else {
            field.wrong("has no `budget_limit`", "write the dollars that may be spent");
            continue;
        };
        let duration = period.and_then(|field| duration(&field));
        if let Some(max) = dollars(&limit) {
            budgets.insert(name.to_owned(), ModelBudget { max, duration });
        }
    }
    budgets
}

/// One strategy is in effect; another one's name is no mistake, but changes nothing.
fn read_strategy(field: &Field<'_, '_>) {
    const OTHERS: [&str; 7] = [
        "least-busy",
        "usage-based-routing",
        "usage-based-routing-v2",
        "latency-based-routing",
        "cost-based-routing",
        "provider-budget-routing",
        "lar1",
    ];
    match field.text().as_deref() {
        None | Some("simple-shuffle") => {}
        Some(name) if OTHERS.contains(&name) => field.warn(
            format!("`{name}` is not in effect in Sluice {}", known::VERSION),
            "deployments are chosen by `simple-shuffle`: weight, else rpm, else tpm",
        ),
        Some(name) => field.wrong(
            format!("`{name}` is not a routing strategy"),
            format!("write one of simple-shuffle, {}", OTHERS.join(", ")),
        ),
    }
}
