//! A session that a call goes on from.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use sluice_store::{Millis, NewTurn, Session as Kept, SessionOwner};
use sluice_wire::{Dialect, Fault, FaultKind, Splice, history::Turn, splice};

use super::{
    DAY_MILLIS, Said,
    owner::owner,
    said::{self, Wanted},
};
use crate::{App, corridor::Facts, random};

/// The session of a call, and what the call says in it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) owner: SessionOwner,
    /// Its name.
    pub(crate) id: String,
    expires: Millis,
    /// The instant of its newest turn, as this call has found it.
    newest: Option<Millis>,
    asked: Turn,
}

// === impl Session ===

impl Session {
    /// The session that a body asks for, if it asks for one, and the body with the whole conversation in
    /// it.
    ///
    /// # Errors
    /// The caller's, where the session is full or cannot be told in this dialect; the store's.
    pub(crate) async fn open(
        app: &App,
        facts: &Facts,
        dialect: Dialect,
        said: &Said,
        body: &Bytes,
    ) -> Result<(Option<Arc<Self>>, Bytes), Fault> {
        let wanted = said.wanted(dialect)?;
        let body = said::without(dialect, body)?;
        let (Some(wanted), Some(caller)) = (wanted, &facts.caller) else { return Ok((None, body)) };
        let owner = owner(caller);
        let asked = Turn::asked(dialect, &body)?;
        let (id, kept) = match wanted {
            Wanted::New => (fresh(app)?, None),
            Wanted::Named(id) => {
                let kept = find(app, &owner, &id).await?;
                (id, kept)
            }
        };
        let settings = &app.config.general.history;
        let (expires, newest, turns) = match kept {
            None => {
                let lasts = i64::from(settings.days).saturating_mul(DAY_MILLIS);
                (app.clock.now().plus(lasts), None, Vec::new())
            }
            Some(kept) => (kept.expires, Some(kept.newest), kept.turns),
        };
        let size = turns.iter().map(String::len).fold(body.len(), usize::saturating_add);
        if turns.len() >= settings.turns {
            return Err(full(&id, &format!("{} turns", settings.turns)));
        }
        if size > settings.bytes() {
            return Err(full(&id, &format!("{} MB", settings.megabytes)));
        }
        let turns = turns.iter().map(|turn| read(turn)).collect::<Result<Vec<_>, _>>()?;
        let whole = asked.go_on(&body, turns)?;
        let session = Self { owner, id, expires, newest, asked };
        Ok((Some(Arc::new(session)), Bytes::from(whole)))
    }

    /// What the call adds, with its answer: a whole one of its caller's dialect. `None` where that says
    /// nothing. It stands behind everything that the call has seen, whatever clocks say.
    pub(super) fn turn(&self, now: Millis, call: &str, answer: &[u8]) -> Option<NewTurn> {
        let turn = self.asked.clone().answered(answer)?;
        let after = self.newest.map(|newest| newest.plus(1));
        Some(NewTurn {
            at: after.map_or(now, |after| after.max(now)),
            call: call.to_owned(),
            expires: self.expires,
            begins: self.newest.is_none(),
            document: serde_json::to_string(&turn).ok()?,
        })
    }

    /// An answer that names its session, where the dialect has room for that.
    pub(crate) fn name(&self, dialect: Dialect, answer: Bytes) -> Bytes {
        if dialect != Dialect::OpenAiChat {
            return answer;
        }
        let id = Value::from(self.id.as_str()).to_string();
        splice(&answer, &[Splice::Set("session_id", id)]).map_or(answer, Bytes::from)
    }
}

/// A kept conversation.
pub(super) async fn find(app: &App, owner: &SessionOwner, id: &str) -> Result<Option<Kept>, Fault> {
    let kept = app.store.sessions().get(owner, id, app.clock.now()).await;
    kept.map_err(|error| app.store_fault(&error))
}

/// A turn as it was kept.
pub(super) fn read(document: &str) -> Result<Turn, Fault> {
    serde_json::from_str(document).map_err(|error| {
        Fault::new(FaultKind::Internal, "A turn of this session cannot be read.")
            .with_detail(error.to_string())
    })
}

fn full(id: &str, most: &str) -> Fault {
    let message =
        format!("The session '{id}' is full: {most} is the most of one. Begin another one.");
    Fault::new(FaultKind::InvalidRequest, message)
        .with_label("session_full")
        .with_param("session_id")
}

fn fresh(app: &App) -> Result<String, Fault> {
    random::uuid(&*app.random).map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))
}
