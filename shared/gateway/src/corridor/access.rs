//! Which models a caller may use: by the lists of the key, its team, the member, its user, its
//! organisation, and of those whom the call names.
//!
//! A list that is empty admits everything. A list's entries are model names, names with
//! stars, access groups, and LiteLLM's words `all-proxy-models`, `all-team-models` and
//! `no-default-models`. A user's list is about the keys that are in no team.

use sluice_providers::split_model;
use sluice_wire::{Fault, FaultKind};

use crate::{
    identity::{Caller, Named},
    pattern::Pattern,
    registry::Sight,
};

/// Whose list a model is not in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denier {
    Key,
    Team,
    Member,
    User,
    Organisation,
    Customer,
    Tag,
}

/// Whether a caller may use a model, for those whom the call names.
pub(crate) fn may_use(
    seen: &Sight<'_>,
    caller: &Caller,
    named: Option<&Named>,
    model: &str,
) -> bool {
    denier(seen, caller, named, model, None).is_none()
}

/// Whether a caller may call by a name: there is somebody who answers, and no list stands in the way.
pub(crate) fn may_call(seen: &Sight<'_>, caller: &Caller, name: &str) -> bool {
    seen.group(caller.meaning(name)).is_some_and(|group| {
        !group.members.is_empty() && denier(seen, caller, None, name, Some(&group.name)).is_none()
    })
}

/// Whether a caller is held to some models at all.
pub(crate) fn is_held(caller: &Caller, named: Option<&Named>) -> bool {
    let people = &caller.people;
    let user = people.user.as_ref().filter(|_| caller.record.team_id.is_none());
    let lists = [
        Some(&caller.record.models),
        people.team.as_ref().map(|team| &team.models),
        people.member.as_ref().map(|member| &member.models),
        user.map(|user| &user.models),
        people.organisation.as_ref().map(|organisation| &organisation.record.models),
    ];
    let own = lists.into_iter().flatten().map(Vec::as_slice);
    let theirs = named.into_iter().flat_map(Named::lists).map(|(_, list)| list);
    own.chain(theirs).any(|list| !list.is_empty())
}

/// Who stands in the way of a model, if anybody; with the group that answers for it, where that has
/// another name.
pub(crate) fn denier(
    seen: &Sight<'_>,
    caller: &Caller,
    named: Option<&Named>,
    model: &str,
    group: Option<&str>,
) -> Option<Denier> {
    let people = &caller.people;
    let name = caller.meaning(model);
    let team = people.team.as_ref().map(|team| team.models.as_slice());
    let any =
        |list: &[String], names: &[&str]| names.iter().any(|name| admits(seen, list, team, name));
    let group = group.unwrap_or(name);
    if !any(&caller.record.models, &[model, name, group]) {
        return Some(Denier::Key);
    }
    // A key's alias is its maker's word: what it stands for has to be in the other lists.
    let asked = if caller.record.aliases.contains_key(model) { name } else { model };
    let names = [asked, name, group];
    // What a team owns is the team's, whatever its list says.
    let owned = names.iter().any(|name| seen.owns(name));
    if !owned && team.is_some_and(|list| !any(list, &names)) {
        return Some(Denier::Team);
    }
    if people.member.as_ref().is_some_and(|member| !any(&member.models, &names)) {
        return Some(Denier::Member);
    }
    let user = people.user.as_ref().filter(|_| caller.record.team_id.is_none());
    if user.is_some_and(|user| !any(&user.models, &names)) {
        return Some(Denier::User);
    }
    let organisation = people.organisation.as_ref().filter(|_| !owned);
    if organisation.is_some_and(|organisation| !any(&organisation.record.models, &names)) {
        return Some(Denier::Organisation);
    }
    let mut named = named.into_iter().flat_map(Named::lists);
    named.find(|(_, list)| !any(list, &names)).map(|(denier, _)| denier)
}

/// Whether a list admits a model.
pub(crate) fn admits(
    seen: &Sight<'_>,
    list: &[String],
    team: Option<&[String]>,
    model: &str,
) -> bool {
    list.is_empty()
        || list.iter().any(|entry| match entry.as_str() {
            "all-proxy-models" => true,
            "all-team-models" => {
                seen.owns(model) || team.is_none_or(|team| admits(seen, team, None, model))
            }
            "no-default-models" => false,
            entry if entry == model => true,
            entry => fits(entry, model) || seen.is_in_access_group(model, entry),
        })
}

/// Whether all that one list admits is admitted by another: nobody grants more than they hold.
pub(crate) fn within(
    seen: &Sight<'_>,
    list: &[String],
    holder: &[String],
    team: Option<&[String]>,
) -> bool {
    holder.is_empty()
        || (!list.is_empty()
            && list.iter().all(|entry| match entry.as_str() {
                "all-team-models" => team.is_some_and(|team| within(seen, team, holder, None)),
                "no-default-models" => true,
                entry => {
                    holder.iter().any(|held| held == entry) || admits(seen, holder, team, entry)
                }
            }))
}

/// Whether an entry is a pattern that a name fits.
fn fits(entry: &str, model: &str) -> bool {
    Pattern::new(entry).is_some_and(|pattern| {
        pattern.fits(model) || whole(model).is_some_and(|model| pattern.fits(&model))
    })
}

/// A bare name with its provider before it, as `openai/*` means `gpt-4o` as well.
fn whole(model: &str) -> Option<String> {
    let split = split_model(model).ok().filter(|_| !model.contains('/'))?;
    Some(format!("{}/{model}", split.provider.name))
}

/// The refusal of a model, in LiteLLM's words: they do not tell what the lists are.
pub(super) fn denied(denier: Denier, model: &str) -> Fault {
    let label = match denier {
        Denier::Key => "key_model_access_denied",
        Denier::Team | Denier::Member => "team_model_access_denied",
        Denier::User => "user_model_access_denied",
        Denier::Organisation => "org_model_access_denied",
        Denier::Customer => "customer_model_access_denied",
        Denier::Tag => "tag_model_access_denied",
    };
    Fault::new(
        FaultKind::Permission,
        format!(
            "The requested model '{model}' is not available for this API key, or the model name is \
             invalid. Check the models available to you and try again."
        ),
    )
    .with_label(label)
    .with_param("model")
}
