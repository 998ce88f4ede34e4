//! Prompts that people keep here: a template under a name, with all its versions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Millis, Stamp, records::filed};

/// A prompt's record. Its versions are one document: a call reads them at once, and their numbers are
/// given out in the write that makes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptRecord {
    /// Its name.
    pub id: String,
    /// The number of the newest version that there ever was. No number is given twice.
    pub newest: u32,
    /// The versions that there are, the oldest first.
    pub versions: Vec<PromptVersion>,
    /// Its history.
    pub stamp: Stamp,
}

/// A version of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptVersion {
    /// Its number, from 1.
    pub version: u32,
    /// `litellm_params`: the template, and how it is used.
    pub params: Map<String, Value>,
    /// `prompt_info`: what it is, for people.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub info: Map<String, Value>,
    /// When it was made.
    pub created_at: Millis,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it was changed last.
    pub updated_at: Millis,
}

// === impl PromptRecord ===

impl PromptRecord {
    /// The version of a number, or the newest that there is.
    pub fn version(&self, number: Option<u32>) -> Option<&PromptVersion> {
        match number {
            Some(number) => self.versions.iter().find(|version| version.version == number),
            None => self.versions.last(),
        }
    }
}

filed!(PromptRecord, id behind "PROMPT#" in "PROMPTS");
