//! Models that were added while the gateway runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{MODEL, PARTITION};
use crate::{Filed, Listed, Place, Record, Stamp};

/// A deployment's record, in the words of an entry of `model_list`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// The deployment's id.
    pub id: String,
    /// `model_name`: the name that callers use.
    pub model_name: String,
    /// `litellm_params`. What is secret in it is sealed by whoever writes it.
    pub params: Map<String, Value>,
    /// `model_info`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub info: Map<String, Value>,
    /// Whether it is called no more for now.
    #[serde(default)]
    pub blocked: bool,
    /// Its history.
    pub stamp: Stamp,
}

// === impl ModelRecord ===

impl ModelRecord {
    /// Where the record of this id is.
    #[must_use]
    pub fn at(id: &str) -> Place {
        Place::new(PARTITION, format!("{MODEL}{id}"))
    }
}

impl Record for ModelRecord {
    const KIND: &'static str = Self::ALL;
    const ROUTES: bool = true;

    fn id(&self) -> String {
        self.id.clone()
    }

    fn place(&self) -> Place {
        Self::at(&self.id)
    }

    fn listed(&self) -> Listed {
        Listed::by_age(Self::ALL, self)
    }

    fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
}

impl Filed for ModelRecord {
    const ALL: &'static str = "MODELS";
}
