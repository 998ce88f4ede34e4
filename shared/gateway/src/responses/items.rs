//! Input items as they are kept: complete, each with an id.

use serde_json::{Value, json};

/// The items of a request's `input`; `call` names those that have no id.
pub(super) fn complete(input: Option<Value>, call: &str) -> Vec<Value> {
    let items = match input {
        Some(Value::String(text)) => vec![json!({"role": "user", "content": text})],
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    items.into_iter().enumerate().map(|(at, item)| one(item, at, call)).collect()
}

fn one(mut item: Value, at: usize, call: &str) -> Value {
    let Some(fields) = item.as_object_mut() else { return item };
    let kind = match fields.get("type").and_then(Value::as_str) {
        Some(kind) => kind.to_owned(),
        None => "message".to_owned(),
    };
    let prefix = match kind.as_str() {
        "message" => "msg",
        "function_call" => "fc",
        "function_call_output" => "fco",
        "reasoning" => "rs",
        _ => "item",
    };
    fields.insert("type".to_owned(), kind.clone().into());
    if fields.get("id").is_none_or(Value::is_null) {
        fields.insert("id".to_owned(), format!("{prefix}_{call}_in{at}").into());
    }
    if matches!(kind.as_str(), "message" | "function_call" | "function_call_output") {
        fields.entry("status").or_insert_with(|| "completed".into());
    }
    let model = fields.get("role").is_some_and(|role| role == "assistant");
    if kind == "message"
        && let Some(content) = fields.get_mut("content")
        && let Value::String(text) = &content
    {
        *content = if model {
            json!([{"type": "output_text", "text": text, "annotations": []}])
        } else {
            json!([{"type": "input_text", "text": text}])
        };
    }
    item
}

/// A page of items.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    pub(super) after: Option<String>,
    pub(super) limit: usize,
    pub(super) newest_first: bool,
}

// === impl Page ===

impl Page {
    /// The page of all `items`, oldest first, as a list object.
    pub(super) fn of(&self, mut items: Vec<Value>) -> Value {
        if self.newest_first {
            items.reverse();
        }
        let id = |item: &Value| item.get("id").cloned().unwrap_or_default();
        let from = self.after.as_deref().map_or(0, |after| {
            items.iter().position(|item| id(item) == after).map_or(items.len(), |at| at + 1)
        });
        let more = items.len().saturating_sub(from) > self.limit;
        let data: Vec<Value> = items.into_iter().skip(from).take(self.limit).collect();
        json!({
            "object": "list",
            "first_id": data.first().map(id),
            "last_id": data.last().map(id),
            "has_more": more,
            "data": data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_what_a_request_may_leave_out() {
        let items = complete(
            Some(json!([
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Yes"},
                {"type": "function_call_output", "call_id": "c", "output": "1"},
                {"type": "reasoning", "id": "rs_1", "summary": []}])),
            "C",
        );
        assert_eq!(
            items[0],
            json!({"role": "user", "type": "message", "id": "msg_C_in0",
            "status": "completed", "content": [{"type": "input_text", "text": "Hi"}]})
        );
        assert_eq!(items[1]["content"][0]["type"], "output_text");
        assert_eq!(items[2]["id"], "fco_C_in2");
        assert_eq!(items[3], json!({"type": "reasoning", "id": "rs_1", "summary": []}));
        let text = complete(Some("Hi".into()), "C");
        assert_eq!(text, items[..1]);
        assert!(complete(None, "C").is_empty());
    }

    #[test]
    fn turns_pages_either_way() {
        let items: Vec<Value> = (0..5).map(|at| json!({"id": format!("i{at}")})).collect();
        let page = |after: Option<&str>, limit, newest_first| {
            let after = after.map(str::to_owned);
            Page { after, limit, newest_first }.of(items.clone())
        };
        let first = page(None, 2, true);
        assert_eq!((&first["first_id"], &first["last_id"]), (&json!("i4"), &json!("i3")));
        assert_eq!(first["has_more"], true);
        let last = page(Some("i1"), 5, true);
        assert_eq!(last["data"], json!([{"id": "i0"}]));
        assert_eq!(last["has_more"], false);
        assert_eq!(page(Some("i3"), 5, false)["data"], json!([{"id": "i4"}]));
        assert_eq!(page(Some("nowhere"), 5, false)["data"], json!([]));
    }
}
