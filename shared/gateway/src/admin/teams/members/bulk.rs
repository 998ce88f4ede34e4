//! `POST /team/bulk_member_add`: many members at once, all of them or none.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sluice_store::MemberRecord;

use super::{LIMITS, join, read, resolved};
use crate::{
    App,
    admin::{
        access::forbidden,
        door::Visit,
        limits::Limits,
        reply::{Refused, invalid},
        teams::{reached, view},
    },
};

/// Most members of one request.
const MOST: usize = 500;

/// Makes those who are named members, or all users there are. What is wrong with one keeps all of them
/// out, and is told of each.
pub(in crate::admin) async fn add(app: Arc<App>, mut visit: Visit) -> Result<Value, Refused> {
    let team_id = visit.fields.required("team_id")?;
    let named = visit.fields.objects("members").value().unwrap_or_default();
    let all = visit.fields.flag("all_users").value().unwrap_or(false);
    let limits = Limits::named(&mut visit.fields, LIMITS)?;
    visit.fields.finish()?;
    let team = reached(&app, &visit.actor, &team_id).await?;
    let named = match all {
        false => named,
        true if visit.actor.reaches_all() => everybody(&app).await?,
        true => {
            let message = "`all_users=true` is restricted to PROXY_ADMIN. Org/team admins must specify \
                           explicit member lists.";
            return Err(forbidden(message, "all_users"));
        }
    };
    if named.is_empty() || (named.len() > MOST && !all) {
        return Err(invalid(format!("Give 1 to {MOST} members."), "members"));
    }
    let narrow = |member: &mut MemberRecord| limits.apply(&mut member.allowance);
    let done = async {
        let joiners = resolved(&app, &read(named.clone(), "members")?).await?;
        join(&app, &visit.actor, &team, &joiners, &narrow).await
    };
    let (members, failed) = match done.await {
        Ok(members) => (members, None),
        Err(refused) if refused.status().is_server_error() => return Err(refused),
        Err(refused) => (Vec::new(), Some(refused.reason())),
    };
    let memberships = view::memberships(&app, &team, &members).await?;
    let results: Vec<Value> = named
        .iter()
        .enumerate()
        .map(|(place, one)| result(one, memberships.get(place), failed.as_deref()))
        .collect();
    let (total, done) = (named.len(), members.len());
    Ok(json!({
        "team_id": team_id,
        "results": results,
        "total_requested": total,
        "successful_additions": done,
        "failed_additions": total - done,
        "updated_team": view::whole(&app, &team).await?,
    }))
}

fn result(asked: &Map<String, Value>, membership: Option<&Value>, failed: Option<&str>) -> Value {
    let id = membership.and_then(|row| row.get("user_id")).or_else(|| asked.get("user_id"));
    json!({
        "user_id": id,
        "user_email": asked.get("user_email"),
        "success": failed.is_none(),
        "error": failed,
        "updated_team_membership": membership,
    })
}

/// All users, as members to be.
async fn everybody(app: &App) -> Result<Vec<Map<String, Value>>, Refused> {
    let users = app.store.users().all().await.map_err(|error| app.store_fault(&error))?;
    let member = |id: String| {
        Map::from_iter([
            ("user_id".to_owned(), Value::from(id)),
            ("role".to_owned(), Value::from("user")),
        ])
    };
    Ok(users.into_iter().map(|user| member(user.user_id)).collect())
}
