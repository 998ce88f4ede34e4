//! Models and the credentials that they name.

use serde_json::{Map, Value};

use super::draft::{closed, told};
use crate::{
    App,
    admin::reply::Refused,
    config::{Draft, names_secret},
    registry::{Member, Registry},
    vault,
};

/// The parameter that names a credential.
const NAMED: &str = "litellm_credential_name";

/// The ids of the models that name a credential.
pub(in crate::admin) fn naming(registry: &Registry, name: &str) -> Vec<String> {
    let answering = registry.all().map(|member| &member.deployment);
    let answering = answering.filter(|one| one.credential_name.as_deref() == Some(name));
    let broken = registry.unusable().iter().map(|one| &one.record);
    let broken = broken.filter(|one| one.params.get(NAMED).and_then(Value::as_str) == Some(name));
    let mut ids: Vec<String> = answering.map(|one| one.id.clone()).collect();
    ids.extend(broken.map(|one| one.id.clone()));
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Refuses new values of a credential with which a model that names it could not be called any more.
pub(in crate::admin) async fn still_stand(
    app: &App,
    name: &str,
    values: &Map<String, Value>,
) -> Result<(), Refused> {
    let registry = app.registry();
    let opener = app.vault.opener_of_any(app).await.map_err(|error| closed(app, &error))?;
    let reader = app.config.outside.reader(std::iter::once((name, values.clone())));
    for id in naming(&registry, name) {
        let Some(record) = registry.record(&id) else { continue };
        let Ok(params) = opener.model(record) else { continue };
        let draft =
            Draft { id: &id, name: &record.model_name, params: &params, info: &record.info };
        reader.check(draft).map_err(|wrong| told(&format!("model {id}: "), &wrong))?;
    }
    Ok(())
}

/// What a model calls with, masked.
pub(in crate::admin) fn secrets(registry: &Registry, member: &Member) -> Map<String, Value> {
    let own = registry.record(&member.deployment.id).map(|record| &record.params);
    let name = member.deployment.credential_name.as_deref();
    let named = registry.credentials().find(|record| Some(record.name.as_str()) == name);
    let mut shown = named.map(|record| vault::masked(&record.values)).unwrap_or_default();
    let mut own = own.map(vault::masked).unwrap_or_default();
    own.retain(|key, _| names_secret(key) || key.starts_with("aws_") || key.contains("api_"));
    shown.extend(own);
    shown
}
