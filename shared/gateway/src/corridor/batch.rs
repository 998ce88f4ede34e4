//! The requests of one call at one deployment: one for most, several where a provider takes in
//! several what was asked for in one. What has been answered has been paid for, and is not asked for
//! again.

use std::{mem, sync::OnceLock};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::iter as stream_of};
use http::HeaderMap;
use sluice_providers::{Answer, AnswerBody, Outbound};
use sluice_wire::{Fault, FaultKind};

use super::patience::Patience;
use crate::{App, registry::Member};

/// Requests of one call that are under way at a time.
const AT_ONCE: usize = 8;

/// One whole answer.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Requests, and the answers to those that have one.
#[derive(Debug)]
pub(super) struct Batch {
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    request: Outbound,
    answer: Option<Answer>,
}

// === impl Batch ===

impl Batch {
    pub(super) fn new(first: Outbound, more: Vec<Outbound>) -> Self {
        let all = std::iter::once(first).chain(more);
        Self { slots: all.map(|request| Slot { request, answer: None }).collect() }
    }

    /// One request that has its answer.
    pub(super) fn answered_by(answer: Answer) -> Self {
        Self { slots: vec![Slot { request: Outbound::default(), answer: Some(answer) }] }
    }

    /// How many requests there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Some have been answered.
    pub(super) fn has_begun(&self) -> bool {
        self.slots.iter().any(|slot| slot.answer.is_some())
    }

    /// Sends what has no answer yet: one, so that what is refused is refused once, and then the
    /// others, a few at a time. After a fault none is begun any more, and those under way are waited
    /// for: they are paid for.
    pub(super) async fn send(
        &mut self,
        app: &App,
        member: &Member,
        patience: Patience,
    ) -> Result<(), Fault> {
        if let [only] = self.slots.as_mut_slice() {
            if only.answer.is_some() {
                return Ok(());
            }
            // There is no second try of it.
            let request = mem::take(&mut only.request);
            only.answer = Some(sent(app, member, request, patience).await?);
            return Ok(());
        }
        // Most calls are one request, and carry no state of several.
        Box::pin(self.send_several(app, member, patience)).await
    }

    async fn send_several(
        &mut self,
        app: &App,
        member: &Member,
        patience: Patience,
    ) -> Result<(), Fault> {
        let mut open = self.open().into_iter();
        let Some((at, request)) = open.next() else { return Ok(()) };
        self.answered(at, whole(app, member, request, patience).await?);
        let fault = OnceLock::new();
        let fault = &fault;
        let sent = open.map(|(at, request)| async move {
            if fault.get().is_some() {
                return None;
            }
            match whole(app, member, request, patience).await {
                Ok(answer) => Some((at, answer)),
                Err(found) => {
                    drop(fault.set(found));
                    None
                }
            }
        });
        let found: Vec<_> = stream_of(sent).buffer_unordered(AT_ONCE).collect().await;
        for (at, answer) in found.into_iter().flatten() {
            self.answered(at, answer);
        }
        fault.get().map_or(Ok(()), |fault| Err(fault.clone()))
    }

    /// What has no answer yet, and where it stands.
    fn open(&self) -> Vec<(usize, Outbound)> {
        let all = self.slots.iter().enumerate();
        let open = all.filter(|(_, slot)| slot.answer.is_none());
        open.map(|(at, slot)| (at, slot.request.clone())).collect()
    }

    fn answered(&mut self, at: usize, answer: Answer) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.answer = Some(answer);
        }
    }

    /// The first answer, and those after it.
    pub(super) fn answers(self) -> Option<(Answer, Vec<Piece>)> {
        let mut answers = self.slots.into_iter().filter_map(|slot| slot.answer);
        Some((answers.next()?, answers.filter_map(Piece::of).collect()))
    }

    /// What has been answered, whole.
    pub(super) fn pieces(self) -> Vec<Piece> {
        self.slots.into_iter().filter_map(|slot| Piece::of(slot.answer?)).collect()
    }
}

/// Sends a request, within the deployment's times or the caller's.
async fn sent(
    app: &App,
    member: &Member,
    request: Outbound,
    patience: Patience,
) -> Result<Answer, Fault> {
    let timeouts = patience.within(member.deployment.timeouts, request.stream);
    app.transport.send_within(&member.deployment, request, timeouts).await
}

async fn whole(
    app: &App,
    member: &Member,
    request: Outbound,
    patience: Patience,
) -> Result<Answer, Fault> {
    let answer = sent(app, member, request, patience).await?;
    match answer.body {
        AnswerBody::Whole(_) => Ok(answer),
        AnswerBody::Stream(_) => {
            Err(Fault::new(FaultKind::Internal, "a stream is not a whole answer"))
        }
    }
}

// === impl Piece ===

impl Piece {
    fn of(answer: Answer) -> Option<Self> {
        match answer.body {
            AnswerBody::Whole(body) => Some(Self { headers: answer.headers, body }),
            AnswerBody::Stream(_) => None,
        }
    }
}
