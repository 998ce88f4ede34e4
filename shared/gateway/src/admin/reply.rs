//! Answers and refusals of the management routes.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sluice_wire::{Dialect, Fault, FaultKind};

use crate::corridor;

/// Why a management call was refused.
#[derive(Debug)]
pub(super) enum Refused {
    /// In OpenAI's envelope.
    Fault(Box<Fault>),
    /// A body or query of the wrong types, in FastAPI's shape (422).
    Fields(Vec<Wrong>),
    /// As FastAPI writes what a handler raises: `{"detail": {"error": ...}}`.
    Detail(StatusCode, String),
}

/// One field of the wrong type.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Where: `body` or `query`.
    pub(super) place: &'static str,
    /// Which field; empty for the whole body.
    pub(super) field: String,
    /// Pydantic's type word.
    pub(super) kind: &'static str,
    /// What would be right.
    pub(super) message: String,
}

/// Renders a result, with an id that support can ask for.
pub(super) fn reply(id: &str, result: Result<Value, Refused>) -> Response {
    let mut response = match result {
        Ok(value) => json_body(StatusCode::OK, &value),
        Err(Refused::Fault(fault)) => {
            if fault.status >= 500 {
                tracing::error!(call = %id, fault = %fault, detail = fault.detail.as_deref().unwrap_or_default(), "a management call failed");
            }
            corridor::render(Dialect::OpenAiChat, &fault, id)
        }
        Err(Refused::Fields(wrong)) => {
            let detail: Vec<Value> = wrong.iter().map(Wrong::render).collect();
            json_body(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "detail": detail }))
        }
        Err(Refused::Detail(status, message)) => {
            json_body(status, &json!({ "detail": { "error": message } }))
        }
    };
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-litellm-call-id", value);
    }
    response
}

/// A wrong value, named.
pub(super) fn invalid(message: impl Into<String>, param: &'static str) -> Refused {
    Fault::invalid(message.into(), param).into()
}

/// Something that is not there.
pub(super) fn missing(message: impl Into<String>, param: &'static str) -> Refused {
    Fault::new(FaultKind::NotFound, message.into()).with_param(param).into()
}

fn json_body(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

// === impl Refused ===

impl Refused {
    /// As FastAPI writes what a handler raises.
    pub(super) fn detail(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Detail(status, message.into())
    }

    /// The status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Fault(fault) => {
                StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Fields(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Detail(status, _) => *status,
        }
    }

    /// In a sentence.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Fault(fault) => fault.message.to_string(),
            Self::Fields(wrong) => {
                let told = wrong.iter().map(|wrong| format!("{}: {}", wrong.field, wrong.message));
                told.collect::<Vec<_>>().join("; ")
            }
            Self::Detail(_, message) => message.clone(),
        }
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

// === impl Wrong ===

impl Wrong {
    fn render(&self) -> Value {
        let mut loc = vec![Value::from(self.place)];
        if !self.field.is_empty() {
            loc.push(Value::from(self.field.as_str()));
        }
        json!({ "type": self.kind, "loc": loc, "msg": self.message })
    }
}
