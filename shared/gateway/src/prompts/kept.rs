//! Prompts by their names: those of the configuration, and those that people keep here.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};
use sluice_store::{PromptRecord, PromptVersion};
use sluice_wire::{Fault, FaultKind};

use super::Card;
use crate::{App, identity::Kept};

/// What a warm process keeps of prompts: also that there is none.
pub(crate) type PromptCache = Kept<String, Option<Arc<PromptRecord>>>;

/// A name, and the version that it ends with if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named<'n> {
    pub(crate) id: &'n str,
    pub(crate) version: Option<u32>,
}

/// A prompt of the configuration.
#[derive(Debug, Clone)]
pub(crate) struct ConfiguredPrompt {
    /// Its name.
    pub(crate) id: String,
    /// `litellm_params`.
    pub(crate) params: Map<String, Value>,
    /// `prompt_info`.
    pub(crate) info: Map<String, Value>,
    pub(crate) card: Card,
}

// === impl Named ===

impl<'n> Named<'n> {
    /// Reads a name such as `greeting` or `greeting.v2`.
    pub(crate) fn read(name: &'n str) -> Self {
        let split = name.rsplit_once(".v").filter(|(id, _)| !id.is_empty());
        let number = split.and_then(|(id, number)| Some((id, number.parse::<u32>().ok()?)));
        match number {
            Some((id, version)) => Self { id, version: Some(version) },
            None => Self { id: name, version: None },
        }
    }
}

// === impl Display for Named ===

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "{}.v{version}", self.id),
            None => f.write_str(self.id),
        }
    }
}

/// A record, as this process knows it.
pub(super) async fn record(app: &App, id: &str) -> Result<Option<Arc<PromptRecord>>, Fault> {
    let read = async || {
        let found = app.store.prompts().get(&PromptRecord::at(id)).await;
        Ok(found.map_err(|error| app.store_fault(&error))?.map(Arc::new))
    };
    app.prompts.or_read(app, id.to_owned(), read).await
}

/// A prompt that a call names.
pub(super) async fn card(app: &App, named: Named<'_>) -> Result<Card, Fault> {
    if let Some(own) = app.config.prompts.get(named.id) {
        return match named.version {
            None | Some(1) => Ok(own.card.clone()),
            Some(_) => Err(missing(named)),
        };
    }
    let record = record(app, named.id).await?.ok_or_else(|| missing(named))?;
    let version = record.version(named.version).ok_or_else(|| missing(named))?;
    read(version, named)
}

fn read(version: &PromptVersion, named: Named<'_>) -> Result<Card, Fault> {
    Card::read(&version.params).map_err(|wrong| {
        let message = format!("The prompt '{named}' cannot be used: {wrong}.");
        Fault::new(FaultKind::InvalidRequest, message).with_param("prompt_id")
    })
}

fn missing(named: Named<'_>) -> Fault {
    Fault::new(FaultKind::NotFound, format!("Prompt '{named}' not found."))
        .with_label("prompt_not_found")
        .with_param("prompt_id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_end_with_a_version() {
        for (name, id, version) in [
            ("a", "a", None),
            ("a.v2", "a", Some(2)),
            ("a.vast", "a.vast", None),
            ("a.v1.v2", "a.v1", Some(2)),
            (".v2", ".v2", None),
        ] {
            assert_eq!(Named::read(name), Named { id, version }, "{name}");
            assert_eq!(Named::read(name).to_string(), name);
        }
    }
}
