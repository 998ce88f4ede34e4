//! A request as it came, to be asked of another model.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use sluice_wire::{Fault, Splice, splice};

use super::{Fallback, LISTS};
use crate::{
    corridor::{GATEWAY_FIELDS, Line},
    history::Session,
};

/// The request.
#[derive(Debug, Clone)]
pub(in crate::corridor) struct Origin {
    pub(in crate::corridor) line: Line,
    pub(in crate::corridor) headers: HeaderMap,
    pub(in crate::corridor) body: Bytes,
    /// The session that it goes on from; the body has what was said in it.
    pub(in crate::corridor) session: Option<Arc<Session>>,
}

// === impl Origin ===

impl Origin {
    /// The same request to another model: what the fallback sets is set, and neither other fallbacks
    /// nor a mock of the model that failed are in it.
    pub(super) fn instead(&self, fallback: &Fallback) -> Result<Self, Fault> {
        let mut line = self.line.clone();
        let mocks = GATEWAY_FIELDS.into_iter().filter(|name| name.starts_with("mock_"));
        let own = LISTS.into_iter().chain(mocks).chain(["router_settings_override"]);
        let mut edits: Vec<Splice<'_>> =
            own.filter(|name| !fallback.sets.contains_key(*name)).map(Splice::Remove).collect();
        edits
            .extend(fallback.sets.iter().map(|(name, value)| Splice::Set(name, value.to_string())));
        match &mut line.model {
            Some(model) => model.clone_from(&fallback.model),
            None => {
                let model = serde_json::Value::from(fallback.model.as_str()).to_string();
                edits.push(Splice::Set("model", model));
            }
        }
        let body = splice(&self.body, &edits).map_err(|error| {
            Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
        })?;
        Ok(Self {
            line,
            headers: self.headers.clone(),
            body: Bytes::from(body),
            session: self.session.clone(),
        })
    }
}
