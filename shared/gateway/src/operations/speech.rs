//! `POST /v1/audio/speech` (OpenAI API reference, "Create speech"): text in, sound out, passed on as
//! it arrives.

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use sluice_providers::Route;
use sluice_store::NanoUsd;
use sluice_wire::{Fault, Watch, canon::Usage};

use super::{
    json::{self, Where},
    usage::Made,
    watched::Watched,
};
use crate::{
    App,
    corridor::{
        Facts, Flow, Heard, Line, Operation, Prepared, Reply, Seen, content_type, named, unpriced,
    },
    pricing::{Class, ModelPrice, Units},
    registry::Member,
};

/// Tokens of sound in a second, where these are paid for (gpt-4o-mini-tts: $12 a million tokens,
/// about $0.015 a minute).
const TOKENS: u64 = 21;
/// Characters that are spoken in a second at least, at normal speed, and usually.
const SLOW: u64 = 4;
const USUAL: u64 = 15;

/// A request to speak.
#[derive(Debug)]
pub(crate) struct Speech {
    model: String,
    characters: u64,
    /// In hundredths; 100 is normal.
    speed: u64,
    body: Bytes,
}

// === impl Speech ===

impl Speech {
    /// Reads a request.
    pub(crate) fn read(
        _: &App,
        line: &Line,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Box<dyn Operation>, Fault> {
        content_type(headers)?;
        let body = named(line, body)?;
        let fields = json::Fields::read(&body)?;
        let model = fields.model()?;
        let input = fields.required("input")?;
        if fields.get("voice").is_none() {
            return Err(json::missing("voice"));
        }
        let speed = match fields.get("speed").map(|speed| speed.as_f64()) {
            None => 100,
            Some(Some(speed)) if (0.25..=4.0).contains(&speed) => hundredths(speed),
            Some(_) => return Err(json::wrong("speed", "a number from 0.25 to 4")),
        };
        let characters = u64::try_from(input.chars().count()).unwrap_or(u64::MAX);
        Ok(Box::new(Self { model, characters, speed, body }))
    }

    /// What is charged where the answer says nothing: characters, or seconds of so many each.
    fn units(&self, price: Option<&ModelPrice>, characters_a_second: u64) -> (Usage, Units) {
        let Some(price) = price else { return Default::default() };
        if price.lists(&[Class::CharacterInput]) {
            return (
                Usage::default(),
                Units::default().with(Class::CharacterInput, self.characters),
            );
        }
        let input = self.characters.div_ceil(if characters_a_second == SLOW { 1 } else { 4 });
        let hundredths = self.characters.saturating_mul(100_000);
        let millis = hundredths.div_ceil(characters_a_second.saturating_mul(self.speed.max(1)));
        if price.lists(&[Class::SecondOutput]) {
            let units = Units::default().with_thousandths(Class::SecondOutput, millis);
            return (Usage { input, ..Usage::default() }, units);
        }
        let output_audio = millis.saturating_mul(TOKENS).div_ceil(1000);
        (Usage { input, output_audio, ..Usage::default() }, Units::default())
    }

    fn seen(&self, member: &Member) -> Seen {
        let price = member.price.as_ref();
        let (usage, units) = self.units(price, USUAL);
        // Characters are counted, not guessed.
        let estimated = price.is_none_or(|price| !price.lists(&[Class::CharacterInput]));
        Seen { usage: Some(usage), units, estimated, ..Seen::default() }
    }
}

impl Operation for Speech {
    fn model(&self) -> &str {
        &self.model
    }

    fn serves(&self, member: &Member) -> Result<(), Fault> {
        if json::is_compatible(member) { Ok(()) } else { Err(json::unserved(member, "speech")) }
    }

    fn worst(&self, member: &Member) -> Result<NanoUsd, Fault> {
        const PRICES: [Class; 5] = [
            Class::CharacterInput,
            Class::SecondOutput,
            Class::AudioOutput,
            Class::Output,
            Class::Request,
        ];
        match &member.price {
            Some(price) if price.is_free() || price.lists(&PRICES) => {
                let (usage, units) = self.units(Some(price), SLOW);
                // Some answers are charged by the tokens that they tell, whatever else is listed.
                let seconds = self.characters.saturating_mul(100) / SLOW / self.speed.max(1);
                let tokens = usage.completion().max(seconds.saturating_mul(TOKENS));
                let by_tokens = price.worst_case(usage.prompt().max(self.characters), tokens);
                Ok(price.cost_of(&usage, &units).total.max(by_tokens))
            }
            _ => Err(unpriced(
                &member.deployment.group,
                "Set input_cost_per_character or output_cost_per_second, or `model_info.free: true`.",
            )),
        }
    }

    fn prepare(&self, _: &App, member: &Member) -> Result<Prepared, Fault> {
        let route = Route::Beside("audio/speech");
        json::forward(&self.body, member, Where { route, stream: true })
    }

    /// A provider that puts the sound into JSON, or gives it whole.
    fn read(&self, heard: &Heard<'_>) -> Result<Reply, Fault> {
        Ok(Reply {
            body: heard.body(),
            content_type: heard.content_type(),
            seen: self.seen(heard.member),
        })
    }

    fn flow(&self, _: &Facts, member: &Member, headers: &HeaderMap) -> Box<dyn Flow> {
        let fallback = self.seen(member);
        let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes());
        if kind.is_some_and(|kind| kind.starts_with(b"text/event-stream")) {
            return Box::new(Watched { watch: Watch::default(), made: Made::Sound, fallback });
        }
        Box::new(Sound { fallback })
    }

    fn size(&self) -> usize {
        self.body.len()
    }
}

/// Sound that passes unread.
struct Sound {
    fallback: Seen,
}

// === impl Sound ===

impl Flow for Sound {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn fail(&mut self, _: &Fault, _: &mut Vec<u8>) {}

    fn breaks(&self) -> bool {
        true
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Result<(), Fault> {
        Ok(())
    }

    fn seen(&self) -> Seen {
        self.fallback.clone()
    }
}

/// A factor in hundredths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0.25 and 4, which has been checked"
)]
fn hundredths(factor: f64) -> u64 {
    (factor * 100.0) as u64
}
