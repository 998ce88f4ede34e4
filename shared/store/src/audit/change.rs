//! What a write does to an object, as the log tells it: the fields that change, and no secret.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Action, Deed, Refused, mask::masked};
use crate::StoreError;

/// Fields that change with every write and say nothing.
const HISTORY: [&str; 7] =
    ["stamp", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at"];

/// A change of an object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(super) action: Action,
    pub(super) kind: &'static str,
    pub(super) object: String,
    pub(super) before: Map<String, Value>,
    pub(super) after: Map<String, Value>,
    pub(super) status: Option<u16>,
    pub(super) reason: Option<String>,
}

// === impl Change ===

impl Change {
    /// From one state to another; one of them is none where the object is made or deleted.
    pub(crate) fn of<R: Serialize>(
        kind: &'static str,
        object: impl Into<String>,
        old: Option<&R>,
        new: Option<&R>,
    ) -> Result<Self, StoreError> {
        let (mut before, mut after) = (fields(old)?, fields(new)?);
        if old.is_some() && new.is_some() {
            let same: Vec<String> = before
                .iter()
                .filter(|(name, value)| after.get(*name) == Some(*value))
                .map(|(name, _)| name.clone())
                .collect();
            for name in same {
                before.remove(&name);
                after.remove(&name);
            }
        }
        let action = match (old, new) {
            (None, _) => Action::Created,
            (_, None) => Action::Deleted,
            _ if after.contains_key("rotations") => Action::Rotated,
            _ => match (after.get("blocked"), after.len()) {
                (Some(Value::Bool(true)), 1) => Action::Blocked,
                (Some(Value::Bool(false)), 1) => Action::Unblocked,
                _ => Action::Updated,
            },
        };
        let (before, after) = (masked(before), masked(after));
        Ok(Self { action, kind, object: object.into(), before, after, status: None, reason: None })
    }

    /// A change of one number that is no record's.
    pub(crate) fn number(
        kind: &'static str,
        object: impl Into<String>,
        name: &str,
        [before, after]: [Value; 2],
    ) -> Self {
        let one = |value| Map::from_iter([(name.to_owned(), value)]);
        let (action, object) = (Action::Updated, object.into());
        let (before, after) = (one(before), one(after));
        Self { action, kind, object, before, after, status: None, reason: None }
    }

    /// Nothing: somebody was refused.
    pub(super) fn refused(refused: &Refused) -> Self {
        Self {
            action: Action::Refused,
            kind: "",
            object: Deed::text(&refused.object),
            before: Map::new(),
            after: Map::new(),
            status: Some(refused.status),
            reason: Some(Deed::text(&refused.reason)),
        }
    }
}

fn fields<R: Serialize>(record: Option<&R>) -> Result<Map<String, Value>, StoreError> {
    let Some(record) = record else { return Ok(Map::new()) };
    match serde_json::to_value(record) {
        Ok(Value::Object(mut fields)) => {
            fields.retain(|name, _| !HISTORY.contains(&name.as_str()));
            Ok(fields)
        }
        Ok(_) => Err(StoreError::corrupt("TransactWriteItems", "a record is no object")),
        Err(error) => Err(StoreError::corrupt("TransactWriteItems", error.to_string())),
    }
}
