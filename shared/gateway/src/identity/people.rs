//! Whom a key belongs to: its user, its team, the one as a member of the other, and the organisation
//! above them.

use sluice_store::{
    Allowance, BudgetRecord, KeyRecord, MemberRecord, ModelBudget, Subject, TeamRecord, UserRecord,
};
use sluice_wire::{Fault, FaultKind};

use super::{Organisation, Seen};
use crate::{app::App, config::Config};

/// The records behind a key, as they were when they were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    /// The user, where the key names one that has a record.
    pub(crate) user: Option<UserRecord>,
    /// The team.
    pub(crate) team: Option<TeamRecord>,
    /// The user as a member of the team.
    pub(crate) member: Option<MemberRecord>,
    /// The organisation of the team, or else of the key.
    pub(crate) organisation: Option<Organisation>,
    /// The key's own limits, those of its budget included.
    pub(crate) own: Allowance,
    /// Their limits, as calls of the key are held to them.
    pub(crate) parties: Vec<Party>,
    /// What was read.
    pub(crate) seen: Seen,
}

/// Somebody besides a key whose limits a call has to pass.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    pub(crate) subject: Subject,
    pub(crate) allowance: Allowance,
    /// Whether its budget is about this call. A person's is not about the calls of a team's keys:
    /// those are the team's to pay.
    pub(crate) pays: bool,
}

// === impl Party ===

impl Party {
    /// The gateway as a whole, where the configuration holds it to limits.
    pub(crate) fn whole(config: &Config) -> Option<Self> {
        let budget = config.litellm.budget.clone();
        let allowance = Allowance {
            max_budget: budget.as_ref().map(|budget| budget.max),
            budget_duration: budget.and_then(|budget| budget.duration),
            max_parallel_requests: config.general.global_max_parallel_requests,
            ..Allowance::default()
        };
        let pays = allowance.max_budget.is_some();
        let given = allowance.is_given();
        given.then_some(Self { subject: Subject::Gateway, allowance, pays })
    }
}

// === impl People ===

impl People {
    /// Reads them, all at once; the organisation after the team that may be in it.
    pub(super) async fn read(app: &App, record: &KeyRecord) -> Result<Self, Fault> {
        let (user, team) = (record.user_id.as_deref(), record.team_id.as_deref());
        let mut seen = Seen::default();
        let own = Box::pin(own(app, record, &mut seen)).await?;
        if user.is_none() && team.is_none() && record.organization_id.is_none() {
            return Ok(Self { own, seen, ..Self::default() });
        }
        let users = app.store.users();
        let teams = app.store.teams();
        let members = app.store.members();
        let places = [
            user.map(UserRecord::at),
            team.map(TeamRecord::at),
            team.zip(user).map(|(team, user)| MemberRecord::at(team, user)),
        ];
        let [of_user, of_team, of_member] = &places;
        // Boxed: it is large, and rare.
        let (user, team, member) = Box::pin(futures_util::future::join3(
            async { if let Some(place) = of_user { users.get(place).await } else { Ok(None) } },
            async { if let Some(place) = of_team { teams.get(place).await } else { Ok(None) } },
            async { if let Some(place) = of_member { members.get(place).await } else { Ok(None) } },
        ))
        .await;
        let failed = |error| app.store_fault(&error);
        let (user, team, member) =
            (user.map_err(failed)?, team.map_err(failed)?, member.map_err(failed)?);
        let [of_user, of_team, of_member] = places;
        seen.note(of_user, user.as_ref().map(|user| user.stamp.version));
        seen.note(of_team, team.as_ref().map(|team| team.stamp.version));
        seen.note(of_member, member.as_ref().map(|member| member.stamp.version));
        let organisation = match record.organisation(team.as_ref()) {
            Some(id) => {
                let user = record.user_id.as_deref();
                Some(Box::pin(Organisation::read(app, id, user, &mut seen)).await?)
            }
            None => None,
        };
        let mut parties = parties(record, user.as_ref(), team.as_ref(), member.as_ref());
        let above = organisation.iter().flat_map(|organisation| &organisation.parties);
        parties.extend(above.cloned());
        Ok(Self { user, team, member, organisation, own, parties, seen })
    }
}

/// A key's own limits, and those of its budget.
async fn own(app: &App, record: &KeyRecord, seen: &mut Seen) -> Result<Allowance, Fault> {
    let mut own = record.allowance.clone();
    own.max_parallel_requests =
        own.max_parallel_requests.or(app.config.general.max_parallel_requests);
    let Some(id) = record.budget_id.as_deref() else { return Ok(own) };
    Ok(with_budget(&own, budget(app, id, seen).await?.allowance))
}

/// A key's own limits, and those of its budget where it has none of its own. The budget's money counts
/// beside the key's, from when the key got the budget.
pub(crate) fn with_budget(own: &Allowance, budget: Allowance) -> Allowance {
    let money = budget.max_budget.filter(|_| own.max_budget.is_none());
    let money = money.map(|max| ModelBudget { max, duration: budget.budget_duration.clone() });
    let mut all = own.or(&Allowance { max_budget: None, budget_duration: None, ..budget });
    all.budget_limits.extend(money);
    all
}

/// A budget by its name. Without it nobody knows what may be spent: nothing then.
pub(super) async fn budget(app: &App, id: &str, seen: &mut Seen) -> Result<BudgetRecord, Fault> {
    let place = BudgetRecord::at(id);
    let budget = app.store.budgets().get(&place).await.map_err(|error| app.store_fault(&error))?;
    seen.note(Some(place), budget.as_ref().map(|budget| budget.stamp.version));
    budget.ok_or_else(|| {
        Fault::new(FaultKind::Permission, format!("Budget={id} does not exist any more."))
            .with_param("budget_id")
    })
}

fn parties(
    record: &KeyRecord,
    user: Option<&UserRecord>,
    team: Option<&TeamRecord>,
    member: Option<&MemberRecord>,
) -> Vec<Party> {
    let user = user.map(|user| Party {
        subject: Subject::User(user.user_id.clone()),
        allowance: user.allowance.clone(),
        pays: record.team_id.is_none(),
    });
    let of_team = team.map(|team| Party {
        subject: Subject::Team(team.team_id.clone()),
        allowance: team.allowance.clone(),
        pays: true,
    });
    let member = member.map(|member| Party {
        subject: Subject::Member { team: member.team_id.clone(), user: member.user_id.clone() },
        allowance: of_member(member, team),
        pays: true,
    });
    [user, of_team, member].into_iter().flatten().collect()
}

/// What a member may use: as their record says, or their team for all of its members.
pub(crate) fn of_member(member: &MemberRecord, team: Option<&TeamRecord>) -> Allowance {
    match team {
        Some(team) => member.allowance.or(&team.of_members),
        None => member.allowance.clone(),
    }
}
