//! Model groups and their deployments: which names exist, and who answers for them.

mod wild;

use std::{collections::HashMap, sync::Arc};

use http::HeaderValue;
use sluice_providers::{Deployment, Reach, Responses};

use self::wild::{Limits, Wild};
use crate::{
    config::{Config, ConfiguredDeployment, ModelInfo},
    pricing::{Catalogue, ModelPrice, arn_model},
};

/// The names callers may use.
#[derive(Debug)]
pub struct Registry {
    groups: HashMap<String, Arc<Group>>,
    /// Group names in the order of the configuration.
    names: Vec<String>,
    aliases: HashMap<String, String>,
    /// The first group that reaches a model on Bedrock, by the model's id.
    on_bedrock: HashMap<String, Arc<Group>>,
    wild: Wild,
}

/// A model group: one public name, one or more deployments.
#[derive(Debug)]
pub struct Group {
    /// The public name.
    pub name: String,
    /// Who can answer.
    pub members: Vec<Arc<Member>>,
}

/// One deployment of a group with its price.
#[derive(Debug)]
pub struct Member {
    /// How to reach it.
    pub deployment: Deployment,
    /// What it costs; `None` where nobody knows.
    pub price: Option<ModelPrice>,
    /// What is known of the model.
    pub info: ModelInfo,
    /// Header values that never change.
    pub(crate) labels: Labels,
}

/// A member's response headers, made once.
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) id: Option<HeaderValue>,
    pub(crate) name: Option<HeaderValue>,
    pub(crate) group: Option<HeaderValue>,
    pub(crate) api_base: Option<HeaderValue>,
    pub(crate) region: Option<HeaderValue>,
}

// === impl Registry ===

impl Registry {
    /// Groups the configured deployments by their public name.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let catalogue = Catalogue::builtin();
        let mut names = Vec::new();
        let mut members: HashMap<String, Vec<Arc<Member>>> = HashMap::new();
        for entry in &config.deployments {
            let name = entry.deployment.group.clone();
            if entry.is_wild() {
                if !names.contains(&name) {
                    names.push(name);
                }
                continue;
            }
            let member = Member::new(entry, &catalogue);
            if !members.contains_key(&name) {
                names.push(name.clone());
            }
            members.entry(name).or_default().push(Arc::new(member));
        }
        let groups: HashMap<String, Arc<Group>> = members
            .into_iter()
            .map(|(name, members)| (name.clone(), Arc::new(Group { name, members })))
            .collect();
        let on_bedrock = on_bedrock(names.iter().filter_map(|name| groups.get(name)));
        Self {
            groups,
            names,
            on_bedrock,
            aliases: config.router.model_group_alias.clone().into_iter().collect(),
            wild: Wild::new(config.deployments.iter().filter(|entry| entry.is_wild())),
        }
    }

    /// The group behind a public name, an alias of one, or a name that fits a pattern.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<Arc<Group>> {
        if let Some(group) = self.groups.get(name) {
            return Some(Arc::clone(group));
        }
        if let Some(target) = self.aliases.get(name) {
            return self.groups.get(target).cloned().or_else(|| self.wild.group(target));
        }
        self.wild.group(name)
    }

    /// Whether a model is in an access group (`model_info.access_groups`).
    pub(crate) fn is_in_access_group(&self, model: &str, name: &str) -> bool {
        self.group(model).is_some_and(|group| {
            group.members.iter().any(|member| member.info.access_groups.iter().any(|g| g == name))
        })
    }

    /// The group that reaches a model on Bedrock, by the id that AWS knows the model by: its own, that
    /// of an inference profile, or an ARN of either.
    #[must_use]
    pub fn group_on_bedrock(&self, id: &str) -> Option<&Arc<Group>> {
        self.on_bedrock.get(id).or_else(|| self.on_bedrock.get(arn_model(id)?))
    }

    /// Every deployment with its group's name, in the order of the configuration.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Arc<Member>)> {
        self.names
            .iter()
            .filter_map(|name| self.groups.get(name))
            .flat_map(|group| group.members.iter().map(|member| (group.name.as_str(), member)))
    }

    /// All public names, in the order of the configuration; in the place of a pattern the models of
    /// the catalogue that it admits.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flat_map(|name| {
            let own = (!name.contains('*')).then_some(name.as_str());
            let admitted = self.wild.listed().iter().filter(move |one| one.pattern == *name);
            own.into_iter().chain(admitted.map(|one| one.name.as_str()))
        })
    }

    /// The most tokens that the model of a public name takes, and that it gives.
    pub(crate) fn limits(&self, name: &str) -> Limits {
        let target = self.aliases.get(name).map_or(name, String::as_str);
        match self.groups.get(target).and_then(|group| group.members.first()) {
            Some(member) => {
                member.price.as_ref().map_or([None; 2], |price| [price.max_input, price.max_output])
            }
            None => self.wild.limits(target),
        }
    }

    /// The names that are patterns, as they are written.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| name.contains('*'))
    }
}

// === impl Member ===

impl Member {
    fn new(entry: &ConfiguredDeployment, catalogue: &Catalogue) -> Self {
        let mut deployment = entry.deployment.clone();
        // Not every model of a provider has a chat route.
        let alone = entry.info.mode.as_deref() == Some("responses");
        if alone && deployment.responses == Responses::ForTheirOwn {
            deployment.responses = Responses::Always;
        }
        let labels = Labels::new(&deployment);
        Self { deployment, price: entry.price(catalogue), info: entry.info.clone(), labels }
    }

    /// A deployment that what is passed on goes to, under the model's name.
    pub(crate) fn passing(
        mut deployment: Deployment,
        model: String,
        price: Option<ModelPrice>,
    ) -> Self {
        deployment.model = model;
        let labels = Labels::new(&deployment);
        Self { deployment, price, info: ModelInfo::default(), labels }
    }
}

fn on_bedrock<'a>(groups: impl Iterator<Item = &'a Arc<Group>>) -> HashMap<String, Arc<Group>> {
    let mut found = HashMap::new();
    for group in groups {
        for member in &group.members {
            let deployment = &member.deployment;
            if deployment.provider.reach != Reach::Bedrock {
                continue;
            }
            for id in [Some(&deployment.model), deployment.aws.model_id.as_ref()] {
                let Some(id) = id else { continue };
                found.entry(id.clone()).or_insert_with(|| Arc::clone(group));
                if let Some(model) = arn_model(id) {
                    found.entry(model.to_owned()).or_insert_with(|| Arc::clone(group));
                }
            }
        }
    }
    found
}

/// Where a deployment is reached, without a query (it may hold a key).
pub(crate) fn api_base(deployment: &Deployment) -> Option<&str> {
    let configured = deployment.api_base.as_deref().or(deployment.aws.runtime_endpoint.as_deref());
    configured.or(deployment.provider.base_url)?.split(['?', '#']).next()
}

// === impl Labels ===

impl Labels {
    fn new(deployment: &Deployment) -> Self {
        let value = |text: &str| HeaderValue::from_str(text).ok();
        Self {
            id: value(&deployment.id),
            name: value(&deployment.name),
            group: value(&deployment.group),
            api_base: api_base(deployment).and_then(value),
            region: deployment.aws.region.as_deref().and_then(value),
        }
    }
}
