//! Model groups and their deployments: which names exist, and who answers for them.

mod added;
mod live;
mod roster;
mod sight;
mod wild;

use std::{collections::HashMap, sync::Arc};

use http::HeaderValue;
use sluice_providers::{Deployment, Responses};
use sluice_store::{CredentialRecord, ModelRecord};

use self::roster::Roster;
use crate::{
    config::{Capacity, Config, ConfiguredDeployment, ModelInfo, RouterSettings},
    pricing::{Catalogue, ModelPrice},
};

pub(crate) use added::{Added, Unusable};
pub(crate) use live::Live;
pub use sight::Sight;

/// The names callers may use, and who answers for them.
#[derive(Debug)]
pub struct Registry {
    common: Roster,
    /// What teams have for themselves, by their ids.
    teams: HashMap<String, Roster>,
    aliases: HashMap<String, String>,
    /// The aliases that lists of models show.
    shown: Vec<String>,
    /// Every deployment, in the order of the configuration, also those that do not answer.
    all: Vec<Arc<Member>>,
    added: Added,
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
    /// How much it takes, and what it may cost.
    pub capacity: Capacity,
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
    /// What the configuration says.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::with(config, Added::default())
    }

    /// What the configuration says, and what was added since.
    pub(crate) fn with(config: &Config, added: Added) -> Self {
        let catalogue = Catalogue::builtin();
        let entries = || config.deployments.iter().chain(&added.deployments);
        let mut common = Vec::new();
        let mut owned: HashMap<&str, Vec<&ConfiguredDeployment>> = HashMap::new();
        for entry in entries() {
            match entry.info.team_id.as_deref() {
                Some(team) => owned.entry(team).or_default().push(entry),
                None => common.push(entry),
            }
        }
        Self {
            common: Roster::new(&common, &catalogue),
            teams: owned
                .into_iter()
                .map(|(team, entries)| (team.to_owned(), Roster::new(&entries, &catalogue)))
                .collect(),
            shown: shown(&config.router),
            aliases: config.router.model_group_alias.clone().into_iter().collect(),
            all: entries().map(|entry| Arc::new(Member::new(entry, &catalogue))).collect(),
            added,
        }
    }

    /// What the keys of a team see; of no team, what everybody does.
    #[must_use]
    pub fn seen_by(&self, team: Option<&str>) -> Sight<'_> {
        Sight { registry: self, own: team.and_then(|team| self.teams.get(team)) }
    }

    /// Every deployment, also those that are blocked, are a team's, or have a pattern for a name.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Member> {
        self.all.iter().map(|member| &**member)
    }

    /// Every deployment that answers a team's callers, also those with a pattern for a name: the team's
    /// own first.
    pub(crate) fn of_team<'a>(&'a self, team: Option<&'a str>) -> impl Iterator<Item = &'a Member> {
        let own = move |member: &&Member| team.is_some() && member.info.team_id.as_deref() == team;
        let common = |member: &&Member| member.info.team_id.is_none();
        let all = self.all().filter(own).chain(self.all().filter(common));
        all.filter(|member| !member.info.blocked)
    }

    /// The deployment of an id.
    pub(crate) fn deployment(&self, id: &str) -> Option<&Member> {
        self.all().find(|member| member.deployment.id == id)
    }

    /// The record of a deployment that was added.
    pub(crate) fn record(&self, id: &str) -> Option<&Arc<ModelRecord>> {
        self.added.records.get(id)
    }

    /// Added models that cannot be called.
    pub(crate) fn unusable(&self) -> &[Unusable] {
        &self.added.unusable
    }

    /// The credentials that were added.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = &Arc<CredentialRecord>> {
        self.added.credentials.values()
    }
}

fn shown(router: &RouterSettings) -> Vec<String> {
    let aliases = router.model_group_alias.keys();
    aliases.filter(|alias| !router.hidden_aliases.contains(*alias)).cloned().collect()
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
        let capacity = entry.capacity.clone();
        Self {
            deployment,
            price: entry.price(catalogue),
            capacity,
            info: entry.info.clone(),
            labels,
        }
    }

    /// A deployment that what is passed on goes to, under the model's name.
    pub(crate) fn passing(
        mut deployment: Deployment,
        model: String,
        price: Option<ModelPrice>,
        capacity: Capacity,
    ) -> Self {
        deployment.model = model;
        let labels = Labels::new(&deployment);
        Self { deployment, price, capacity, info: ModelInfo::default(), labels }
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
