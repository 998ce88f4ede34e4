//! A model in access groups, and out of them.

use serde_json::{Value, json};

use super::{change::changed, draft::Wanted};
use crate::{
    App,
    admin::{access::Actor, reply::Refused},
};

/// The key of `model_info`.
const GROUPS: &str = "access_groups";

/// Puts an added model into an access group, or takes it out.
pub(in crate::admin) async fn regroup(
    app: &App,
    actor: &Actor,
    id: &str,
    group: &str,
    is_in: bool,
) -> Result<(), Refused> {
    let change = |mut model: Wanted| {
        let groups = model.info.get(GROUPS).and_then(Value::as_array).cloned();
        let mut groups = groups.unwrap_or_default();
        groups.retain(|name| name != group);
        if is_in {
            groups.push(group.into());
        }
        model.info.insert(GROUPS.to_owned(), json!(groups));
        model
    };
    changed(app, actor, id, change).await.map(|_| ())
}
