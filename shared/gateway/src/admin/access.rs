//! Who manages what: a caller at a management route, and how far the route reaches for them.

use std::collections::HashSet;

use futures_util::future::join;
use http::HeaderMap;
use sluice_store::{
    AssociateRecord, Deed, KeyRecord, MemberRecord, MemberRole, OrganisationRole, TeamRecord,
    UserRole,
};
use sluice_wire::{Fault, FaultKind};

use super::{
    reply::Refused,
    roles::{InTeam, Reach, Rule},
};
use crate::{
    App,
    identity::{self, Caller},
};

/// A caller at a route.
#[derive(Debug)]
pub(super) struct Actor {
    pub(super) caller: Caller,
    pub(super) role: UserRole,
    /// What they are doing, for the audit log.
    pub(super) deed: Deed,
    rule: &'static Rule,
    /// What the caller's user is a member of, where the route reaches into teams.
    teams: Vec<MemberRecord>,
    /// What the caller's user belongs to.
    organisations: Vec<AssociateRecord>,
    /// The teams of the organisations that the route reaches into.
    teams_below: HashSet<String>,
}

// === impl Actor ===

impl Actor {
    /// The caller, if the route reaches anything for them.
    pub(super) async fn enter(
        app: &App,
        headers: &HeaderMap,
        path: &str,
        rule: &'static Rule,
        deed: &mut Deed,
    ) -> Result<Self, Refused> {
        let caller = identity::authenticate_anew(app, headers, path).await?;
        let role = caller.role();
        identify(deed, &caller, role);
        let reach = rule.reach(role);
        let deed = deed.clone();
        let (teams, organisations, teams_below) = Default::default();
        let mut actor = Self { caller, role, deed, rule, teams, organisations, teams_below };
        if reach == Reach::All {
            return Ok(actor);
        }
        let own = actor.user_id().map(ToOwned::to_owned);
        if let Some(user) = &own {
            let (members, associates) = (app.store.members(), app.store.associates());
            let (teams, organisations) =
                join(members.of_user(user), associates.of_user(user)).await;
            actor.teams = teams.map_err(|error| app.store_fault(&error))?;
            actor.organisations = organisations.map_err(|error| app.store_fault(&error))?;
        }
        if actor.led_organisations().next().is_some() {
            let teams = app.store.teams().all().await.map_err(|error| app.store_fault(&error))?;
            let below = teams.into_iter().filter(|team| actor.leads_above(team));
            actor.teams_below = below.map(|team| team.team_id).collect();
        }
        let changes = rule.method != http::Method::GET && rule.path != "/key/health";
        let owns = reach == Reach::Own && (own.is_some() || !changes);
        let leads = actor.teams.iter().any(|member| {
            rule.for_member(role, member.role == MemberRole::Admin) != InTeam::Nothing
        });
        let belongs = actor.reached_organisations().next().is_some();
        if owns || leads || belongs { Ok(actor) } else { Err(actor.refusal()) }
    }

    /// The caller's user, by the key.
    pub(super) fn user_id(&self) -> Option<&str> {
        self.caller.record.user_id.as_deref()
    }

    /// Who changes things, for records.
    pub(super) fn name(&self) -> String {
        self.user_id().map_or_else(|| self.caller.record.name.clone(), ToOwned::to_owned)
    }

    /// The route's path.
    pub(super) fn route(&self) -> &'static str {
        self.rule.path
    }

    /// Whether the route reaches everything.
    pub(super) fn reaches_all(&self) -> bool {
        self.rule.reach(self.role) == Reach::All
    }

    /// Whether a user is the caller's own.
    pub(super) fn is_self(&self, user_id: &str) -> bool {
        self.user_id() == Some(user_id)
    }

    /// Whether the caller is a member of a team, or leads the organisation that it is in.
    pub(super) fn is_in(&self, team_id: &str) -> bool {
        self.membership(team_id).is_some() || self.teams_below.contains(team_id)
    }

    /// Whether the caller belongs to an organisation.
    pub(super) fn belongs_to(&self, organisation: &str) -> bool {
        self.organisations.iter().any(|own| own.organization_id == organisation)
    }

    /// The organisations that the route reaches into for the caller.
    pub(super) fn reached_organisations(&self) -> impl Iterator<Item = &str> {
        let reached = |own: &&AssociateRecord| {
            self.rule.for_associate(self.role, own.role == OrganisationRole::OrgAdmin)
        };
        self.organisations.iter().filter(reached).map(|own| own.organization_id.as_str())
    }

    /// Those of them that the caller leads.
    pub(super) fn led_organisations(&self) -> impl Iterator<Item = &str> {
        let led = self.organisations.iter().filter(|own| own.role == OrganisationRole::OrgAdmin);
        let led = led.filter(|_| self.rule.for_associate(self.role, true));
        led.map(|own| own.organization_id.as_str())
    }

    /// Whether the route reaches everything of an organisation.
    pub(super) fn leads(&self, organisation: &str) -> bool {
        self.reaches_all() || self.led_organisations().any(|led| led == organisation)
    }

    /// Whether it reaches everything of the organisation that a team is in.
    pub(super) fn leads_above(&self, team: &TeamRecord) -> bool {
        team.organization_id.as_deref().is_some_and(|id| self.leads(id))
    }

    /// Whether the route reaches into a team.
    pub(super) fn reaches_team(&self, team: &TeamRecord) -> bool {
        if self.reaches_all() || self.leads_above(team) {
            return true;
        }
        let Some(member) = self.membership(&team.team_id) else { return false };
        match self.rule.for_member(self.role, member.role == MemberRole::Admin) {
            InTeam::Team => true,
            InTeam::Permitted => {
                self.rule.path == "/key/info"
                    || team.member_permissions.iter().any(|route| route == self.rule.path)
            }
            InTeam::Nothing => false,
        }
    }

    /// Whether the route reaches a key: an own one, or one of a team that it reaches into.
    pub(super) async fn reaches_key(&self, app: &App, key: &KeyRecord) -> Result<bool, Refused> {
        if self.reaches_all() {
            return Ok(true);
        }
        if key.team_id.is_none() && key.organization_id.as_deref().is_some_and(|id| self.leads(id))
        {
            return Ok(true);
        }
        let own = self.rule.reach(self.role) == Reach::Own;
        let itself = key.hash == self.caller.record.hash && self.rule.method == http::Method::GET;
        let mine = key.user_id.is_some() && key.user_id.as_deref() == self.user_id();
        if own && (itself || (mine && key.team_id.is_none())) {
            return Ok(true);
        }
        let Some(team_id) = key.team_id.as_deref().filter(|team| self.is_in(team)) else {
            return Ok(false);
        };
        let team = app.store.teams().get(&TeamRecord::at(team_id)).await;
        let team = team.map_err(|error| app.store_fault(&error))?;
        Ok(team.is_some_and(|team| self.reaches_team(&team))
            || (own && mine && self.rule.method == http::Method::GET))
    }

    /// The teams that the route reaches for a caller who leads them or what they are in.
    pub(super) fn led_teams(&self) -> impl Iterator<Item = &str> {
        let led = self.teams.iter().filter(|member| member.role == MemberRole::Admin);
        let led = led.filter(|_| self.rule.for_member(self.role, true) == InTeam::Team);
        let below = self.teams_below.iter().map(String::as_str);
        led.map(|member| member.team_id.as_str()).chain(below)
    }

    /// The refusal of a route.
    pub(super) fn refusal(&self) -> Refused {
        let (route, role) = (self.rule.path, self.role.as_str());
        if matches!(self.role, UserRole::ProxyAdminViewer | UserRole::InternalUserViewer) {
            return Fault::new(
                FaultKind::Permission,
                format!(
                    "user not allowed to access this route, role= {role}. Trying to access: {route}"
                ),
            )
            .with_label("auth_error")
            .into();
        }
        Fault::new(
            FaultKind::Authentication,
            format!(
                "Authentication Error, Only proxy admin can be used to generate, delete, update info \
                 for new keys/users/teams. Route={route}. Your role={role}."
            ),
        )
        .with_label("auth_error")
        .into()
    }

    fn membership(&self, team_id: &str) -> Option<&MemberRecord> {
        self.teams.iter().find(|member| member.team_id == team_id)
    }
}

/// Says in a deed who does it.
fn identify(deed: &mut Deed, caller: &Caller, role: UserRole) {
    let record = &caller.record;
    let who = &mut deed.who;
    who.key = Some(record.hash);
    who.name = Some(record.alias.clone().unwrap_or_else(|| record.name.clone()));
    who.user.clone_from(&record.user_id);
    who.role = Some(role.as_str().to_owned());
    if let Some(vouched) = &record.vouched {
        who.authority = Some(Deed::text(&vouched.authority));
        who.subject = Some(Deed::text(&vouched.subject));
    }
}

/// Something that belongs to somebody else.
pub(super) fn forbidden(message: impl Into<String>, param: &'static str) -> Refused {
    Fault::new(FaultKind::Permission, message.into()).with_param(param).into()
}
