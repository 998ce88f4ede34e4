//! What a new or changed key may be: never more than whoever makes it holds.

use sluice_store::{Allowance, Hours, KeyRecord, NanoUsd, TeamRecord};
use sluice_wire::{Fault, FaultKind};

use crate::{
    App,
    admin::{
        access::{Actor, forbidden},
        budgets,
        organisations::{self, Bounds},
        reply::{Refused, invalid},
    },
    corridor::within,
};

/// Refuses a key that its maker may not make.
pub(super) async fn vet(app: &App, actor: &Actor, key: &KeyRecord) -> Result<(), Refused> {
    let team = match &key.team_id {
        None => None,
        Some(id) => Some(team(app, id).await?),
    };
    for (budget, field) in
        [(&key.budget_id, "budget_id"), (&key.end_user_budget_id, "end_user_budget_id")]
    {
        if let Some(id) = budget {
            budgets::check(app, id, field).await?;
        }
    }
    let organisation = organisation(app, key, team.as_ref()).await?;
    if actor.reaches_all() {
        return Ok(());
    }
    owner(app, actor, key, team.as_ref()).await?;
    let own = &actor.caller.record;
    let people = &actor.caller.people;
    let team_models = team.as_ref().map(|team| team.models.as_slice());
    let holder = match (&team, &people.user) {
        (Some(team), _) => team.models.as_slice(),
        (None, Some(user)) => user.models.as_slice(),
        (None, None) => &[],
    };
    let registry = app.registry();
    let seen = registry.seen_by(key.team_id.as_deref());
    // What an alias stands for is given as well.
    let targets: Vec<String> = key.aliases.values().cloned().collect();
    let hidden = !targets.is_empty()
        && (!within(&seen, &targets, holder, team_models)
            || !within(&seen, &targets, &own.models, team_models));
    let beyond_holder = !key.models.is_empty() && !within(&seen, &key.models, holder, team_models);
    if hidden || beyond_holder || !within(&seen, &key.models, &own.models, team_models) {
        let message = "A key cannot be given models that its maker may not use.";
        return Err(forbidden(message, "models"));
    }
    if let Some(organisation) = &organisation {
        let of_team = key.team_id.as_deref();
        if !organisation.admit(app, &key.models, of_team)
            || !organisation.admit(app, &targets, of_team)
        {
            let message = "A key cannot be given models that its organization may not use.";
            return Err(forbidden(message, "models"));
        }
        amounts(&key.allowance, &Allowance::default(), Some(&organisation.allowance))?;
    }
    let user = people.user.as_ref().filter(|_| team.is_none());
    let above = team.as_ref().map(|team| &team.allowance).or(user.map(|user| &user.allowance));
    amounts(&key.allowance, &own.allowance, above)?;
    let of_team = team.as_ref().map(|team| team.prompts.as_slice()).unwrap_or_default();
    let narrows = |held: &[String]| {
        let within = !key.prompts.is_empty() && key.prompts.iter().all(|one| held.contains(one));
        held.is_empty() || within
    };
    let in_team = key.prompts.is_empty() || narrows(of_team);
    if !narrows(&own.prompts) || !in_team {
        let message = "A key cannot be given prompts that its maker's key or team may not use.";
        return Err(forbidden(message, "prompts"));
    }
    if !own.enforced_params.iter().all(|name| key.enforced_params.contains(name)) {
        let message = "A key's requests have to have what those of its maker's key do.";
        return Err(forbidden(message, "enforced_params"));
    }
    let opened = |route: &String| own.allowed_routes.contains(route);
    let narrower = !key.allowed_routes.is_empty() && key.allowed_routes.iter().all(opened);
    if !own.allowed_routes.is_empty() && !narrower {
        let message = "A key cannot open routes that its maker's key does not.";
        return Err(forbidden(message, "allowed_routes"));
    }
    if let Some(expires) = own.expires
        && key.expires.is_none_or(|at| at > expires)
    {
        let message = format!(
            "A key cannot outlive the key that makes it, which expires at {}",
            expires.rfc3339()
        );
        return Err(forbidden(message, "duration"));
    }
    Ok(())
}

/// One of the amounts of an allowance.
type Amount = fn(&Allowance) -> Option<u64>;

/// The most of what is plain and of what is at some hours; none where the plain one has no limit.
fn most(
    allowance: &Allowance,
    plain: Option<u64>,
    of: impl Fn(&Hours) -> Option<u64>,
) -> Option<u64> {
    let hours = allowance.schedule.iter().filter(|hours| hours.model.is_none());
    plain.map(|plain| hours.filter_map(of).fold(plain, u64::max))
}

/// Refuses larger amounts than the maker's own key has, and larger ones than the team has that the
/// key is of, or the user.
fn amounts(key: &Allowance, own: &Allowance, above: Option<&Allowance>) -> Result<(), Refused> {
    let each: [(&'static str, Amount); 6] = [
        ("max_budget", |allowance| {
            // It goes on beyond its budget.
            if allowance.throttle_on_budget_exceeded {
                return None;
            }
            let nanos = |max: NanoUsd| max.nanos().unsigned_abs();
            let hours = allowance.schedule.iter().filter(|hours| hours.model.is_none());
            let most = hours
                .filter_map(|hours| hours.max_budget)
                .fold(allowance.max_budget?, NanoUsd::max);
            let more = allowance.temp_budget.map_or(NanoUsd::ZERO, |more| more.increase);
            Some(nanos(most.saturating_add(more)))
        }),
        ("rpm_limit", |allowance| most(allowance, allowance.rpm_limit, |hours| hours.rpm)),
        ("tpm_limit", |allowance| most(allowance, allowance.tpm_limit, |hours| hours.tpm)),
        ("rpd_limit", |allowance| allowance.rpd_limit),
        ("tpd_limit", |allowance| allowance.tpd_limit),
        ("max_parallel_requests", |allowance| allowance.max_parallel_requests),
    ];
    let hands_on = key.budget_rollover.is_some() && own.budget_rollover.is_none();
    if hands_on && own.max_budget.is_some() {
        let message = "A key hands on what its windows leave where its maker's key does.";
        return Err(forbidden(message, "budget_rollover"));
    }
    if !own.schedule.is_empty() && key.schedule != own.schedule {
        let message = "A key has the schedule of its maker's key.";
        return Err(forbidden(message, "schedule"));
    }
    for (field, of) in each {
        let asked = of(key);
        // A key without a limit of its own is still held to those above it.
        let beyond_own = of(own).is_some_and(|most| asked.is_none_or(|asked| asked > most));
        let beyond = above.and_then(of).is_some_and(|most| asked.is_some_and(|asked| asked > most));
        if beyond_own || beyond {
            let message = format!(
                "A key cannot be given a larger {field} than its maker's key, user, team or organization \
                 has."
            );
            return Err(forbidden(message, field));
        }
    }
    Ok(())
}

/// Refuses a key for somebody else: only who leads a team makes keys for its other members.
async fn owner(
    app: &App,
    actor: &Actor,
    key: &KeyRecord,
    team: Option<&TeamRecord>,
) -> Result<(), Refused> {
    if let Some(team) = team
        && !actor.reaches_team(team)
    {
        return Err(Fault::new(
            FaultKind::Permission,
            format!(
                "User={} not assigned to team={}, or the team does not permit this route to its \
                 members.",
                actor.user_id().unwrap_or_default(),
                team.team_id
            ),
        )
        .with_label("team_member_permission_error")
        .with_param("team_id")
        .into());
    }
    let alone = key.organization_id.as_deref().filter(|_| team.is_none());
    if let Some(id) = alone.filter(|id| !actor.leads(id) && !actor.belongs_to(id)) {
        let message = format!("You do not belong to the organization. organization_id={id}");
        return Err(forbidden(message, "organization_id"));
    }
    let Some(user) = key.user_id.as_deref().filter(|user| !actor.is_self(user)) else {
        return Ok(());
    };
    if let Some(id) = alone.filter(|id| actor.leads(id)) {
        let place = sluice_store::AssociateRecord::at(id, user);
        let member = app.store.associates().get(&place).await;
        if member.map_err(|error| app.store_fault(&error))?.is_some() {
            return Ok(());
        }
    }
    let led = team.filter(|team| actor.led_teams().any(|led| led == team.team_id));
    if let Some(team) = led {
        let place = sluice_store::MemberRecord::at(&team.team_id, user);
        let member = app.store.members().get(&place).await;
        if member.map_err(|error| app.store_fault(&error))?.is_some() {
            return Ok(());
        }
    }
    let message = "You cannot make or change keys of another user.";
    Err(forbidden(message, "user_id"))
}

/// The team that a key is to belong to.
async fn team(app: &App, id: &str) -> Result<TeamRecord, Refused> {
    let team = app.store.teams().get(&TeamRecord::at(id)).await;
    team.map_err(|error| app.store_fault(&error))?.ok_or_else(|| {
        invalid(
            format!("Team doesn't exist in db. Team={id}. Create team via `/team/new` call."),
            "team_id",
        )
    })
}

/// The bounds of the organisation that a key is to belong to. In a team it is the team's.
async fn organisation(
    app: &App,
    key: &KeyRecord,
    team: Option<&TeamRecord>,
) -> Result<Option<Bounds>, Refused> {
    let of_team = team.and_then(|team| team.organization_id.as_deref());
    if let (Some(team), Some(own)) = (of_team, key.organization_id.as_deref())
        && team != own
    {
        let message = format!(
            "organization_id: the key's team is in the organization '{team}', not in '{own}'."
        );
        return Err(invalid(message, "organization_id"));
    }
    match key.organisation(team) {
        Some(id) => organisations::bounds(app, id).await.map(Some),
        None => Ok(None),
    }
}

/// Refuses to take a key out of its organisation: who leads it moves keys to another one that they lead,
/// and no further.
pub(super) fn stays(actor: &Actor, old: &KeyRecord, new: &KeyRecord) -> Result<(), Refused> {
    let Some(id) = old.organization_id.as_deref() else { return Ok(()) };
    let moved = |to: &str| to == id || (actor.leads(id) && actor.leads(to));
    if actor.reaches_all() || new.organization_id.as_deref().is_some_and(moved) {
        return Ok(());
    }
    Err(forbidden("A key cannot leave its organization but by a proxy admin.", "organization_id"))
}

/// Refuses what is somebody else's.
pub(super) async fn reach(app: &App, actor: &Actor, key: &KeyRecord) -> Result<(), Refused> {
    if actor.reaches_key(app, key).await? {
        return Ok(());
    }
    Err(forbidden("You are not authorized to change this key", "key"))
}
