//! The list of models as Anthropic's clients read it (Anthropic API reference, "List Models").

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sluice_wire::{Dialect, Fault, FaultKind};

use super::models::visible;
use crate::{
    App,
    corridor::{identify, may_call, render, stray_id},
    identity,
    registry::Sight,
};

/// Models of a page where nothing is asked for.
const PAGE: usize = 20;
/// The most that may be asked for.
const MOST: usize = 1_000;

/// Whether a caller is one of Anthropic's clients: they all name the API's version.
pub(super) fn is_anthropics_client(headers: &HeaderMap) -> bool {
    headers.contains_key("anthropic-version")
}

/// `GET /v1/models`.
pub(super) async fn listed(app: &Arc<App>, headers: &HeaderMap, uri: &Uri) -> Response {
    let page = async || {
        let caller = identity::authenticate(app, headers, uri.path()).await?;
        let registry = app.registry();
        let seen = registry.seen_by(caller.team());
        let names: Vec<&str> = visible(seen, &caller).collect();
        page(&names, uri.query().unwrap_or_default(), |name| entry(&seen, name))
    };
    answer(app, page().await)
}

/// `GET /v1/models/{id}`.
pub(super) async fn named(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, id: &str) -> Response {
    let one = async || {
        let caller = identity::authenticate(app, headers, uri.path()).await?;
        let registry = app.registry();
        let seen = registry.seen_by(caller.team());
        if may_call(&seen, &caller, id) {
            return Ok(entry(&seen, id));
        }
        Err(Fault::new(FaultKind::NotFound, format!("model: {id}")).with_param("model"))
    };
    answer(app, one().await)
}

fn answer(app: &App, result: Result<Value, Fault>) -> Response {
    let id = stray_id(app);
    let mut response = match result {
        Ok(value) => ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response(),
        Err(fault) => render(Dialect::AnthropicMessages, &fault, &id),
    };
    identify(response.headers_mut(), Dialect::AnthropicMessages, id);
    response
}

/// The part of the list that is asked for.
fn page(names: &[&str], query: &str, entry: impl Fn(&str) -> Value) -> Result<Value, Fault> {
    let asked = |wanted: &str| {
        query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let plain = || percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            (name == wanted).then(|| plain().into_owned())
        })
    };
    let limit = match asked("limit").map(|text| text.parse::<usize>()) {
        None => PAGE,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => {
            return Err(Fault::invalid("limit: Input should be between 1 and 1000", "limit"));
        }
    };
    let place = |id: String| {
        names
            .iter()
            .position(|name| *name == id)
            .ok_or_else(|| Fault::invalid(format!("{id} is no model of this list"), "after_id"))
    };
    let (from, to, more) = if let Some(id) = asked("before_id") {
        let end = place(id)?;
        let start = end.saturating_sub(limit);
        (start, end, start > 0)
    } else {
        let start = asked("after_id").map(place).transpose()?.map_or(0, |at| at + 1);
        let end = start.saturating_add(limit).min(names.len());
        (start, end, end < names.len())
    };
    let shown = names.get(from..to).unwrap_or_default();
    Ok(json!({
        "data": shown.iter().map(|name| entry(name)).collect::<Vec<_>>(),
        "first_id": shown.first(),
        "last_id": shown.last(),
        "has_more": more,
    }))
}

/// A group was released at no time that anybody knows: the API's own word for that is the epoch.
fn entry(seen: &Sight<'_>, name: &str) -> Value {
    let [input, output] = seen.limits(name);
    json!({
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "capabilities": null,
        "deprecated_at": null,
        "retires_at": null,
        "line": null,
        "max_input_tokens": input,
        "max_tokens": output,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_go_both_ways_and_end() {
        let names = ["a", "b", "c", "d", "e"];
        let page = |query: &str| page(&names, query, |name| name.into()).unwrap();
        let shown = |query: &str| page(query)["data"].to_string();
        assert_eq!(shown(""), r#"["a","b","c","d","e"]"#);
        assert_eq!(shown("limit=2"), r#"["a","b"]"#);
        assert_eq!(page("limit=2")["has_more"], true);
        assert_eq!(shown("limit=2&after_id=b"), r#"["c","d"]"#);
        assert_eq!(shown("after_id=d&limit=2"), r#"["e"]"#);
        assert_eq!(page("after_id=d&limit=2")["has_more"], false);
        assert_eq!(shown("before_id=c&limit=1"), r#"["b"]"#);
        assert_eq!(page("limit=2")["last_id"], "b");
        assert!(super::page(&names, "limit=0", |name| name.into()).is_err());
        assert!(super::page(&names, "after_id=z", |name| name.into()).is_err());
    }
}
