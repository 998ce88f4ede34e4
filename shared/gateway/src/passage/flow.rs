//! An answer in passing: every byte goes on as it came, and a copy of what matters is read.

use http::HeaderMap;
use sluice_providers::ByteStream;
use sluice_wire::{Fault, canon::Usage, dialect::Observer, frame::sse};

use super::{
    meter::{Kind, Meter, Tokens},
    usage::{self, Tongue},
};
use crate::corridor::{Flow, Seen};

/// A whole answer is read only up to this size; a larger one is an estimate.
const MOST: usize = 16 << 20;

/// Watches an answer.
pub(super) struct Passing {
    meter: Meter,
    watch: Watch,
    bytes: u64,
}

enum Watch {
    /// Nothing is to be read.
    Blind,
    /// A stream of a dialect.
    Dialect { observer: Box<Observer>, scratch: Vec<u8>, broken: bool },
    /// Another stream: the last usage in it counts.
    Lines { framer: Box<sse::Framer>, tongue: Tongue, usage: Option<Usage>, broken: bool },
    /// One document.
    Whole { buffer: Vec<u8>, over: bool },
}

// === impl Passing ===

impl Passing {
    /// For an answer with these headers.
    pub(super) fn new(meter: Meter, headers: &HeaderMap) -> Self {
        let kind = headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let streams = kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"));
        let watch = match &meter.kind {
            Kind::Tokens(Tokens { dialect: Some(dialect), .. }) if streams => Watch::Dialect {
                observer: Box::new(Observer::new(*dialect, false)),
                scratch: Vec::new(),
                broken: false,
            },
            Kind::Tokens(tokens) if streams => Watch::Lines {
                framer: Box::default(),
                tongue: tokens.tongue,
                usage: None,
                broken: false,
            },
            Kind::Tokens(_) | Kind::Guardrail(_) => {
                Watch::Whole { buffer: Vec::new(), over: false }
            }
            Kind::Free | Kind::Request(_) | Kind::Unknown => Watch::Blind,
        };
        Self { meter, watch, bytes: 0 }
    }

    fn usage(&self) -> Option<Usage> {
        match &self.watch {
            // What is not counted in tokens has used none.
            Watch::Blind => Some(Usage::default()),
            Watch::Dialect { observer, .. } => observer.usage().cloned(),
            Watch::Lines { usage, .. } => usage.clone(),
            Watch::Whole { buffer, over } => match &self.meter.kind {
                Kind::Tokens(tokens) if !over => tokens.read(buffer),
                Kind::Tokens(_) => None,
                _ => Some(Usage::default()),
            },
        }
    }

    fn text_bytes(&self) -> u64 {
        match &self.watch {
            Watch::Dialect { observer, .. } => observer.text_bytes(),
            _ => self.bytes,
        }
    }
}

impl Flow for Passing {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        out.extend_from_slice(bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        match &mut self.watch {
            Watch::Blind => {}
            // What cannot be read is none of ours: it has been passed on.
            Watch::Dialect { observer, scratch, broken } => {
                scratch.clear();
                *broken = *broken || observer.push(bytes, scratch).is_err();
            }
            Watch::Lines { framer, tongue, usage, broken } => {
                if !*broken {
                    let read = framer.push(bytes, |frame| {
                        *usage = usage::read(*tongue, &frame.data).or(usage.take());
                        Ok(())
                    });
                    *broken = read.is_err();
                }
            }
            Watch::Whole { buffer, over } => {
                *over = *over || buffer.len().saturating_add(bytes.len()) > MOST;
                if *over {
                    buffer.clear();
                } else {
                    buffer.extend_from_slice(bytes);
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, _: &Fault, _: &mut Vec<u8>) {}

    /// Not a byte is written into another's answer, not even to say that it broke off.
    fn breaks(&self) -> bool {
        true
    }

    fn end(&mut self, _: &mut Vec<u8>) -> Result<(), Fault> {
        match &mut self.watch {
            Watch::Dialect { observer, scratch, broken } if !*broken => observer.end(scratch),
            _ => Ok(()),
        }
    }

    fn seen(&self) -> Seen {
        let price = match (&self.meter.kind, &self.watch) {
            (Kind::Request(cost), _) => Some(super::answer::charge(*cost)),
            (Kind::Guardrail(prices), Watch::Whole { buffer, .. }) => Some(prices.charge(buffer)),
            _ => None,
        };
        let service_tier = match &self.meter.kind {
            Kind::Tokens(tokens) => tokens.tier.clone(),
            _ => None,
        };
        let (usage, text_bytes) = (self.usage(), self.text_bytes());
        Seen { usage, price, text_bytes, service_tier, ..Seen::default() }
    }
}

/// A body that is at hand already.
pub(super) fn at_once(body: bytes::Bytes) -> ByteStream {
    Box::pin(futures_util::stream::iter([Ok(body)]))
}
