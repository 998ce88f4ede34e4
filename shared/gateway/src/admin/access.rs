//! Who manages what: a caller at a management route, and how far the route reaches for them.

use http::HeaderMap;
use sluice_store::{Deed, KeyRecord, MemberRecord, MemberRole, TeamRecord, UserRole};
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
        let mut actor = Self { caller, role, deed: deed.clone(), rule, teams: Vec::new() };
        if reach == Reach::All {
            return Ok(actor);
        }
        let own = actor.user_id().map(ToOwned::to_owned);
        if let Some(user) = &own {
            let teams = app.store.members().of_user(user).await;
            actor.teams = teams.map_err(|error| app.store_fault(&error))?;
        }
        let changes = rule.method != http::Method::GET && rule.path != "/key/health";
        let owns = reach == Reach::Own && (own.is_some() || !changes);
        let leads = actor.teams.iter().any(|member| {
            rule.for_member(role, member.role == MemberRole::Admin) != InTeam::Nothing
        });
        if owns || leads { Ok(actor) } else { Err(actor.refusal()) }
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

    /// Whether the caller is a member of a team.
    pub(super) fn is_in(&self, team_id: &str) -> bool {
        self.membership(team_id).is_some()
    }

    /// Whether the route reaches into a team.
    pub(super) fn reaches_team(&self, team: &TeamRecord) -> bool {
        let Some(member) = self.membership(&team.team_id) else { return self.reaches_all() };
        if self.reaches_all() {
            return true;
        }
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

    /// The teams that the route reaches for a caller who leads them.
    pub(super) fn led_teams(&self) -> impl Iterator<Item = &str> {
        let led = self.teams.iter().filter(|member| member.role == MemberRole::Admin);
        let led = led.filter(|_| self.rule.for_member(self.role, true) == InTeam::Team);
        led.map(|member| member.team_id.as_str())
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
