//! Keeps an answer once it is complete.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sluice_store::{KeptAnswer, KeyHash};

use super::{KEPT_MILLIS, Thread, document::Document, items};
use crate::App;

/// What is known of an answer before it is there.
#[derive(Debug)]
pub(crate) struct Keeper {
    app: Arc<App>,
    owner: KeyHash,
    call: String,
    ancestors: Vec<String>,
    /// The deployment, where it keeps the answer too.
    deployment: Option<String>,
    /// The request, whose input is kept.
    request: Bytes,
}

// === impl Keeper ===

impl Keeper {
    /// `None` where the caller does not want the answer kept.
    pub(crate) fn new(
        app: &Arc<App>,
        owner: KeyHash,
        call: String,
        thread: &Thread,
        request: &Bytes,
        deployment: Option<String>,
    ) -> Option<Self> {
        thread.store.then(|| Self {
            app: Arc::clone(app),
            owner,
            call,
            ancestors: thread.ancestors.clone(),
            deployment,
            request: request.clone(),
        })
    }

    /// Keeps the answer. A failure is the operator's to know: the caller has paid for its answer
    /// and gets it.
    pub(crate) async fn keep(self, answer: Bytes) {
        let Some(kept) = self.kept(&answer) else { return };
        if let Err(error) = self.app.store.answers().put(&kept).await {
            tracing::error!(call = %self.call, answer = %kept.id, error = %error, "an answer was not kept");
        }
    }

    fn kept(&self, answer: &Bytes) -> Option<KeptAnswer> {
        let response: Value = serde_json::from_slice(answer).ok()?;
        let id = response.get("id")?.as_str()?.to_owned();
        let mut request: Value = serde_json::from_slice(&self.request).ok()?;
        let input = items::complete(request.get_mut("input").map(Value::take), &self.call);
        let document = serde_json::to_string(&Document { input, response }).ok()?;
        Some(KeptAnswer {
            owner: self.owner,
            id,
            expires: self.app.clock.now().plus(KEPT_MILLIS),
            ancestors: self.ancestors.clone(),
            deployment: self.deployment.clone(),
            document,
        })
    }
}
