//! What a request goes on from.

use bytes::Bytes;
use futures_util::future::try_join_all;
use serde_json::{Map, Value};
use sluice_store::{KeptAnswer, KeyHash};
use sluice_wire::{Fault, FaultKind, Fields, dialect::openai_responses::peek::keeping};

use super::{document::Document, items};
use crate::App;

/// What is kept of a conversation, and what is to be kept.
#[derive(Debug)]
pub(crate) struct Thread {
    /// The answer is kept.
    pub(super) store: bool,
    /// The answers before, oldest first.
    pub(super) ancestors: Vec<String>,
    previous: Option<Previous>,
}

/// The answer before.
#[derive(Debug)]
struct Previous {
    /// The deployment that keeps it too.
    deployment: Option<String>,
    /// The request with the whole conversation in it.
    whole: Bytes,
}

// === impl Thread ===

impl Thread {
    /// Reads what the request says of it, and what it goes on from.
    pub(crate) async fn open(app: &App, owner: &KeyHash, body: &Bytes) -> Result<Self, Fault> {
        let keeping = keeping(body)?;
        let Some(id) = keeping.previous else {
            return Ok(Self { store: keeping.store, ancestors: Vec::new(), previous: None });
        };
        let last = find(app, owner, &id).await?;
        let earlier = last.ancestors.iter().map(|ancestor| find(app, owner, ancestor));
        let mut turns = try_join_all(earlier).await?;
        let mut ancestors = last.ancestors.clone();
        let deployment = last.deployment.clone();
        ancestors.push(id);
        turns.push(last);
        let whole = whole(body, &turns)?;
        Ok(Self { store: keeping.store, ancestors, previous: Some(Previous { deployment, whole }) })
    }

    /// The deployment that need only be told the id.
    pub(crate) fn deployment(&self) -> Option<&str> {
        self.previous.as_ref()?.deployment.as_deref()
    }

    /// The request with the whole conversation in it, where it goes on from another.
    pub(crate) fn whole(&self) -> Option<&Bytes> {
        self.previous.as_ref().map(|previous| &previous.whole)
    }

    /// Whether a deployment that keeps answers itself can be sent the request as it is.
    pub(crate) fn is_known_to(&self, deployment: &str) -> bool {
        self.previous.is_none() || self.deployment() == Some(deployment)
    }
}

/// A request with the whole conversation in it, where it goes on from an answer that is kept: for
/// calls that are not kept themselves.
pub(crate) async fn conversation(app: &App, owner: &KeyHash, body: Bytes) -> Result<Bytes, Fault> {
    let named = Fields::find(&body).and_then(|fields| fields.get("previous_response_id"));
    match named {
        None | Some(Value::Null) => Ok(body),
        Some(_) => {
            let thread = Thread::open(app, owner, &body).await?;
            Ok(thread.whole().cloned().unwrap_or(body))
        }
    }
}

async fn find(app: &App, owner: &KeyHash, id: &str) -> Result<KeptAnswer, Fault> {
    let kept = app.store.answers().get(owner, id, app.clock.now()).await;
    kept.map_err(|error| app.store_fault(&error))?.ok_or_else(|| {
        // OpenAI's words, and its status: the request is wrong, not its path.
        let message = format!("Previous response with id '{id}' not found.");
        Fault::new(FaultKind::InvalidRequest, message).with_param("previous_response_id")
    })
}

fn whole(body: &Bytes, turns: &[KeptAnswer]) -> Result<Bytes, Fault> {
    let unreadable = |error: serde_json::Error| {
        Fault::invalid(format!("Invalid JSON payload: {error}"), "request_body")
    };
    let mut fields: Map<String, Value> = serde_json::from_slice(body).map_err(unreadable)?;
    let mut input = Vec::new();
    for turn in turns {
        input.extend(Document::read(&turn.document)?.into_items());
    }
    input.extend(items::complete(fields.shift_remove("input"), "now"));
    fields.shift_remove("previous_response_id");
    fields.insert("input".to_owned(), Value::Array(input));
    serde_json::to_vec(&fields).map(Bytes::from).map_err(unreadable)
}
