//! Secrets Manager: `GetSecretValue`, `CreateSecret`, `PutSecretValue` and `UpdateSecretVersionStage` in AWS JSON 1.1 (Secrets Manager API reference).

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

/// Secrets by name, each with its versions. A secret may be replaced while the fake runs: that is a
/// rotation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Secrets(Arc<Mutex<BTreeMap<String, Vec<Version>>>>);

/// A version, and the labels that it has.
#[derive(Debug, Clone)]
struct Version {
    id: String,
    value: String,
    stages: Vec<String>,
}

const CURRENT: &str = "AWSCURRENT";

// === impl Secrets ===

impl Secrets {
    pub(crate) fn put(&self, name: &str, value: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let only = Version {
            id: "00000000-0000-4000-8000-000000000000".to_owned(),
            value: value.to_owned(),
            stages: vec![CURRENT.to_owned()],
        };
        all.insert(name.to_owned(), vec![only]);
    }

    /// The value with a label.
    pub(crate) fn value(&self, name: &str, stage: &str) -> Option<String> {
        self.get(name, stage).map(|version| version.value)
    }

    fn get(&self, name: &str, stage: &str) -> Option<Version> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name)?.iter().find(|one| one.stages.iter().any(|own| own == stage)).cloned()
    }

    /// Does something with the versions of a secret.
    fn with<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Vec<Version>) -> Result<T, Reject>,
    ) -> Result<T, Reject> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(all.get_mut(name).ok_or_else(missing)?)
    }

    fn make(&self, name: &str) -> Result<(), Reject> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.insert(name.to_owned(), Vec::new()) {
            None => Ok(()),
            Some(old) => {
                all.insert(name.to_owned(), old);
                let message = "The operation failed because the secret already exists.";
                Err(Reject::new(400, "ResourceExistsException", message))
            }
        }
    }
}

fn missing() -> Reject {
    let message = "Secrets Manager can't find the specified secret.";
    Reject::new(400, "ResourceNotFoundException", message)
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
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| Reject::new(400, "SerializationException", "Unable to parse the body."))?;
    let id = body.get("SecretId").and_then(Value::as_str).unwrap_or_default();
    let named = id.strip_prefix("arn:aws:secretsmanager:").and_then(|arn| arn.split(':').nth(3));
    let name = named.map_or(id, |name| name.rsplit_once('-').map_or(name, |(head, _)| head));
    let text = |field: &str| body.get(field).and_then(Value::as_str);
    let arn = format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf");
    match call.header("x-amz-target").and_then(|target| target.strip_prefix("secretsmanager.")) {
        Some("GetSecretValue") => {
            let version = desk.secrets.get(name, text("VersionStage").unwrap_or(CURRENT));
            let version = version.ok_or_else(missing)?;
            Ok(json!({
                "ARN": arn,
                "CreatedDate": 1_790_000_000,
                "Name": name,
                "SecretString": version.value,
                "VersionId": version.id,
                "VersionStages": version.stages,
            }))
        }
        Some("CreateSecret") => {
            let name = text("Name").ok_or_else(|| invalid("Name is required"))?;
            desk.secrets.make(name)?;
            Ok(json!({ "ARN": arn, "Name": name }))
        }
        Some("PutSecretValue") => put(desk, name, &arn, &body),
        Some("UpdateSecretVersionStage") => {
            let stage = text("VersionStage").ok_or_else(|| invalid("VersionStage is required"))?;
            let (from, to) = (text("RemoveFromVersionId"), text("MoveToVersionId"));
            desk.secrets.with(name, |versions| {
                let holder = versions.iter().find(|one| one.stages.iter().any(|own| own == stage));
                let holder = holder.map(|one| one.id.clone());
                if holder.as_deref() != from {
                    return Err(invalid("the staging label is attached to another version"));
                }
                for version in versions.iter_mut() {
                    version.stages.retain(|own| own != stage);
                    if Some(version.id.as_str()) == to {
                        version.stages.push(stage.to_owned());
                    }
                }
                Ok(())
            })?;
            Ok(json!({ "ARN": arn, "Name": name }))
        }
        _ => Err(Reject::new(400, "UnknownOperationException", "Unknown operation")),
    }
}

/// The first version is the current one, whatever is asked for.
fn put(desk: &Desk, name: &str, arn: &str, body: &Value) -> Result<Value, Reject> {
    let value = body.get("SecretString").and_then(Value::as_str);
    let value = value.ok_or_else(|| invalid("SecretString is required"))?;
    let asked = body.get("VersionStages").and_then(Value::as_array);
    let mut stages: Vec<String> = match asked {
        None => vec![CURRENT.to_owned()],
        Some(asked) => asked.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    let id = desk.ids.uuid();
    desk.secrets.with(name, |versions| {
        if versions.is_empty() && !stages.iter().any(|stage| stage == CURRENT) {
            stages.push(CURRENT.to_owned());
        }
        for version in versions.iter_mut() {
            version.stages.retain(|own| !stages.contains(own));
        }
        versions.push(Version { id: id.clone(), value: value.to_owned(), stages: stages.clone() });
        Ok(())
    })?;
    Ok(json!({ "ARN": arn, "Name": name, "VersionId": id, "VersionStages": stages }))
}

fn invalid(message: &str) -> Reject {
    Reject::new(400, "InvalidParameterException", message)
}
