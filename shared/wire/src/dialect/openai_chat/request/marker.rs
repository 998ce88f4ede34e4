//! Cache markers, as providers that are compatible with OpenAI take Anthropic's: on a part of a
//! message's content, or on a tool.

use serde_json::{Value, json};

use super::losses::Losses;
use crate::canon::CachePoint;

/// Marks a part or a tool, where the provider takes markers and there is something to mark.
pub(super) fn mark(on: Option<&mut Value>, point: CachePoint, losses: &mut Losses) {
    let fields = on.and_then(Value::as_object_mut).filter(|_| losses.habits.cache_markers);
    let Some(fields) = fields else { return losses.minor("cache_control") };
    let marker = match point {
        CachePoint::FiveMinutes => json!({"type": "ephemeral"}),
        CachePoint::OneHour => json!({"type": "ephemeral", "ttl": "1h"}),
    };
    fields.insert("cache_control".into(), marker);
}

/// Marks the end of a whole message: its last part, for markers stand on parts alone.
pub(super) fn mark_message(message: Option<&mut Value>, point: CachePoint, losses: &mut Losses) {
    let content = message.and_then(|message| message.get_mut("content"));
    let Some(content) = content.filter(|_| losses.habits.cache_markers) else {
        return losses.minor("cache_control");
    };
    if content.is_string() {
        *content = json!([{"type": "text", "text": content.take()}]);
    }
    mark(content.as_array_mut().and_then(|parts| parts.last_mut()), point, losses);
}
