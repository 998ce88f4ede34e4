//! `GET /key/list`.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Query, State},
    response::Response,
};
use http::HeaderMap;
use serde_json::{Value, json};
use sluice_store::{KeyRecord, KeyRole};

use super::{naming, view};
use crate::{
    App,
    admin::reply::{Refused, Wrong, reply},
    identity,
};

/// Most keys on one page.
const LARGEST_PAGE: usize = 100;

/// Lists keys, newest first, page by page; a plain key sees itself.
pub(in crate::admin) async fn list(
    State(app): State<Arc<App>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let result = page(&app, &query, &headers).await;
    reply(&app, result)
}

async fn page(
    app: &App,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
) -> Result<Value, Refused> {
    let caller = identity::authenticate(app, headers).await?;
    let page = number(query, "page", 1, usize::MAX)?;
    let size = number(query, "size", 10, LARGEST_PAGE)?;
    let full = query.get("return_full_object").is_some_and(|value| value == "true");
    let hash = query.get("key_hash").map(|named| naming::hash_of(named));
    let wanted = |record: &KeyRecord| {
        record.role != KeyRole::Admin
            && (caller.is_admin() || record.hash == caller.record.hash)
            && query.get("key_alias").is_none_or(|alias| record.alias.as_ref() == Some(alias))
            && query.get("user_id").is_none_or(|user| record.user_id.as_ref() == Some(user))
            && hash.as_ref().is_none_or(|hash| record.hash == *hash)
    };
    let records = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
    let records: Vec<KeyRecord> = records.into_iter().filter(wanted).collect();
    let total = records.len();
    let shown: Vec<KeyRecord> =
        records.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    let keys = if full {
        view::rows(app, &shown).await?
    } else {
        shown.iter().map(|record| Value::from(record.hash.to_string())).collect()
    };
    Ok(json!({
        "keys": keys,
        "total_count": total,
        "current_page": page,
        "total_pages": total.div_ceil(size),
    }))
}

/// A positive whole number of the query.
fn number(
    query: &HashMap<String, String>,
    name: &str,
    default: usize,
    most: usize,
) -> Result<usize, Refused> {
    let Some(text) = query.get(name) else { return Ok(default) };
    match text.parse::<usize>() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(Refused::Fields(vec![Wrong {
            place: "query",
            field: name.to_owned(),
            kind: "int_parsing",
            message: format!("Input should be a whole number from 1 to {most}"),
        }])),
    }
}
