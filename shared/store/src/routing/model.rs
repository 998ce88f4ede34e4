//! Models that were added while the gateway runs.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MODEL;
use crate::Stamp;

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

routed!(ModelRecord, id behind MODEL in "MODELS");
