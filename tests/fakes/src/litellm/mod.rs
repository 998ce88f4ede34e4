//! The management API of a LiteLLM proxy (1.109.1), as far as it tells what it manages: the lists and
//! pages of `/budget/list`, `/user/list`, `/v2/team/list`, `/team/info`, `/customer/list`,
//! `/key/list`, `/model/info`, `/credentials` and others.
//!
//! Its rows are in `rows.json`, every field of them, as LiteLLM's own types write them;
//! `tests/frameworks/test_import.py` reads all answers with those types. Beside them there is a crowd of
//! keys, so that there are pages.

use std::sync::{Arc, Mutex, PoisonError};

use http::Response;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::{
    delivery::Body,
    http::{Call, reply},
};

/// The master key of the proxy.
pub const LITELLM_KEY: &str = "sk-master-of-litellm";
/// Keys of the crowd: `sk-of-the-crowd-0`, and so on.
pub const LITELLM_CROWD: usize = 120;

const ROWS: &str = include_str!("rows.json");
/// The place of a key that says little: the crowd is made of it.
const LEAST: usize = 3;
/// Most rows of a page.
const LARGEST: usize = 100;

/// What the proxy manages; shared by those who look and those who change it.
#[derive(Debug, Clone)]
pub(crate) struct Managed(Arc<Mutex<Value>>);

// === impl Managed ===

impl Managed {
    pub(crate) fn new() -> Self {
        let mut rows: Value = serde_json::from_str(ROWS).unwrap_or_default();
        if let Some(keys) = rows.get_mut("keys").and_then(Value::as_array_mut) {
            let crowd = (0..LITELLM_CROWD).filter_map(|n| in_crowd(keys.get(LEAST)?, n));
            let crowd: Vec<Value> = crowd.collect();
            keys.extend(crowd);
        }
        Self(Arc::new(Mutex::new(rows)))
    }

    /// Sets a field of the row of a list that has this id.
    pub(crate) fn set(&self, list: &str, (id, value): (&str, &str), field: &str, to: Value) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let list = rows.get_mut(list).and_then(Value::as_array_mut);
        let row = list.and_then(|rows| rows.iter_mut().find(|row| row[id] == value));
        if let Some(row) = row.and_then(Value::as_object_mut) {
            row.insert(field.to_owned(), to);
        }
    }

    fn list(&self, name: &str) -> Vec<Value> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    fn memberships(&self, team: &str) -> Value {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.get("memberships").and_then(|all| all.get(team)).cloned().unwrap_or(json!([]))
    }
}

/// A key that says nothing, with the fields of another.
fn in_crowd(other: &Value, n: usize) -> Option<Value> {
    let plaintext = format!("sk-of-the-crowd-{n}");
    let mut row = other.as_object()?.clone();
    for value in row.values_mut() {
        *value = match value {
            Value::Array(_) => json!([]),
            Value::Object(_) => json!({}),
            Value::Number(_) => json!(0),
            Value::Bool(_) => json!(false),
            _ => Value::Null,
        };
    }
    row.insert("token".to_owned(), hash(&plaintext).into());
    row.insert("key_name".to_owned(), format!("sk-...d-{n}").into());
    row.insert("key_alias".to_owned(), format!("crowd-{n}").into());
    row.insert("created_at".to_owned(), "2026-03-02T08:00:00Z".into());
    Some(Value::Object(row))
}

fn hash(plaintext: &str) -> String {
    digest(&SHA256, plaintext.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Answers one request.
pub(crate) fn answer(managed: &Managed, call: &Call) -> Response<Body> {
    let (status, body) = answered(managed, call);
    reply(status, &[("content-type", "application/json".to_owned())], body.to_string())
}

fn answered(managed: &Managed, call: &Call) -> (u16, Value) {
    if call.header("authorization") != Some(&format!("Bearer {LITELLM_KEY}")) {
        let message = "Authentication Error, Invalid API key provided.";
        let error = json!({ "message": message, "type": "token_not_found_in_db", "param": "key", "code": "401" });
        return (401, json!({ "error": error }));
    }
    if call.method != http::Method::GET {
        return (405, json!({ "detail": "Method Not Allowed" }));
    }
    let asked = |name: &str| {
        let pairs = call.query.split('&').filter_map(|pair| pair.split_once('='));
        let found = pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        found.map(|value| {
            percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
        })
    };
    let page = |rows: Vec<Value>, size: &str, default: usize| Page::of(rows, &asked, size, default);
    match call.path.as_str() {
        "/budget/list" => (200, Value::Array(managed.list("budgets"))),
        "/organization/list" => (200, Value::Array(managed.list("organizations"))),
        "/tag/list" => (200, Value::Array(managed.list("tags"))),
        "/model/info" | "/v1/model/info" => (200, json!({ "data": managed.list("models") })),
        "/credentials" => {
            (200, json!({ "success": true, "credentials": managed.list("credentials") }))
        }
        "/guardrails/list" => (200, json!({ "guardrails": managed.list("guardrails") })),
        "/prompts/list" => (200, json!({ "prompts": managed.list("prompts") })),
        "/user/list" => match page(managed.list("users"), "page_size", 25) {
            Err(refused) => refused,
            Ok(page) => (200, page.named("users")),
        },
        "/v2/team/list" => {
            let teams = managed.list("teams").iter().map(listed).collect();
            match page(teams, "page_size", 10) {
                Err(refused) => refused,
                Ok(page) => (200, page.named("teams")),
            }
        }
        "/team/info" => info(managed, asked("team_id").as_deref()),
        "/customer/list" | "/end_user/list" => {
            match page(managed.list("customers"), "page_size", 50) {
                Err(refused) => refused,
                Ok(page) => (200, Value::Array(page.rows)),
            }
        }
        "/key/list" => keys(managed, &asked),
        _ => (404, json!({ "detail": "Not Found" })),
    }
}

/// A team as the list tells it: without what `/team/info` adds.
fn listed(team: &Value) -> Value {
    const ADDED: [&str; 7] = [
        "team_member_budget_table",
        "unresolved_access_group_ids",
        "access_group_details",
        "organization_models",
        "model_max_budget_usage",
        "caller_edit_access",
        "litellm_model_table",
    ];
    let mut row = team.as_object().cloned().unwrap_or_default();
    if let Some(members) = row.get_mut("members_with_roles").and_then(Value::as_array_mut) {
        for member in members.iter_mut().filter_map(Value::as_object_mut) {
            member.remove("user_alias");
        }
    }
    row.retain(|name, _| !ADDED.contains(&name.as_str()));
    row.extend([
        ("litellm_model_table".to_owned(), Value::Null),
        ("members_count".to_owned(), json!(0)),
        ("keys_count".to_owned(), json!(0)),
        ("caller_membership".to_owned(), Value::Null),
    ]);
    Value::Object(row)
}

fn info(managed: &Managed, team_id: Option<&str>) -> (u16, Value) {
    let teams = managed.list("teams");
    let found = teams.into_iter().find(|team| team["team_id"].as_str() == team_id);
    let (Some(mut team), Some(id)) = (found, team_id) else {
        let message = format!("Team not found, passed team id: {}.", team_id.unwrap_or("None"));
        return (404, json!({ "detail": { "message": message } }));
    };
    // The budget of members who have none of their own is told beside.
    let default = team.pointer("/metadata/team_member_budget_id").cloned();
    let budget =
        managed.list("budgets").into_iter().find(|row| Some(&row["budget_id"]) == default.as_ref());
    if let (Some(fields), Some(budget)) = (team.as_object_mut(), budget) {
        fields.insert("team_member_budget_table".to_owned(), bare(budget));
    }
    let memberships = managed.memberships(id);
    (200, json!({ "team_id": id, "team_info": team, "keys": [], "team_memberships": memberships }))
}

/// A budget as it is told within others: without who made it.
fn bare(mut budget: Value) -> Value {
    if let Some(fields) = budget.as_object_mut() {
        for name in ["created_by", "updated_at", "updated_by"] {
            fields.remove(name);
        }
    }
    budget
}

fn keys(managed: &Managed, asked: &impl Fn(&str) -> Option<String>) -> (u16, Value) {
    let full = asked("return_full_object").as_deref() == Some("true");
    let rows = managed.list("keys").into_iter();
    let rows = rows
        .map(|row| if full { row } else { row.get("token").cloned().unwrap_or_default() })
        .collect();
    match Page::of(rows, asked, "size", 10) {
        Err(refused) => refused,
        Ok(page) => {
            let (number, total, pages) = (page.number, page.total, page.pages());
            (
                200,
                json!({
                    "keys": page.rows, "total_count": total, "current_page": number,
                    "total_pages": pages,
                }),
            )
        }
    }
}

struct Page {
    rows: Vec<Value>,
    number: usize,
    size: usize,
    total: usize,
}

// === impl Page ===

impl Page {
    fn of(
        rows: Vec<Value>,
        asked: &impl Fn(&str) -> Option<String>,
        size: &str,
        default: usize,
    ) -> Result<Self, (u16, Value)> {
        let number = |name: &str, default: usize, most: usize| match asked(name) {
            None => Ok(default),
            Some(text) => {
                let number = text.parse::<usize>().ok();
                number.filter(|number| (1..=most).contains(number)).ok_or_else(|| {
                    let wrong = json!({
                        "type": "less_than_equal", "loc": ["query", name], "input": text,
                        "msg": format!("Input should be less than or equal to {most}"),
                    });
                    (422, json!({ "detail": [wrong] }))
                })
            }
        };
        let (number, size) = (number("page", 1, usize::MAX)?, number(size, default, LARGEST)?);
        let total = rows.len();
        let rows = rows.into_iter().skip((number - 1).saturating_mul(size)).take(size).collect();
        Ok(Self { rows, number, size, total })
    }

    fn pages(&self) -> usize {
        self.total.div_ceil(self.size)
    }

    fn named(self, name: &str) -> Value {
        json!({
            name: self.rows, "total": self.total, "page": self.number, "page_size": self.size,
            "total_pages": self.pages(),
        })
    }
}
