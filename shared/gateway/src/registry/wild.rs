//! Groups whose names are patterns: a deployment for every name that fits.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use sluice_providers::{provider, split_model};

use super::{Group, Member};
use crate::{
    config::ConfiguredDeployment,
    pattern::Pattern,
    pricing::{Catalogue, CatalogueEntry},
};

/// Groups that are kept. Names come from callers: more than these are made anew.
const KEPT: usize = 512;

/// The most tokens that a model takes, and that it gives, where that is known.
pub(crate) type Limits = [Option<u64>; 2];

/// All patterns, the more particular first.
#[derive(Debug, Default)]
pub(super) struct Wild {
    patterns: Vec<(Pattern, Vec<ConfiguredDeployment>)>,
    drawn: Mutex<HashMap<String, Arc<Group>>>,
    listed: OnceLock<Listing>,
}

/// The names of the catalogue that patterns admit.
#[derive(Debug, Default)]
struct Listing {
    names: Vec<Listed>,
    limits: HashMap<String, Limits>,
}

/// A name of the catalogue's that a pattern admits.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) name: String,
    /// The pattern that it comes from.
    pub(super) pattern: String,
}

// === impl Wild ===

impl Wild {
    /// Takes the entries whose names are patterns.
    pub(super) fn new<'e>(entries: impl Iterator<Item = &'e ConfiguredDeployment>) -> Self {
        let mut patterns: Vec<(Pattern, Vec<ConfiguredDeployment>)> = Vec::new();
        for entry in entries {
            let Some(pattern) = Pattern::new(&entry.deployment.group) else { continue };
            match patterns.iter_mut().find(|(known, _)| *known == pattern) {
                Some((_, templates)) => templates.push(entry.clone()),
                None => patterns.push((pattern, vec![entry.clone()])),
            }
        }
        patterns.sort_by_key(|(pattern, _)| pattern.particularity());
        Self { patterns, ..Self::default() }
    }

    /// The group of a name: by the first pattern that it fits, as it is or with its provider
    /// before it.
    pub(super) fn group(&self, name: &str) -> Option<Arc<Group>> {
        if self.patterns.is_empty() || name.contains('*') {
            return None;
        }
        let kept = self.drawn.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if kept.is_some() {
            return kept;
        }
        let group = Arc::new(self.draw(name, name).or_else(|| {
            let whole = format!("{}/{name}", bare_provider(name)?);
            self.draw(&whole, name)
        })?);
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.len() >= KEPT {
            drawn.clear();
        }
        Some(Arc::clone(drawn.entry(name.to_owned()).or_insert(group)))
    }

    /// The limits of a listed name.
    pub(super) fn limits(&self, name: &str) -> Option<Limits> {
        self.listing().limits.get(name).copied()
    }

    fn draw(&self, fitting: &str, name: &str) -> Option<Group> {
        let catalogue = Catalogue::builtin();
        self.patterns.iter().find_map(|(pattern, templates)| {
            let texts = pattern.read(fitting)?;
            let members: Vec<Arc<Member>> = templates
                .iter()
                .filter_map(|template| instance(template, &texts, fitting, name))
                .map(|entry| Arc::new(Member::new(&entry, &catalogue)))
                .collect();
            (!members.is_empty()).then(|| Group { name: name.to_owned(), members })
        })
    }

    /// The names of the catalogue that patterns admit, by pattern.
    pub(super) fn listed(&self) -> &[Listed] {
        &self.listing().names
    }

    fn listing(&self) -> &Listing {
        self.listed.get_or_init(|| {
            let mut listing = Listing::default();
            if self.patterns.is_empty() {
                return listing;
            }
            let entries: Vec<CatalogueEntry> = Catalogue::builtin().entries().collect();
            for (pattern, templates) in &self.patterns {
                for template in templates {
                    let admitted = entries
                        .iter()
                        .filter_map(|entry| Some((public(pattern, template, entry)?, entry)));
                    for (name, entry) in admitted {
                        let limits = [entry.max_input, entry.max_output];
                        if listing.limits.insert(name.clone(), limits).is_none() {
                            let pattern = pattern.written().to_owned();
                            listing.names.push(Listed { name, pattern });
                        }
                    }
                }
            }
            listing
        })
    }
}

/// The template with the name that the texts make. `None` where that is no model of its provider.
fn instance(
    template: &ConfiguredDeployment,
    texts: &[&str],
    fitting: &str,
    group: &str,
) -> Option<ConfiguredDeployment> {
    let written = &template.deployment.name;
    let name = match Pattern::new(written) {
        Some(_) if template.any_model => fitting.to_owned(),
        None => written.clone(),
        // As in LiteLLM: what the stars cannot take is named as the caller names it.
        Some(model) => {
            model.write(&undoubled(written, texts)).unwrap_or_else(|| fitting.to_owned())
        }
    };
    let deployment = template.deployment.renamed(group, name).ok()?;
    // A template for all providers is one template for each: only the right one may answer.
    (deployment.provider.name == template.deployment.provider.name)
        .then(|| ConfiguredDeployment { deployment, ..template.clone() })
}

/// `*` for `openai/*` and a caller who writes `openai/gpt-4o`: the provider is not said twice.
fn undoubled<'t>(written: &str, texts: &[&'t str]) -> Vec<&'t str> {
    let lead = written.split('*').next().unwrap_or_default();
    let mut texts = texts.to_vec();
    if let Some(first) = texts.first_mut()
        && lead.ends_with('/')
        && let Some(rest) = first.strip_prefix(lead)
    {
        *first = rest;
    }
    texts
}

/// Whose a name without a provider is.
fn bare_provider(name: &str) -> Option<&'static str> {
    let split = split_model(name).ok()?;
    let first = name.split('/').next().unwrap_or_default();
    (provider(first) != Some(split.provider)).then_some(split.provider.name)
}

/// The public name of a model of the catalogue, where the template serves it.
fn public(
    pattern: &Pattern,
    template: &ConfiguredDeployment,
    entry: &CatalogueEntry,
) -> Option<String> {
    let row = template.deployment.provider;
    if !entry.belongs_to(row.price_family) {
        return None;
    }
    let model = entry.key.strip_prefix(row.price_family).and_then(|key| key.strip_prefix('/'));
    let model = model.unwrap_or(entry.key);
    // `1024-x-1024/dall-e-3` and `bedrock/us-east-1/...` are prices, not names.
    let priced = model.contains("-x-") || row.price_family == "bedrock" && model.contains('/');
    if priced || entry.key.contains('*') {
        return None;
    }
    let written = template.deployment.name.as_str();
    let called = format!("{}/{model}", row.name);
    let texts = Pattern::new(written)?
        .read(&called)
        .or_else(|| Pattern::new(&template.deployment.model)?.read(model))?;
    match pattern.written() {
        // The name alone could be another provider's as well.
        "*" => Some(called),
        _ => pattern.write(&texts).filter(|name| !name.contains('*')),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::{config::Config, registry::Registry};

    #[test]
    fn a_model_of_any_name_goes_to_its_own_provider() {
        let variables: BTreeMap<String, String> = [
            ("OPENAI_API_KEY", "sk-o"),
            ("ANTHROPIC_API_KEY", "sk-a"),
            ("AWS_REGION", "eu-west-1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let text = "model_list: [{model_name: '*', litellm_params: {model: '*'}}]";
        let config = Config::parse(text, "c.yaml", &variables).config.unwrap();
        let registry = Registry::new(&config);
        for (asked, name) in [
            ("openai/gpt-4o", "openai/gpt-4o"),
            ("gpt-4o", "openai/gpt-4o"),
            ("anthropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
            ("claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
            ("bedrock/us.amazon.nova-lite-v1:0", "bedrock/us.amazon.nova-lite-v1:0"),
        ] {
            let group = registry.seen_by(None).group(asked).unwrap_or_else(|| panic!("{asked}"));
            let [member] = group.members.as_slice() else { panic!("{asked}: {group:?}") };
            let deployment = &member.deployment;
            assert!(name.ends_with(&deployment.name) && name.starts_with(deployment.provider.name));
            assert!(member.price.is_some(), "{asked} has no price");
            assert_eq!((group.name.as_str(), deployment.group.as_str()), (asked, asked));
        }
        // No key for Groq, and nobody's at all.
        let seen = registry.seen_by(None);
        assert!(seen.group("groq/llama").is_none() && seen.group("llama").is_none());
        let names: Vec<&str> = seen.names().collect();
        for listed in ["openai/gpt-4o", "anthropic/claude-sonnet-4-5"] {
            assert!(names.contains(&listed), "{listed}");
        }
        assert!(!names.iter().any(|name| name.starts_with("groq/")));
    }

    #[test]
    fn callers_cannot_make_it_remember_without_end() {
        let text = "model_list: [{model_name: 'openai/*', litellm_params: {model: 'openai/*', api_key: k}}]";
        let registry = Registry::new(&Config::parse(text, "c.yaml", &()).config.unwrap());
        for number in 0..2000 {
            assert!(registry.seen_by(None).group(&format!("openai/{number}")).is_some());
        }
        assert!(registry.common.wild.drawn.lock().unwrap().len() <= super::KEPT);
    }
}
