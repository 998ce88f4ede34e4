//! Models that were added while the gateway runs, beside those of the configuration.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use sluice_store::{CredentialRecord, ModelRecord, Routed};

use crate::{
    config::{Config, ConfiguredDeployment, Draft},
    vault::{Opener, Unopened},
};

/// An added model that cannot be called, and why.
#[derive(Debug, Clone)]
pub(crate) struct Unusable {
    pub(crate) record: Arc<ModelRecord>,
    pub(crate) reason: String,
}

/// What has been added.
#[derive(Debug, Default)]
pub(crate) struct Added {
    pub(super) deployments: Vec<ConfiguredDeployment>,
    pub(super) records: HashMap<String, Arc<ModelRecord>>,
    pub(super) credentials: BTreeMap<String, Arc<CredentialRecord>>,
    pub(super) unusable: Vec<Unusable>,
}

// === impl Added ===

impl Added {
    /// Reads records as the configuration's entries are read. One that is wrong is left out, and
    /// stands in the way of none of the others.
    pub(crate) fn read(config: &Config, routed: Routed, opener: &Opener) -> Self {
        let opened: Vec<(&str, _)> = routed
            .credentials
            .iter()
            .filter_map(|record| match opener.credential(record) {
                Ok(values) => Some((record.name.as_str(), values)),
                Err(Unopened) => {
                    tracing::error!(credential = record.name, "a credential cannot be opened");
                    None
                }
            })
            .collect();
        let reader = config.outside.reader(opened.into_iter());
        let mut ids: HashSet<&str> =
            config.deployments.iter().map(|entry| entry.deployment.id.as_str()).collect();
        let mut models: Vec<Arc<ModelRecord>> = routed.models.into_iter().map(Arc::new).collect();
        models.sort_by_key(|record| (record.stamp.created_at, record.id.clone()));
        let mut added = Self::default();
        for record in &models {
            let read = if ids.insert(&record.id) {
                opener.model(record).map_err(|Unopened| {
                    "its secrets cannot be opened: they were sealed with another key".to_owned()
                })
            } else {
                Err("the configuration has a deployment of the same id".to_owned())
            };
            let read = read.and_then(|params| {
                let draft = Draft {
                    id: &record.id,
                    name: &record.model_name,
                    params: &params,
                    info: &record.info,
                };
                reader.load(draft).map_err(|findings| {
                    findings.iter().map(|one| one.told()).collect::<Vec<_>>().join("; ")
                })
            });
            match read {
                Ok(mut deployments) => {
                    for one in &mut deployments {
                        one.info.blocked |= record.blocked;
                    }
                    added.deployments.extend(deployments);
                }
                Err(reason) => {
                    tracing::error!(model.id = record.id, reason, "an added model is left out");
                    added.unusable.push(Unusable { record: Arc::clone(record), reason });
                }
            }
        }
        added.records = models.into_iter().map(|record| (record.id.clone(), record)).collect();
        let credentials = routed.credentials.into_iter();
        added.credentials = credentials.map(|one| (one.name.clone(), Arc::new(one))).collect();
        added
    }
}
