//! `model_info`.

use std::collections::BTreeMap;

use super::{field::Field, known, prices, section::Section};
use crate::pricing::Override;

/// What is known of a deployment's model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelInfo {
    /// `id`: the deployment's, instead of a hash of its parameters.
    pub id: Option<String>,
    /// `mode`: `chat`, `embedding` ...
    pub mode: Option<String>,
    /// `base_model`: the model whose price it has.
    pub base_model: Option<String>,
    /// `max_input_tokens`.
    pub max_input_tokens: Option<u64>,
    /// `max_output_tokens`, or its older name `max_tokens`.
    pub max_output_tokens: Option<u64>,
    /// `access_groups`: names under which a key may be given this model.
    pub access_groups: Vec<String>,
    /// `team_id`: the team that it is for, alone.
    pub team_id: Option<String>,
    /// `blocked`: it is not called for now.
    pub blocked: bool,
    /// `supports_...`: what the operator says that the model can do.
    pub supports: BTreeMap<String, bool>,
}

// === impl ModelInfo ===

impl ModelInfo {
    /// Reads a section, and what it says of prices and limits into `own`.
    pub(super) fn read(field: &Field<'_, '_>, own: &mut Override) -> Self {
        let mut info = Self::default();
        let Some(mut section) = Section::open(field) else { return info };
        info.id = section.take("id").and_then(|field| field.name());
        info.mode = section.take("mode").and_then(|field| field.name());
        info.base_model = section.take("base_model").and_then(|field| field.name());
        let mut tokens = |name| section.take(name).and_then(|field| field.whole(1..=u64::MAX));
        info.max_input_tokens = tokens("max_input_tokens");
        let older = tokens("max_tokens");
        info.max_output_tokens = tokens("max_output_tokens").or(older);
        let groups = section.take("access_groups").and_then(|field| field.names());
        info.access_groups = groups.unwrap_or_default();
        info.team_id = section.take("team_id").and_then(|field| field.name());
        info.blocked = section.take("blocked").and_then(|field| field.flag()).unwrap_or(false);
        let name = |key: &str| key.starts_with("supports_").then(|| key.to_owned());
        for (name, field) in section.take_each(name) {
            if let Some(flag) = field.flag() {
                info.supports.insert(name, flag);
            }
        }
        if let Some(field) = section.take("free") {
            own.free = field.flag().unwrap_or_default();
        }
        own.max_input = info.max_input_tokens;
        own.max_output = info.max_output_tokens;
        prices::take(&mut section, own);
        section.finish(known::MODEL_INFO);
        info
    }
}
