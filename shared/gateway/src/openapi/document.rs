//! The document, made from the router, the table of roles, and what handlers ask for.

use std::{collections::BTreeMap, fmt::Write as _, path::Path, sync::Arc};

use axum::{Router, body::Body};
use http::{Request, header::AUTHORIZATION};
use serde_json::{Map, Value, json};
use sluice_embedded::Engine;
use sluice_providers::{Transport, TransportOptions};
use sluice_store::{ManualClock, Millis, OrganisationRole, Store, TableNames, UserRole};
use tower::ServiceExt as _;

use super::{
    Book,
    book::{Asked, Notes},
    calls::{Call, calls},
};
use crate::{
    App, AppParts, Departure, SystemRandomness, admin::rule_of, config::Config, http::all,
    telemetry::Telemetry, vault::KeyPlace,
};

const MASTER: &str = "sk-master-of-the-document";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// Statuses of refusals, of management and of calls.
const MANAGED: [u16; 9] = [400, 401, 403, 404, 409, 413, 415, 422, 503];
const CALLED: [u16; 18] =
    [400, 401, 402, 403, 404, 408, 409, 413, 415, 422, 424, 429, 500, 501, 502, 503, 504, 529];

/// A gateway that nobody calls, with one of each thing that is listed.
async fn house() -> Router {
    let clock = Arc::new(ManualClock::at(Millis::parse("2026-11-25T10:00:00Z").unwrap()));
    let client = Engine::memory().unwrap().client();
    let store = Store::builder(client, TableNames::from_prefix("t"), clock.clone()).build();
    store.create_tables().await.unwrap();
    let app = App::start(AppParts {
        config: Config::demo(),
        store,
        transport: Transport::new(TransportOptions::default()).unwrap(),
        clock,
        random: Arc::new(SystemRandomness::default()),
        telemetry: Telemetry::off(),
        departure: Departure::Cancel,
        master_key: MASTER.to_owned(),
        secrets_key: KeyPlace::Nowhere,
    });
    let router = all(app.await.unwrap());
    for (path, body) in [
        ("/user/new", json!({"user_id": "u"})),
        ("/team/new", json!({"team_id": "t"})),
        ("/organization/new", json!({"organization_alias": "o"})),
        ("/budget/new", json!({"budget_id": "b"})),
        ("/customer/new", json!({"user_id": "c"})),
    ] {
        assert_eq!(send(&router, "post", path, None, body).await, 200, "{path}");
    }
    router
}

async fn send(router: &Router, method: &str, path: &str, book: Option<Book>, body: Value) -> u16 {
    let mut request = Request::builder()
        .method(method.to_uppercase().as_str())
        .uri(path)
        .header(AUTHORIZATION, format!("Bearer {MASTER}"))
        .body(Body::from(body.to_string()))
        .unwrap();
    if let Some(book) = book {
        request.extensions_mut().insert(book);
    }
    router.clone().oneshot(request).await.unwrap().status().as_u16()
}

/// The paths of a router, as it writes itself for debugging.
fn paths(router: &Router) -> Vec<String> {
    let written = format!("{router:?}");
    // What is served where nothing fits is filed as if it were a route.
    let is_route = |part: &&str| part.starts_with('/') && !part.contains("__");
    let mut paths: Vec<String> = written.split('"').filter(is_route).map(str::to_owned).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// A path with something in the place of its variables.
fn filled(path: &str) -> String {
    let segment = |segment: &str| match segment.split_once('{') {
        Some((head, rest)) => format!("{head}x{}", rest.split_once('}').unwrap().1),
        None => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Whether a route of the router takes a path.
fn takes(route: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some(wanted), Some(_)) if wanted.starts_with("{*") => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// The management routes with what their handlers ask for.
async fn managed(router: &Router, paths: &[String]) -> Vec<(String, &'static str, Notes)> {
    let mut found = Vec::new();
    for path in paths {
        for method in METHODS {
            let book = Book::default();
            send(router, method, &filled(path), Some(book.clone()), json!({})).await;
            let notes = book.notes();
            if notes.rule.is_some() {
                found.push((path.clone(), method, notes));
            }
        }
    }
    found
}

/// Words that a field or a value takes, where the code has a list of them.
fn words(route: &str, name: &str) -> Option<Value> {
    let list = match name {
        "user_role" => UserRole::ALL.map(UserRole::as_str).to_vec(),
        "role" if route.starts_with("/organization/") => {
            OrganisationRole::ALL.map(OrganisationRole::as_str).to_vec()
        }
        "role" => vec!["admin", "user"],
        "key_type" => vec!["default", "llm_api", "management", "read_only"],
        "sort_order" => vec!["asc", "desc"],
        "action" => sluice_store::Action::ALL.map(sluice_store::Action::as_str).to_vec(),
        _ => return None,
    };
    Some(json!(list))
}

fn schema(route: &str, asked: &Asked) -> Value {
    let mut schema = asked.schema.clone();
    if let Some(words) = words(route, &asked.name) {
        schema = json!({ "enum": words });
    }
    if matches!(asked.name.as_str(), "page" | "page_size" | "size" | "limit") {
        schema = json!({ "type": "integer", "minimum": 1 });
    }
    schema
}

fn variables(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    let one = |(name, _): (&str, &str)| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } });
    names.map(one).collect()
}

fn id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| id + "_" + word)
}

fn refusals(statuses: &[u16], body: &str) -> Map<String, Value> {
    let answer = json!({ "$ref": format!("#/components/responses/{body}") });
    statuses.iter().map(|status| (status.to_string(), answer.clone())).collect()
}

fn operation_of_management(path: &str, method: &str, notes: &Notes) -> Value {
    let rule = notes.rule.unwrap();
    let row = rule_of(&method.to_uppercase().parse().unwrap(), rule).unwrap();
    let mut told = String::from("Reaches for `proxy_admin`: all");
    for role in UserRole::ALL.into_iter().skip(1) {
        let _ = write!(told, "; `{}`: {}", role.as_str(), row.reach(role).word());
    }
    let mut parameters = variables(path);
    parameters.extend(notes.query.iter().map(|asked| {
        json!({ "name": asked.name, "in": "query", "required": asked.required, "schema": schema(rule, asked) })
    }));
    let mut responses = refusals(&MANAGED, "Refused");
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "Done", "content": { "application/json": { "schema": {} } },
        }),
    );
    let mut operation = json!({
        "operationId": id(method, path),
        "tags": [path.split('/').find(|word| !word.is_empty() && *word != "v1" && *word != "v2")],
        "summary": path.trim_start_matches('/').replace(['/', '_'], " "),
        "description": told,
        "parameters": parameters,
        "responses": responses,
    });
    if method != "get" && !(method == "delete" && notes.fields.is_empty()) {
        let properties: Map<String, Value> =
            notes.fields.iter().map(|asked| (asked.name.clone(), schema(rule, asked))).collect();
        let required: Vec<&str> = notes
            .fields
            .iter()
            .filter(|asked| asked.required)
            .map(|asked| asked.name.as_str())
            .collect();
        operation["requestBody"] = json!({
            "required": !required.is_empty(),
            "content": { "application/json": { "schema": {
                "type": "object", "properties": properties, "required": required,
                "additionalProperties": false,
            } } },
        });
    }
    operation
}

fn operation_of_call(call: &Call) -> Value {
    let content: Map<String, Value> =
        call.answers.iter().map(|media| ((*media).to_owned(), json!({ "schema": {} }))).collect();
    let statuses: &[u16] = if call.public { &[503] } else { &CALLED };
    let mut responses = refusals(statuses, "Fault");
    responses.insert("200".to_owned(), json!({ "description": "Done", "content": content }));
    let mut operation = json!({
        "operationId": id(call.method, &call.path),
        "tags": [call.tag],
        "summary": call.summary,
        "parameters": variables(&call.path),
        "responses": responses,
    });
    if call.public {
        operation["security"] = json!([]);
    }
    if let Some((media, schema)) = &call.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { *media: { "schema": schema } } });
    }
    operation
}

fn components() -> Value {
    let error = json!({ "type": "object", "required": ["error"], "properties": { "error": {
        "type": "object",
        "required": ["message", "type", "param", "code"],
        "properties": {
            "message": { "type": "string" },
            "type": { "type": ["string", "null"] },
            "param": { "type": ["string", "null"] },
            "code": { "type": ["string", "null"] },
        },
    } } });
    let detail = json!({ "type": "object", "required": ["detail"], "properties": { "detail": {
        "anyOf": [
            { "type": "object", "required": ["error"] },
            { "type": "array", "items": { "type": "object", "required": ["type", "loc", "msg"] } },
        ],
    } } });
    json!({
        "securitySchemes": { "key": {
            "type": "http", "scheme": "bearer",
            "description": "A virtual key, the master key, or a token of an identity provider or of AWS",
        } },
        "schemas": { "Error": error, "Detail": detail },
        "responses": {
            "Refused": {
                "description": "Refused: OpenAI's envelope, or FastAPI's for what cannot be read",
                "content": { "application/json": { "schema": { "anyOf": [
                    { "$ref": "#/components/schemas/Error" }, { "$ref": "#/components/schemas/Detail" },
                ] } } },
            },
            "Fault": {
                "description": "Refused, in the dialect of the route",
                "content": { "application/json": { "schema": { "type": ["object", "array"] } } },
            },
        },
    })
}

async fn document() -> Value {
    let router = house().await;
    let routes = paths(&router);
    let managed = managed(&router, &routes).await;
    let calls = calls();
    for route in &routes {
        let described = managed.iter().any(|(path, ..)| path == route)
            || calls.iter().any(|call| takes(route, &call.path));
        assert!(described, "{route} is served and not described: add it to calls.rs");
    }
    for call in &calls {
        let served = routes.iter().any(|route| takes(route, &call.path));
        assert!(served, "{} is described and not served", call.path);
    }
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (path, method, notes) in &managed {
        // A variable that takes slashes is one like others in the document.
        let path = path.replace("{*", "{");
        let operation = operation_of_management(&path, method, notes);
        paths.entry(path).or_default().insert((*method).to_owned(), operation);
    }
    for call in &calls {
        let operation = operation_of_call(call);
        paths.entry(call.path.clone()).or_default().insert(call.method.to_owned(), operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sluice",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "One gateway to every model. Bodies of model routes are open: what a provider takes, passes.",
        },
        "security": [{ "key": [] }],
        "paths": paths,
        "components": components(),
    })
}

#[tokio::test]
async fn the_document_in_the_repository_is_made_from_the_code() {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let written = serde_json::to_string_pretty(&document().await).unwrap() + "\n";
    if std::env::var_os("SLUICE_WRITE").is_some() {
        std::fs::write(&place, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&place).unwrap();
    assert_eq!(
        kept, written,
        "write it anew: SLUICE_WRITE=1 cargo test -p sluice-gateway --lib openapi"
    );
}
