//! What operations in multipart forms have in common.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use sluice_providers::{Outbound, Route};
use sluice_wire::{Fault, FaultKind, multipart::Form};

use super::json;
use crate::{
    corridor::{Line, Prepared},
    registry::Member,
};

/// A form as it came.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) model: String,
    pub(super) form: Form,
    pub(super) body: Bytes,
    content_type: HeaderValue,
}

// === impl Posted ===

impl Posted {
    /// Reads a form that names a model, if the path does not.
    pub(super) fn read(line: &Line, headers: &HeaderMap, body: Bytes) -> Result<Self, Fault> {
        let content_type = headers.get(CONTENT_TYPE).cloned();
        let content_type = content_type.unwrap_or(HeaderValue::from_static(""));
        let kind = content_type.to_str().unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(Fault::new(
                FaultKind::UnsupportedMedia,
                format!("Unsupported content type: '{kind}'. Send 'multipart/form-data'."),
            ));
        }
        let form = Form::read(kind, &body)?;
        let named = form.text(&body, "model").map(str::to_owned);
        let model = line.model.clone().or(named).filter(|model| !model.is_empty());
        let model = model.ok_or_else(|| json::missing("model"))?;
        Ok(Self { model, form, body, content_type })
    }

    /// A field's text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.form.text(&self.body, name)
    }

    /// The same form with the deployment's model; the files' bytes are not touched.
    pub(super) fn forward(&self, member: &Member, route: &'static str, stream: bool) -> Prepared {
        let body = self.form.with(&self.body, "model", &member.deployment.model);
        Prepared {
            outbound: Outbound {
                body: Bytes::from(body),
                stream,
                headers: vec![(CONTENT_TYPE, self.content_type.clone())],
                route: Route::Beside(route),
            },
            ..Prepared::default()
        }
    }
}
