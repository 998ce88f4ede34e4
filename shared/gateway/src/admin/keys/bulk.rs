//! `POST /key/bulk_update`: each for itself; one that fails does not keep the others back.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{update::change, view};
use crate::{
    App,
    admin::{
        body::Fields,
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Most keys of one request.
const MOST: usize = 500;

/// Changes many keys.
pub(in crate::admin) async fn update(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let Visit { actor, mut fields, .. } = visit;
    let keys = fields.objects("keys").value().unwrap_or_default();
    fields.finish()?;
    if keys.is_empty() || keys.len() > MOST {
        return Err(invalid(format!("Give 1 to {MOST} keys."), "keys"));
    }
    let total = keys.len();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for one in keys {
        let named = one.get("key").cloned().unwrap_or_default();
        match change(&app, &actor, Fields::of(one.clone())).await {
            Ok((_, record)) => {
                let info = view::row(&app, &record).await?;
                done.push(json!({ "key": named, "key_info": info }));
            }
            Err(refused) => failed.push(json!({
                "key": named, "key_info": one, "failed_reason": refused.reason(),
            })),
        }
    }
    Ok(json!({
        "total_requested": total, "successful_updates": done, "failed_updates": failed,
    }))
}
