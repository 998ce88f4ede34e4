//! Who is to join a team.

use std::collections::HashSet;

use serde_json::{Map, Value};
use sluice_store::{MemberRecord, MemberRole, Stamp, TeamRecord, UserRecord};

use super::super::{conflict, view};
use crate::{
    App,
    admin::{
        access::Actor,
        body::{Fields, Given},
        names,
        reply::{Refused, invalid},
        users,
    },
};
use sluice_wire::{Fault, FaultKind};

/// Most members that join at once.
const MOST: usize = 10_000;

/// Somebody who is to join, by id or by address.
#[derive(Debug, Clone)]
pub(in crate::admin::teams) struct Joiner {
    user_id: Option<String>,
    email: Option<String>,
    role: MemberRole,
}

// === impl Joiner ===

impl Joiner {
    /// An admin of the team.
    pub(in crate::admin::teams) fn admin(user_id: &str) -> Self {
        Self { user_id: Some(user_id.to_owned()), email: None, role: MemberRole::Admin }
    }

    /// Whether it is this user.
    pub(in crate::admin::teams) fn is(&self, user_id: &str) -> bool {
        self.user_id.as_deref() == Some(user_id)
    }
}

/// A member's role as given.
pub(super) fn role(given: Given<String>) -> Result<Option<MemberRole>, Refused> {
    match given.value().as_deref() {
        None => Ok(None),
        Some("admin") => Ok(Some(MemberRole::Admin)),
        Some("user") => Ok(Some(MemberRole::User)),
        Some(other) => {
            Err(invalid(format!("role must be one of admin, user. Got: {other}"), "role"))
        }
    }
}

/// Reads those who are to join.
pub(in crate::admin::teams) fn read(
    named: Vec<Map<String, Value>>,
    field: &'static str,
) -> Result<Vec<Joiner>, Refused> {
    if named.len() > MOST {
        return Err(invalid(format!("{field}: at most {MOST} at once"), field));
    }
    let one = |fields: Map<String, Value>| {
        let mut fields = Fields::of(fields);
        let role = role(fields.text("role"))?.unwrap_or_default();
        let user_id = names::checked(fields.text("user_id"), "user_id")?.value();
        let email = names::checked(fields.text("user_email"), "user_email")?.value();
        fields.finish()?;
        if user_id.is_none() && email.is_none() {
            return Err(invalid("A member needs user_id or user_email.", field));
        }
        Ok(Joiner { user_id, email, role })
    };
    named.into_iter().map(one).collect()
}

/// Gives an id to those who are named by their address: the user's who has it, or a new one.
pub(in crate::admin::teams) async fn resolved(
    app: &App,
    joiners: &[Joiner],
) -> Result<Vec<Joiner>, Refused> {
    let mut all = Vec::with_capacity(joiners.len());
    let mut seen = HashSet::new();
    for joiner in joiners {
        let user_id = match (&joiner.user_id, &joiner.email) {
            (Some(user_id), _) => user_id.clone(),
            (None, Some(email)) => match users::by_email(app, email).await? {
                Some(user) => user.user_id,
                None => names::id(app, Given::Absent, "user_id")?,
            },
            (None, None) => continue,
        };
        if !seen.insert(user_id.clone()) {
            return Err(already(&user_id, joiner.email.as_deref(), "[]"));
        }
        all.push(Joiner { user_id: Some(user_id), ..joiner.clone() });
    }
    Ok(all)
}

/// Makes them members; those who are no users yet become users first.
pub(in crate::admin::teams) async fn join(
    app: &App,
    actor: &Actor,
    team: &TeamRecord,
    joiners: &[Joiner],
    limit: &(dyn Fn(&mut MemberRecord) + Sync),
) -> Result<Vec<MemberRecord>, Refused> {
    let (now, by) = (app.clock.now(), Some(actor.name()));
    let present = view::members_of(app, &team.team_id).await?;
    let ids: HashSet<&str> = present.iter().map(|member| member.user_id.as_str()).collect();
    let joiners: Vec<(&str, &Joiner)> =
        joiners.iter().filter_map(|joiner| Some((joiner.user_id.as_deref()?, joiner))).collect();
    if let Some((user_id, joiner)) = joiners.iter().find(|(id, _)| ids.contains(id)) {
        let some: Vec<&str> = ids.iter().take(20).copied().collect();
        return Err(already(user_id, joiner.email.as_deref(), &format!("{some:?}")));
    }
    let places: Vec<_> = joiners.iter().map(|(id, _)| UserRecord::at(id)).collect();
    let known = app.store.users().get_all(&places).await;
    let known = known.map_err(|error| app.store_fault(&error))?;
    let known: HashSet<&str> = known.iter().map(|user| user.user_id.as_str()).collect();
    let strangers: Vec<UserRecord> = joiners
        .iter()
        .filter(|(id, _)| !known.contains(id))
        .map(|(id, joiner)| UserRecord {
            email: joiner.email.clone(),
            ..UserRecord::new(id, Stamp::new(now, by.clone()))
        })
        .collect();
    let made = app.store.users().by(&actor.deed).create_all(&strangers).await;
    made.map_err(|error| users::conflict(app, error, "of a new member"))?;
    let members: Vec<MemberRecord> = joiners
        .iter()
        .map(|(id, joiner)| {
            let stamp = Stamp::new(now, by.clone());
            let mut member = MemberRecord::new(&team.team_id, id, joiner.role, stamp);
            limit(&mut member);
            member
        })
        .collect();
    let made = app.store.members().by(&actor.deed).create_all(&members).await;
    made.map_err(|error| conflict(app, error))?;
    Ok(members)
}

fn already(user_id: &str, email: Option<&str>, existing: &str) -> Refused {
    Fault::new(
        FaultKind::InvalidRequest,
        format!(
            "User already in team. Member: user_id={user_id}, user_email={}. Existing \
             members={existing}",
            email.unwrap_or("None")
        ),
    )
    .with_label("team_member_already_in_team")
    .with_param("member")
    .into()
}
