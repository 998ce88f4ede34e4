//! `GET /access_group/list` and `/access_group/{access_group}/info`.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};

use super::{members, unknown};
use crate::{
    App,
    admin::{door::Visit, reply::Refused},
    registry::Registry,
};

/// All groups.
pub(in crate::admin) async fn list(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let registry = app.registry();
    let names: BTreeSet<&String> =
        registry.all().flat_map(|member| &member.info.access_groups).collect();
    let rows: Vec<Value> = names.into_iter().map(|name| row(&registry, name)).collect();
    Ok(json!({ "access_groups": rows }))
}

/// One group.
pub(in crate::admin) async fn info(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let group = visit.named.unwrap_or_default();
    let registry = app.registry();
    if members(&registry, &group).is_empty() {
        Err(unknown(&group))
    } else {
        Ok(row(&registry, &group))
    }
}

fn row(registry: &Registry, group: &str) -> Value {
    let members = members(registry, group);
    let names: BTreeSet<&str> =
        members.iter().map(|member| member.deployment.group.as_str()).collect();
    let deployments: BTreeSet<&str> =
        members.iter().map(|member| member.deployment.id.as_str()).collect();
    json!({
        "access_group": group,
        "model_names": names,
        "deployment_count": deployments.len(),
    })
}
