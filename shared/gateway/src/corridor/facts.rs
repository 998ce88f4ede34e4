//! What is known of a call while it lives: for its headers, its usage row and its line.

use std::{sync::Arc, time::Instant};

use http::HeaderMap;
use serde_json::Value;
use sluice_store::{CallId, KeyHash, Millis};
use sluice_wire::{Dialect, Fault, FaultKind};

use super::{
    Line,
    attribution::{self, Attribution},
    params::Wishes,
    patience::Patience,
};
use crate::{
    App,
    history::Session,
    identity::{Caller, Named, origin},
};

/// Most tags of a call.
pub(crate) const MOST_TAGS: usize = 16;

/// The facts.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) call: CallId,
    pub(crate) dialect: Dialect,
    pub(crate) call_type: &'static str,
    pub(crate) route: &'static str,
    pub(crate) started: Millis,
    pub(crate) clock: Instant,
    /// `None` until authenticated.
    pub(crate) caller: Option<Caller>,
    /// The name the caller asked for.
    pub(crate) requested: Arc<str>,
    pub(crate) stream: bool,
    pub(crate) end_user: Option<String>,
    /// What is known of them, and of the tags.
    pub(crate) named: Named,
    pub(crate) session: Option<String>,
    /// The caller's own id of the call, which its answer bears.
    pub(crate) caller_call: Option<String>,
    /// What the caller wants noted in its row.
    pub(crate) notes: Option<Value>,
    pub(crate) tags: Vec<String>,
    pub(crate) address: Option<String>,
    /// The deployment that is tried first where it can be.
    pub(crate) prefer: Option<Arc<str>>,
    /// How long the caller waits, and how often it is tried.
    pub(super) patience: Patience,
}

// === impl Facts ===

impl Facts {
    /// Whether somebody's budget for one model sends calls to others when it is used up.
    pub(super) fn reroutes(&self) -> bool {
        let Some(caller) = &self.caller else { return false };
        let parties = caller.people.parties.iter().chain(self.named.parties());
        let mut all = parties.map(|party| &party.allowance).chain([&caller.people.own]);
        all.any(|allowance| !allowance.budget_fallbacks.is_empty())
    }

    /// The first facts: when, and by which door.
    pub(crate) fn begin(app: &App, line: &Line) -> Self {
        let started = app.clock.now();
        Self {
            call: mint(app, started, &KeyHash::default()).unwrap_or_default(),
            dialect: line.dialect,
            call_type: line.call_type,
            route: line.route,
            started,
            clock: Instant::now(),
            caller: None,
            requested: Arc::from(""),
            stream: false,
            end_user: None,
            named: Named::default(),
            session: None,
            caller_call: None,
            notes: None,
            tags: Vec::new(),
            address: None,
            prefer: None,
            patience: Patience::default(),
        }
    }

    /// The caller is known; the call's id names its key from now on.
    pub(crate) fn identify(
        &mut self,
        app: &App,
        caller: Caller,
        headers: &HeaderMap,
    ) -> Result<(), Fault> {
        // The id that the call has had since its arrival, if there was randomness to make one.
        self.call = if self.call == CallId::default() {
            mint(app, self.started, &caller.record.hash)?
        } else {
            self.call.by_key(&caller.record.hash)
        };
        self.tag(caller.record.tags.iter().cloned());
        let text = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).map(|value| bounded(value, 256))
        };
        let vouched = caller.end_user().map(|user| bounded(user, 256));
        let told = || text("x-litellm-customer-id").or_else(|| text("x-litellm-end-user-id"));
        self.end_user = vouched.or_else(told);
        self.session = text("x-litellm-session-id").or_else(|| text("x-litellm-trace-id"));
        self.caller_call = text("x-litellm-call-id").filter(|id| !id.trim().is_empty());
        let noted = headers.get("x-litellm-spend-logs-metadata");
        self.notes = noted
            .and_then(|value| serde_json::from_slice(value.as_bytes()).ok())
            .and_then(attribution::notes);
        self.patience = Patience::told(headers)?;
        let told = || {
            text("x-forwarded-for")
                .and_then(|list| list.split(',').next().map(|first| first.trim().to_owned()))
        };
        // Where it matters it is known, and else it is what LiteLLM's rows have.
        self.address = match app.config.general.looks_at_origins() {
            true => {
                let network = &app.config.general.network;
                origin(network, headers).map(|address| address.to_string())
            }
            false => told(),
        };
        let tags = headers.get("x-litellm-tags").and_then(|value| value.to_str().ok());
        let tags = tags.into_iter().flat_map(|tags| tags.split(',')).map(str::trim);
        self.tag(tags.filter(|tag| !tag.is_empty()).map(|tag| bounded(tag, 256)));
        self.caller = Some(caller);
        Ok(())
    }

    /// What the body says of whom the call is for, and how long they wait. What a header said goes
    /// before.
    pub(super) fn heed(&mut self, wishes: &Wishes) {
        self.patience = self.patience.or(wishes.patience);
        self.attribute(wishes.attribution.clone());
    }

    /// The session that the call is part of, unless it was told as part of another.
    pub(super) fn take_part(&mut self, session: Option<&Session>) {
        self.session = self.session.take().or_else(|| Some(session?.id.clone()));
    }

    /// The first half of it.
    pub(crate) fn attribute(&mut self, told: Attribution) {
        let Attribution { end_user, session, call, notes, tags } = told;
        self.end_user = self.end_user.take().or(end_user);
        self.session = self.session.take().or(session);
        self.caller_call = self.caller_call.take().or(call);
        self.notes = self.notes.take().or(notes);
        self.tag(tags.into_iter());
    }

    /// Adds tags that it has not, one more at most than it may have.
    fn tag(&mut self, tags: impl Iterator<Item = String>) {
        for tag in tags {
            if self.tags.len() <= MOST_TAGS && !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
    }

    /// The customer whom the call is for, and its tags: they have limits, and the customer may be
    /// blocked.
    pub(crate) async fn attend(&mut self, app: &App) -> Result<(), Fault> {
        if self.tags.len() > MOST_TAGS {
            let message =
                format!("A call has at most {MOST_TAGS} tags, those of its key included.");
            return Err(Fault::invalid(message, "tags"));
        }
        let Some(caller) = &self.caller else { return Ok(()) };
        if self.end_user.is_some() || !self.tags.is_empty() {
            let customer = self.end_user.as_deref();
            self.named = Box::pin(Named::find(app, caller, customer, &self.tags)).await?;
        }
        Ok(())
    }

    /// The same, after a record has turned out to have changed.
    pub(crate) async fn attend_anew(&mut self, app: &App) -> Result<(), Fault> {
        if !self.named.is_empty() {
            app.customers.clear();
            app.tags.clear();
        }
        self.attend(app).await
    }

    /// The facts of the same call to another model, which is a call of its own.
    pub(super) fn again(&self, app: &App) -> Result<Self, Fault> {
        let call = mint(app, app.clock.now(), &self.key())?;
        Ok(Self { call, prefer: None, ..self.clone() })
    }

    /// The body is known.
    pub(crate) fn describe(&mut self, model: &str, stream: bool) {
        self.requested = Arc::from(model);
        self.stream = stream;
    }

    /// The key's hash, or nobody's.
    pub(crate) fn key(&self) -> KeyHash {
        self.caller.as_ref().map_or_else(KeyHash::default, |caller| caller.record.hash)
    }
}

/// An id for a request that never became a call (no route, no key).
pub(crate) fn stray_id(app: &App) -> String {
    mint(app, app.clock.now(), &KeyHash::default()).unwrap_or_default().to_string()
}

/// An id for a call of a key.
pub(crate) fn mint(app: &App, now: Millis, key: &KeyHash) -> Result<CallId, Fault> {
    let mut random = [0; 10];
    app.random
        .fill(&mut random)
        .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?;
    Ok(CallId::mint(now, key, random))
}

pub(super) fn bounded(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
