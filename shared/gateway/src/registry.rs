//! Model groups and their deployments: which names exist, and who answers for them.

use std::{collections::HashMap, sync::Arc};

use http::HeaderValue;
use sluice_providers::Deployment;

use crate::{
    config::{Config, ModelInfo},
    pricing::{Catalogue, ModelPrice},
};

/// The names callers may use.
#[derive(Debug)]
pub struct Registry {
    groups: HashMap<String, Arc<Group>>,
    /// Group names in the order of the configuration.
    names: Vec<String>,
    aliases: HashMap<String, String>,
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
            let deployment = entry.deployment.clone();
            let name = deployment.group.clone();
            let price = entry.price(&catalogue);
            let labels = Labels::new(&deployment);
            let member = Member { deployment, price, info: entry.info.clone(), labels };
            if !members.contains_key(&name) {
                names.push(name.clone());
            }
            members.entry(name).or_default().push(Arc::new(member));
        }
        let groups = members
            .into_iter()
            .map(|(name, members)| (name.clone(), Arc::new(Group { name, members })))
            .collect();
        Self {
            groups,
            names,
            aliases: config.router.model_group_alias.clone().into_iter().collect(),
        }
    }

    /// The group behind a public name or an alias of one.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups
            .get(name)
            .or_else(|| self.aliases.get(name).and_then(|target| self.groups.get(target)))
    }

    /// All public names, in the order of the configuration.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }
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
