//! `POST /organization/member_add`.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Map, Value, json};
use sluice_store::{AssociateRecord, OrganisationRole, RecordError, Stamp, UserRecord};

use super::{LIMITS, role};
use crate::{
    App,
    admin::{
        access::Actor,
        body::{Fields, Given, lacking},
        door::Visit,
        limits::Limits,
        names,
        organisations::{reached, view},
        reply::{Refused, invalid},
        users,
    },
};

/// Most members that join at once.
const MOST: usize = 10_000;

/// Somebody who is to join.
struct Joiner {
    user_id: String,
    email: Option<String>,
    role: OrganisationRole,
}

/// Makes somebody a member, or many at once; those who are no users yet become users first.
pub(in crate::admin) async fn add(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let id = visit.fields.required("organization_id")?;
    let named = visit.fields.objects("member").value().unwrap_or_default();
    let limits = Limits::named(&mut visit.fields, LIMITS)?;
    visit.fields.finish()?;
    if named.is_empty() {
        return Err(lacking("member"));
    }
    if named.len() > MOST {
        return Err(invalid(format!("member: at most {MOST} at once"), "member"));
    }
    reached(&app, &visit.actor, &id).await?;
    let mut joiners = Vec::with_capacity(named.len());
    for fields in named {
        joiners.push(read(&app, fields).await?);
    }
    let ids: HashSet<&str> = joiners.iter().map(|joiner| joiner.user_id.as_str()).collect();
    let present = view::members_of(&app, &id).await?;
    let known =
        present.iter().map(|member| member.user_id.as_str()).find(|user| ids.contains(user));
    if known.is_some() || ids.len() < joiners.len() {
        return Err(already(known.unwrap_or("named twice"), &id));
    }
    invite(&app, &visit.actor, &joiners).await?;
    let members: Vec<(String, OrganisationRole)> =
        joiners.into_iter().map(|joiner| (joiner.user_id, joiner.role)).collect();
    let joined = join(&app, &visit.actor, &id, &members, &limits).await?;
    // The first hundred: whoever adds thousands does not read them one by one.
    let places: Vec<_> =
        joined.iter().take(100).map(|member| UserRecord::at(&member.user_id)).collect();
    let users = app.store.users().get_all(&places).await;
    let users = users.map_err(|error| app.store_fault(&error))?;
    let users: Vec<_> = users.into_iter().map(|user| (user, Vec::new())).collect();
    Ok(json!({
        "organization_id": id,
        "updated_users": users::rows(&app, &users).await?,
        "updated_organization_memberships": view::memberships(&app, &joined).await?,
    }))
}

/// Reads one of those who are to join. Who is named by their address is the user who has it, or a new one.
async fn read(app: &App, fields: Map<String, Value>) -> Result<Joiner, Refused> {
    let mut fields = Fields::of(fields);
    let role = role(fields.text("role"))?.ok_or_else(|| lacking("role"))?;
    let user_id = names::checked(fields.text("user_id"), "user_id")?.value();
    let email = names::checked(fields.text("user_email"), "user_email")?.value();
    fields.finish()?;
    let user_id = match (user_id, &email) {
        (Some(user_id), _) => user_id,
        (None, Some(email)) => match users::by_email(app, email).await? {
            Some(user) => user.user_id,
            None => names::id(app, Given::Absent, "user_id")?,
        },
        (None, None) => return Err(invalid("A member needs user_id or user_email.", "member")),
    };
    Ok(Joiner { user_id, email, role })
}

/// Makes users of those who are none yet.
async fn invite(app: &App, actor: &Actor, joiners: &[Joiner]) -> Result<(), Refused> {
    let places: Vec<_> = joiners.iter().map(|joiner| UserRecord::at(&joiner.user_id)).collect();
    let known = app.store.users().get_all(&places).await;
    let known = known.map_err(|error| app.store_fault(&error))?;
    let known: HashSet<&str> = known.iter().map(|user| user.user_id.as_str()).collect();
    let stamp = Stamp::new(app.clock.now(), Some(actor.name()));
    let strangers: Vec<UserRecord> = joiners
        .iter()
        .filter(|joiner| !known.contains(joiner.user_id.as_str()))
        .map(|joiner| UserRecord {
            email: joiner.email.clone(),
            ..UserRecord::new(&joiner.user_id, stamp.clone())
        })
        .collect();
    let made = app.store.users().by(&actor.deed).create_all(&strangers).await;
    made.map_err(|error| users::conflict(app, error, "of a new member"))
}

/// Makes users members.
pub(in crate::admin) async fn join(
    app: &App,
    actor: &Actor,
    id: &str,
    joiners: &[(String, OrganisationRole)],
    limits: &Limits,
) -> Result<Vec<AssociateRecord>, Refused> {
    let stamp = Stamp::new(app.clock.now(), Some(actor.name()));
    let member = |(user_id, role): &(String, OrganisationRole)| {
        let mut member = AssociateRecord::new(id, user_id, *role, stamp.clone());
        limits.apply(&mut member.allowance);
        member
    };
    let members: Vec<AssociateRecord> = joiners.iter().map(member).collect();
    let made = app.store.associates().by(&actor.deed).create_all(&members).await;
    made.map_err(|error| match error {
        RecordError::Store(error) => app.store_fault(&error).into(),
        _ => already("among these", id),
    })?;
    Ok(members)
}

fn already(user_id: &str, id: &str) -> Refused {
    let message =
        format!("User already in organization. Member: user_id={user_id}. Organization={id}");
    invalid(message, "member")
}
