//! What one caller sees of the registry: their team's own models before everybody's.

use std::sync::Arc;

use super::{Group, Member, Registry, roster::Roster, wild::Limits};

/// The models that are there for somebody. Which of them they may call is for their lists to say.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'r> {
    pub(super) registry: &'r Registry,
    /// Their team's own.
    pub(super) own: Option<&'r Roster>,
}

// === impl Sight ===

impl<'r> Sight<'r> {
    /// The group behind a public name, an alias of one, or a name that fits a pattern.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<Arc<Group>> {
        let common = &self.registry.common;
        if let Some(group) = self.own.and_then(|own| own.group(name)) {
            return Some(group);
        }
        if let Some(group) = common.named(name) {
            return Some(Arc::clone(group));
        }
        match self.registry.aliases.get(name) {
            Some(target) => {
                self.own.and_then(|own| own.group(target)).or_else(|| common.group(target))
            }
            None => common.group(name),
        }
    }

    /// Whether a name is one of the team's own.
    pub(crate) fn owns(&self, name: &str) -> bool {
        self.own.is_some_and(|own| own.group(name).is_some())
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
    pub fn group_on_bedrock(&self, id: &str) -> Option<&'r Arc<Group>> {
        let own = self.own.and_then(|own| own.group_on_bedrock(id));
        own.or_else(|| self.registry.common.group_on_bedrock(id))
    }

    /// Every deployment that answers, with its group's name: the team's own first.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'r str, &'r Arc<Member>)> + use<'r> {
        let own = self.own.into_iter().flat_map(Roster::members);
        own.chain(self.registry.common.members())
    }

    /// All public names, each once; in the place of a pattern the models of the catalogue that it
    /// admits.
    pub fn names(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        let own = self.own;
        let common = self.registry.common.names();
        let common = common.filter(move |name| own.is_none_or(|own| own.named(name).is_none()));
        own.into_iter().flat_map(Roster::names).chain(common)
    }

    /// Other names of groups that the router's settings give, without the hidden ones and those that a
    /// group goes by as well.
    pub fn aliases(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        let (own, common) = (self.own, &self.registry.common);
        let known = move |alias: &&String| {
            own.is_some_and(|own| own.named(alias).is_some()) || common.named(alias).is_some()
        };
        self.registry.shown.iter().filter(move |alias| !known(alias)).map(String::as_str)
    }

    /// The access groups of the deployments of a name.
    pub(crate) fn access_groups(&self, name: &str) -> Vec<String> {
        let group = self.group(name);
        let members = group.iter().flat_map(|group| &group.members);
        members.flat_map(|member| member.info.access_groups.iter().cloned()).collect()
    }

    /// The names that are patterns, as they are written.
    pub fn patterns(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        let own = self.own.into_iter().flat_map(Roster::patterns);
        own.chain(self.registry.common.patterns())
    }

    /// The most tokens that the model of a public name takes, and that it gives.
    pub(crate) fn limits(&self, name: &str) -> Limits {
        let target = self.registry.aliases.get(name).map_or(name, String::as_str);
        let own = self.own.and_then(|own| own.limits(target));
        own.or_else(|| self.registry.common.limits(target)).unwrap_or_default()
    }
}
