//! Secrets Manager: `GetSecretValue` in AWS JSON 1.1 (Secrets Manager API reference).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use http::Response;
use serde_json::{Value, json};

use crate::{
    aws, awsjson,
    delivery::Body,
    http::{Call, Desk, reply},
    reject::Reject,
};

/// Secrets by name. A secret may be replaced while the fake runs: that is a rotation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(Arc<Mutex<BTreeMap<String, String>>>);

// === impl Secrets ===

impl Secrets {
    pub(crate) fn put(&self, name: &str, value: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.to_owned(), value.to_owned());
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

/// Answers one request. `PUT /_secrets/{name}` stores a secret, for tests in another process.
pub(crate) fn answer(desk: &Desk, call: &Call) -> Response<Body> {
    if let Some(name) = call.path.strip_prefix("/_secrets/") {
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        desk.secrets.put(&name, &String::from_utf8_lossy(&call.body));
        return reply(204, &[], "");
    }
    awsjson::answer(desk, call, "Message", secret(desk, call))
}

fn secret(desk: &Desk, call: &Call) -> Result<Value, Reject> {
    aws::authenticate(call, "secretsmanager").map_err(|reject| reject.status(400))?;
    if call.header("x-amz-target") != Some("secretsmanager.GetSecretValue") {
        return Err(Reject::new(400, "UnknownOperationException", "Unknown operation"));
    }
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| Reject::new(400, "SerializationException", "Unable to parse the body."))?;
    let id = body.get("SecretId").and_then(Value::as_str).unwrap_or_default();
    let named = id.strip_prefix("arn:aws:secretsmanager:").and_then(|arn| arn.split(':').nth(3));
    let name = named.map_or(id, |name| name.rsplit_once('-').map_or(name, |(head, _)| head));
    let value = desk.secrets.get(name).ok_or_else(|| {
        let message = "Secrets Manager can't find the specified secret.";
        Reject::new(400, "ResourceNotFoundException", message)
    })?;
    Ok(json!({
        "ARN": format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf"),
        "CreatedDate": 1_790_000_000,
        "Name": name,
        "SecretString": value,
        "VersionId": desk.ids.uuid(),
        "VersionStages": ["AWSCURRENT"],
    }))
}
