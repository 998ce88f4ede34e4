//! What a request says of a model, and whether a model can be that.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};
use sluice_store::{CredentialRecord, ModelRecord, TeamRecord};
use sluice_wire::{Fault, FaultKind};

use crate::{
    App,
    admin::{
        body::{Fields, Given},
        names,
        reply::{Refused, invalid},
    },
    config::{Draft, Finding},
    vault::{self, Opener, Unopened, VaultError},
};

/// Keys of `model_info` that the gateway writes. Clients give back what they have read.
const TOLD: [&str; 10] = [
    "id",
    "db_model",
    "key",
    "litellm_provider",
    "team_public_model_name",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "problem",
];
/// What a deployment does without when `null` is said.
const DETACHABLE: &str = "litellm_credential_name";

/// The fields of a model in a request.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) params: Map<String, Value>,
    /// Parameters to take away.
    without: Vec<String>,
    info: Map<String, Value>,
    blocked: Option<bool>,
}

/// A model as it is to be, in clear.
#[derive(Debug, Clone)]
pub(in crate::admin) struct Wanted {
    pub(in crate::admin) name: String,
    pub(in crate::admin) params: Map<String, Value>,
    pub(in crate::admin) info: Map<String, Value>,
    pub(in crate::admin) blocked: bool,
}

// === impl Said ===

impl Said {
    /// Reads a request; nothing may be left of it.
    pub(super) fn read(fields: &mut Fields) -> Result<Self, Refused> {
        let name = names::checked(fields.text("model_name"), "model_name")?.value();
        let params = fields.object("litellm_params").value().unwrap_or_default();
        let without = fields.texts("litellm_params_to_remove").value().unwrap_or_default();
        let mut info = fields.object("model_info").value().unwrap_or_default();
        let mut blocked = fields.flag("blocked").value();
        let ids = [fields.text("id"), fields.text("model_id")].map(Given::value);
        fields.finish()?;
        let inner = info.get("id").and_then(Value::as_str).map(str::to_owned);
        let id = names::checked(
            ids.into_iter().flatten().next().or(inner).map_or(Given::Absent, Given::Value),
            "id",
        )?;
        for name in TOLD {
            info.remove(name);
        }
        if let Some(flag) = info.remove("blocked") {
            blocked = blocked.or(flag.as_bool());
        }
        if let Some(both) = without.iter().find(|name| params.contains_key(*name)) {
            let message = format!("Cannot set and remove the same litellm_params key: {both}");
            return Err(invalid(message, "litellm_params_to_remove"));
        }
        if vault::is_sealed(&params) {
            let message = "litellm_params: a sealed value is of the gateway's making alone";
            return Err(invalid(message, "litellm_params"));
        }
        Ok(Self { id: id.value(), name, params, without, info, blocked })
    }

    /// The model as it becomes of what it is. A parameter that is given as it was shown, masked, stays
    /// as it is.
    pub(super) fn onto(&self, mut model: Wanted) -> Wanted {
        if let Some(name) = &self.name {
            model.name.clone_from(name);
        }
        let shown = vault::masked(&model.params);
        for (name, value) in &self.params {
            if value.is_null() {
                if name == DETACHABLE {
                    model.params.remove(name);
                }
            } else if shown.get(name) != Some(value) {
                model.params.insert(name.clone(), value.clone());
            }
        }
        model.params.retain(|name, _| !self.without.contains(name));
        for (name, value) in &self.info {
            if value.is_null() {
                model.info.remove(name);
            } else {
                model.info.insert(name.clone(), value.clone());
            }
        }
        model.blocked = self.blocked.unwrap_or(model.blocked);
        model
    }
}

// === impl Wanted ===

impl Wanted {
    /// A model of which nothing is said yet.
    pub(in crate::admin) fn new(name: String) -> Self {
        Self { name, params: Map::new(), info: Map::new(), blocked: false }
    }

    /// The model that a record holds.
    pub(super) fn of(record: &ModelRecord, opener: &Opener) -> Result<Self, Refused> {
        let params = opener.model(record).map_err(|Unopened| {
            invalid(format!("the secrets of model {} cannot be opened; delete it", record.id), "id")
        })?;
        let (name, info) = (record.model_name.clone(), record.info.clone());
        Ok(Self { name, params, info, blocked: record.blocked })
    }

    /// Reads it as an entry of the configuration is read. Returns what there is to say about it.
    pub(super) async fn check(&self, app: &App, id: &str) -> Result<Vec<String>, Refused> {
        if let Some(team) = self.info.get("team_id").and_then(Value::as_str) {
            let found = app.store.teams().get(&TeamRecord::at(team)).await;
            if found.map_err(|error| app.store_fault(&error))?.is_none() {
                let message = format!("Team id={team} does not exist in db");
                return Err(Refused::detail(StatusCode::BAD_REQUEST, message));
            }
        }
        self.read(app, id).await
    }

    /// The same, whatever team it is for.
    pub(in crate::admin) async fn read(&self, app: &App, id: &str) -> Result<Vec<String>, Refused> {
        let registry = app.registry();
        let records: Vec<&Arc<CredentialRecord>> = registry.credentials().collect();
        let opener = app.vault.opener_of_any(app).await.map_err(|error| closed(app, &error))?;
        let credentials = records
            .into_iter()
            .filter_map(|record| Some((record.name.as_str(), opener.credential(record).ok()?)));
        let reader = app.config.outside.reader(credentials);
        let draft = Draft { id, name: &self.name, params: &self.params, info: &self.info };
        match reader.check(draft) {
            Ok((_, findings)) => Ok(findings.iter().map(Finding::told).collect()),
            Err(wrong) => Err(told("", &wrong)),
        }
    }

    /// Writes it into a record, with its secrets sealed.
    pub(super) async fn seal(self, app: &App, record: &mut ModelRecord) -> Result<(), Refused> {
        let sealed = app.vault.seal_model(app, &record.id, &self.params).await;
        record.params = sealed.map_err(|error| closed(app, &error))?;
        (record.model_name, record.info, record.blocked) = (self.name, self.info, self.blocked);
        Ok(())
    }
}

/// The refusal of something in which all this was found.
pub(in crate::admin) fn told(of: &str, wrong: &[Finding]) -> Refused {
    let param = wrong.first().map(|one| one.path.clone()).unwrap_or_default();
    let told: Vec<String> = wrong.iter().map(Finding::told).collect();
    let message = format!("{of}{}", told.join("; "));
    Fault::new(FaultKind::InvalidRequest, message).with_param(param).into()
}

/// What it means to the caller that there is no key to seal or open with.
pub(in crate::admin) fn closed(app: &App, error: &VaultError) -> Refused {
    match error {
        VaultError::Nowhere => invalid(
            "This gateway has no key to seal secrets with, and keeps none in clear. Name a secret of AWS \
             Secrets Manager instead (aws-secret/NAME), or set SLUICE_KMS_KEY.",
            "api_key",
        ),
        VaultError::Store(error) => app.store_fault(error).into(),
        error => Fault::new(
            FaultKind::Unavailable,
            "The key that seals secrets is not available. Try again shortly.",
        )
        .with_detail(error.to_string())
        .into(),
    }
}
