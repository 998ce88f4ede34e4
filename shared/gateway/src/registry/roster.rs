//! Groups of deployments by the names that callers use: those that all may see, or those of one team.

use std::{collections::HashMap, sync::Arc};

use sluice_providers::Reach;

use super::{
    Group, Member,
    wild::{Limits, Wild},
};
use crate::{
    config::ConfiguredDeployment,
    pricing::{Catalogue, arn_model},
};

/// Names, and who answers for them.
#[derive(Debug, Default)]
pub(super) struct Roster {
    groups: HashMap<String, Arc<Group>>,
    /// Group names in the order of their entries.
    names: Vec<String>,
    /// The first group that reaches a model on Bedrock, by the model's id.
    on_bedrock: HashMap<String, Arc<Group>>,
    pub(super) wild: Wild,
}

// === impl Roster ===

impl Roster {
    /// Groups deployments by their public name; those that are blocked answer for nothing, though
    /// their name is known.
    pub(super) fn new(entries: &[&ConfiguredDeployment], catalogue: &Catalogue) -> Self {
        let mut names = Vec::new();
        let mut members: HashMap<String, Vec<Arc<Member>>> = HashMap::new();
        for entry in entries {
            let name = entry.deployment.group.clone();
            if entry.is_wild() {
                if !entry.info.blocked && !names.contains(&name) {
                    names.push(name);
                }
                continue;
            }
            if !members.contains_key(&name) {
                names.push(name.clone());
            }
            let group = members.entry(name).or_default();
            if !entry.info.blocked {
                group.push(Arc::new(Member::new(entry, catalogue)));
            }
        }
        let groups: HashMap<String, Arc<Group>> = members
            .into_iter()
            .map(|(name, members)| (name.clone(), Arc::new(Group { name, members })))
            .collect();
        let on_bedrock = on_bedrock(names.iter().filter_map(|name| groups.get(name)));
        let wild = entries.iter().copied().filter(|entry| entry.is_wild() && !entry.info.blocked);
        Self { groups, names, on_bedrock, wild: Wild::new(wild) }
    }

    /// The group of exactly this name.
    pub(super) fn named(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(name)
    }

    /// The group of a name, or of a pattern that it fits.
    pub(super) fn group(&self, name: &str) -> Option<Arc<Group>> {
        self.groups.get(name).cloned().or_else(|| self.wild.group(name))
    }

    /// The group that reaches a model on Bedrock, by AWS's id or ARN of it.
    pub(super) fn group_on_bedrock(&self, id: &str) -> Option<&Arc<Group>> {
        self.on_bedrock.get(id).or_else(|| self.on_bedrock.get(arn_model(id)?))
    }

    /// Every deployment that answers, with its group's name, in the order of the entries.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Arc<Member>)> {
        self.names
            .iter()
            .filter_map(|name| self.groups.get(name))
            .flat_map(|group| group.members.iter().map(|member| (group.name.as_str(), member)))
    }

    /// All names for which somebody answers; in the place of a pattern the models of the catalogue
    /// that it admits.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let answered =
            |name: &&String| self.groups.get(*name).is_none_or(|group| !group.members.is_empty());
        self.names.iter().filter(answered).flat_map(|name| {
            let own = (!name.contains('*')).then_some(name.as_str());
            let admitted = self.wild.listed().iter().filter(move |one| one.pattern == *name);
            own.into_iter().chain(admitted.map(|one| one.name.as_str()))
        })
    }

    /// The names that are patterns, as they are written.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|name| name.contains('*'))
    }

    /// The most tokens that the model of a name takes, and that it gives; `None` for a name that is
    /// not known.
    pub(super) fn limits(&self, name: &str) -> Option<Limits> {
        match self.groups.get(name) {
            Some(group) => {
                let price = group.members.first().and_then(|member| member.price.as_ref());
                Some(price.map_or([None; 2], |price| [price.max_input, price.max_output]))
            }
            None => self.wild.limits(name),
        }
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
