//! `POST /v1beta/models/{model}:embedContent` and `:batchEmbedContents`: [`Embeddings`] for callers
//! who write Google's shape.

use bytes::Bytes;
use http::HeaderMap;
use sluice_store::NanoUsd;
use sluice_wire::{
    Dialect, Fault,
    dialect::gemini::embed::{Asked, decode_request},
    embed,
};

use super::Embeddings;
use crate::{
    App,
    corridor::{Heard, Line, Operation, Prepared, Reply, content_type},
    registry::Member,
};

/// A request for embeddings in Google's shape.
#[derive(Debug)]
pub(crate) struct GoogleEmbeddings {
    asked: Asked,
    /// For Google's models, with Google's own fields.
    own: Embeddings,
    /// For all others.
    plain: Embeddings,
    lost: Vec<&'static str>,
    body: Bytes,
}

// === impl GoogleEmbeddings ===

impl GoogleEmbeddings {
    /// Reads a body of `embedContent`.
    pub(crate) fn read_one(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        Self::read(line, headers, body, true)
    }

    /// Reads a body of `batchEmbedContents`.
    pub(crate) fn read_batch(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        Self::read(line, headers, body, false)
    }

    fn read(
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
        single: bool,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let model = line.model.as_deref().unwrap_or_default();
        let asked = decode_request(&body, model, single)?;
        let (plain, lost) = asked.translated();
        let own = Embeddings::of(asked.request.clone());
        Ok(Box::new(Self { own, plain: Embeddings::of(plain), asked, body, lost }))
    }

    fn inner(&self, member: &Member) -> &Embeddings {
        if is_googles(member) { &self.own } else { &self.plain }
    }
}

fn is_googles(member: &Member) -> bool {
    member.deployment.provider.dialect == Dialect::Gemini
}

impl Operation for GoogleEmbeddings {
    fn model(&self) -> &str {
        &self.asked.request.model
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        self.inner(member).serves(member)
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        self.inner(member).worst(member)
    }

    fn prepare(&self, app: &App, member: &Member) -> Result<Prepared, Fault> {
        let mut prepared = self.inner(member).prepare(app, member)?;
        if !is_googles(member) {
            prepared.dropped.extend(self.lost.iter().map(|name| (*name).to_owned()));
        }
        Ok(prepared)
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let mut reply = self.inner(heard.member).read(heard)?;
        let response = embed::openai::decode_response(&reply.body)?;
        reply.body = Bytes::from(self.asked.encode_response(&response));
        Ok(reply)
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}
