//! `prompts`: templates that calls name, which nobody changes while the gateway runs.

use std::collections::BTreeMap;

use super::{field::Field, known, section::Section};
use crate::prompts::{Card, ConfiguredPrompt, Named};

/// Reads the list.
pub(super) fn read(list: &Field<'_, '_>) -> BTreeMap<String, ConfiguredPrompt> {
    let mut found = BTreeMap::new();
    for item in list.items().unwrap_or_default() {
        let Some(mut section) = Section::open(&item) else { continue };
        let (name, params) = (section.take("prompt_id"), section.take("litellm_params"));
        let info = section.take("prompt_info").and_then(|field| field.json_object());
        section.finish(known::NOTHING);
        let (Some(name), Some(params)) = (name, params) else {
            item.wrong("is no prompt", "set prompt_id and litellm_params");
            continue;
        };
        let Some(id) = name.name() else { continue };
        if Named::read(&id).version.is_some() || id.contains('/') {
            name.wrong("is no name of a prompt", "names have no `/` and do not end like `.v2`");
            continue;
        }
        let Some(written) = params.json_object() else { continue };
        match Card::read(&written) {
            Ok(card) => {
                let info = info.unwrap_or_default();
                let prompt = ConfiguredPrompt { id: id.clone(), params: written, info, card };
                if found.insert(id.clone(), prompt).is_some() {
                    name.wrong(format!("`{id}` stands twice"), "names are unique");
                }
            }
            Err(wrong) => params.wrong(wrong.to_string(), "see docs/prompts.md"),
        }
    }
    found
}
