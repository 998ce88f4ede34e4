//! `POST /user/bulk_update`: each for itself; one that fails does not keep the others back.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::update::change;
use crate::{
    App,
    admin::{
        body::Fields,
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Most users of one request, unless it is about all of them.
const MOST: usize = 500;

/// Changes many users: each as it is said of them, or all of them alike.
pub(in crate::admin) async fn update(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let Visit { actor, mut fields, .. } = visit;
    let named = fields.objects("users").value().unwrap_or_default();
    let all = fields.flag("all_users").value().unwrap_or(false);
    let alike = fields.object("user_updates").value().unwrap_or_default();
    fields.finish()?;
    let users = match all {
        false => named,
        true if alike.is_empty() => {
            return Err(invalid("all_users needs user_updates: what is to change", "user_updates"));
        }
        true => everybody(&app, &alike).await?,
    };
    if !all && (users.is_empty() || users.len() > MOST) {
        return Err(invalid(format!("Give 1 to {MOST} users."), "users"));
    }
    let mut results = Vec::with_capacity(users.len());
    let mut failed = 0;
    for one in users {
        let (id, email) = (one.get("user_id").cloned(), one.get("user_email").cloned());
        let changed = change(&app, &actor, Fields::of(one)).await;
        let (row, error) = match changed {
            Ok(mut told) => (told.get_mut("data").map(Value::take), None),
            Err(refused) => {
                failed += 1;
                (None, Some(refused.reason()))
            }
        };
        let of = |name: &str| row.as_ref().and_then(|row| row.get(name)).cloned();
        results.push(json!({
            "user_id": of("user_id").or(id),
            "user_email": of("user_email").or(email),
            "success": error.is_none(),
            "error": error,
            "updated_user": row,
        }));
    }
    let total = results.len();
    Ok(json!({
        "results": results,
        "total_requested": total,
        "successful_updates": total - failed,
        "failed_updates": failed,
    }))
}

/// All users, each with what is to change.
async fn everybody(
    app: &App,
    alike: &Map<String, Value>,
) -> Result<Vec<Map<String, Value>>, Refused> {
    let users = app.store.users().all().await.map_err(|error| app.store_fault(&error))?;
    let one = |id: String| {
        let mut fields = alike.clone();
        fields.insert("user_id".to_owned(), id.into());
        fields
    };
    Ok(users.into_iter().map(|user| one(user.user_id)).collect())
}
