//! A request as it came, to be asked of another model.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use sluice_wire::{Fault, Splice, multipart::Form, splice};

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

/// A form with some of its fields set: strings as they are, anything else as JSON.
fn rewritten(mut form: Form, body: &Bytes, edits: &[Splice<'_>]) -> Result<Bytes, Fault> {
    let mut body = body.clone();
    for edit in edits {
        let Splice::Set(name, json) = edit else { continue };
        let text = serde_json::from_str::<String>(json);
        let value = text.as_deref().unwrap_or(json);
        body = Bytes::from(form.with(&body, name, value));
        form = form.again(&body)?;
    }
    Ok(body)
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
        let body = match self.form() {
            Some(form) => rewritten(form, &self.body, &edits)?,
            None => Bytes::from(splice(&self.body, &edits).map_err(|error| {
                Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
            })?),
        };
        Ok(Self { line, headers: self.headers.clone(), body, session: self.session.clone() })
    }

    /// The body as a form, where it is one. What it said to the gateway has been taken out of it.
    fn form(&self) -> Option<Form> {
        Form::read(self.headers.get(CONTENT_TYPE)?.to_str().ok()?, &self.body).ok()
    }
}
