//! `POST /v1/audio/transcriptions` and `/v1/audio/translations` (OpenAI API reference, "Audio"): a
//! form with a sound, text out.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use sluice_store::NanoUsd;
use sluice_wire::{
    Fault, Watch,
    canon::Usage,
    sound::{self, Length},
};

use super::{
    form::Posted,
    json,
    usage::{self, Made},
    watched::Watched,
};
use crate::{
    App,
    corridor::{Facts, Flow, Heard, Line, Operation, Prepared, Reply, Seen, unpriced},
    pricing::{Class, ModelPrice, Units},
    registry::Member,
};

/// Tokens of sound in a second (OpenAI's gpt-4o-transcribe: one for 100 ms).
const TOKENS: u64 = 10;
/// Tokens of text that a second of speech is at most, and usually.
const FAST: u64 = 10;
const USUAL: u64 = 4;

/// A sound to write down.
#[derive(Debug)]
pub(crate) struct Transcription {
    posted: Posted,
    route: &'static str,
    length: Length,
    stream: bool,
}

// === impl Transcription ===

impl Transcription {
    /// Reads a request to write down what is said.
    pub(crate) fn read(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        Self::of(line, headers, body, "audio/transcriptions")
    }

    /// Reads a request to write it down in English.
    pub(crate) fn read_translation(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        Self::of(line, headers, body, "audio/translations")
    }

    fn of(
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
        route: &'static str,
    ) -> Result<Box<dyn Operation>, Fault> {
        let posted = Posted::read(line, headers, body)?;
        let Some(file) = posted.form.files("file").next() else {
            return Err(json::missing("file"));
        };
        let length = sound::length(posted.body.get(file.content.clone()).unwrap_or_default());
        let stream = posted.text("stream").is_some_and(|flag| flag.trim() == "true");
        Ok(Box::new(Self { posted, route, length, stream }))
    }

    /// What so many milliseconds cost: by the second where that has a price, else by token.
    fn used(price: Option<&ModelPrice>, millis: u64, text: u64) -> (Usage, Units) {
        if price.is_some_and(|price| price.lists(&[Class::SecondInput, Class::SecondOutput])) {
            // Some price lists call it the sound that comes in, some the sound that is done.
            let units = Units::default()
                .with_thousandths(Class::SecondInput, millis)
                .with_thousandths(Class::SecondOutput, Self::done(price, millis));
            return (Usage::default(), units);
        }
        let tokens = |each: u64| millis.saturating_mul(each).div_ceil(1000);
        let usage = Usage { input_audio: tokens(TOKENS), output: tokens(text), ..Usage::default() };
        (usage, Units::default())
    }

    /// Milliseconds to charge at the price by the second of output: none where both are listed.
    fn done(price: Option<&ModelPrice>, millis: u64) -> u64 {
        let given = price.and_then(|price| price.base(Class::SecondInput));
        if given.is_some_and(|rate| rate.pico() > 0) { 0 } else { millis }
    }

    fn guessed(&self, member: &Member) -> Seen {
        let price = member.price.as_ref();
        let (usage, units) = Self::used(price, self.length.likely, USUAL);
        Seen { usage: Some(usage), units, estimated: !self.length.told, ..Seen::default() }
    }

    /// The usage or the duration that a JSON answer tells.
    fn told(&self, member: &Member, body: &[u8]) -> Option<Seen> {
        let Ok(Value::Object(answer)) = serde_json::from_slice(body) else { return None };
        let price = member.price.as_ref();
        let (usage, units) = match answer.get("usage").filter(|usage| usage.is_object()) {
            Some(told) => {
                let (usage, units) = usage::read(told, Made::Text);
                if usage.total() > 0 && price.is_some_and(|price| !price.prices_tokens()) {
                    // Tokens were counted, and only seconds have a price.
                    Self::used(price, self.length.likely, USUAL)
                } else {
                    (usage, units)
                }
            }
            None => {
                let seconds = answer.get("duration")?;
                let seconds = seconds.as_f64().or_else(|| seconds.as_str()?.parse().ok())?;
                Self::used(price, usage::thousandths(seconds), USUAL)
            }
        };
        Some(Seen { usage: Some(usage), units, ..Seen::default() })
    }
}

impl Operation for Transcription {
    fn model(&self) -> &str {
        &self.posted.model
    }

    fn stream(&self) -> bool {
        self.stream
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        if json::is_compatible(member) {
            Ok(())
        } else {
            Err(json::unserved(member, "transcription"))
        }
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        const PRICES: [Class; 6] = [
            Class::SecondInput,
            Class::SecondOutput,
            Class::AudioInput,
            Class::Input,
            Class::Output,
            Class::Request,
        ];
        match &member.price {
            Some(price) if price.is_free() || price.lists(&PRICES) => {
                // Whether seconds or tokens are charged is the answer's choice.
                let (usage, units) = Self::used(Some(price), self.length.most, FAST);
                let seconds = self.length.most.div_ceil(1000);
                let prompt = u64::try_from(self.posted.text("prompt").map_or(0, str::len));
                let given = seconds.saturating_mul(TOKENS).saturating_add(prompt.unwrap_or(0));
                let text = seconds.saturating_mul(FAST).saturating_add(16);
                let tokens = price.worst_case(given, text);
                Ok(price.cost_of(&usage, &units).total.max(tokens))
            }
            _ => Err(unpriced(
                &member.deployment.group,
                "Set input_cost_per_second or input_cost_per_audio_token, or `model_info.free: true`.",
            )),
        }
    }

    fn prepare(&self, _: &App, member: &Member) -> Result<Prepared, Fault> {
        Ok(self.posted.forward(member, self.route, self.stream))
    }

    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        let body = heard.body();
        let seen = self.told(heard.member, &body).unwrap_or_else(|| self.guessed(heard.member));
        Ok(Reply { body, content_type: heard.content_type(), seen })
    }

    fn flow(&self, _: &Facts, member: &Member, _: &HeaderMap) -> Box<dyn Flow> {
        let fallback = self.guessed(member);
        Box::new(Watched { watch: Watch::default(), made: Made::Text, fallback })
    }

    fn size(&self) -> usize {
        self.posted.body.len()
    }
}
