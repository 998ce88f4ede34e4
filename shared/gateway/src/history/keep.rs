//! Appends a turn once it is answered.

use std::sync::Arc;

use bytes::Bytes;

use super::Session;
use crate::App;

/// What is known of a turn before its answer is there.
#[derive(Debug)]
pub(crate) struct TurnKeeper {
    app: Arc<App>,
    session: Arc<Session>,
    call: String,
}

// === impl TurnKeeper ===

impl TurnKeeper {
    pub(crate) fn new(app: &Arc<App>, session: &Arc<Session>, call: String) -> Self {
        Self { app: Arc::clone(app), session: Arc::clone(session), call }
    }

    /// Appends it. A failure is the operator's to know: the caller has paid for its answer and gets it.
    pub(crate) async fn keep(self, answer: Bytes) {
        let Some(turn) = self.session.turn(self.app.clock.now(), &self.call, &answer) else {
            return;
        };
        let sessions = self.app.store.sessions();
        if let Err(error) = sessions.append(&self.session.owner, &self.session.id, &turn).await {
            tracing::error!(call = %self.call, session = %self.session.id, error = %error,
                "a turn was not kept");
        }
    }
}
