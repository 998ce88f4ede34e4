//! One call's stream: upstream bytes in, the caller's bytes out.
//!
//! Where both sides speak the same dialect the bytes pass as they are, watched; otherwise they
//! are decoded to events and encoded again. Whoever drives the pump need not know which.

use crate::{
    Dialect, Fault, Stamp,
    canon::{Delta, Event, Laws, Usage},
    dialect::{
        Observer, StreamDecoder, StreamEncoder, Untold, bedrock_invoke::Wrap, custom::Calls,
    },
};

/// A stream between two dialects. Pure: the driver owns the sockets.
#[derive(Debug)]
pub struct Pump {
    route: Route,
    /// Who speaks the dialect, where it is not the one who made it.
    provider: Option<Box<str>>,
}

#[derive(Debug)]
enum Route {
    Verbatim {
        observer: Box<Observer>,
        encoder: Box<StreamEncoder>,
    },
    /// One dialect in another one's envelope.
    Wrapped(Box<Wrap>),
    Translated(Box<Translation>),
}

#[derive(Debug)]
struct Translation {
    decoder: StreamDecoder,
    encoder: StreamEncoder,
    custom: Calls,
    events: Vec<Event>,
    laws: Laws,
    untold: Untold,
    text_bytes: u64,
}

// === impl Pump ===

impl Pump {
    /// A pump from a provider that speaks `upstream` to a caller that speaks `caller`.
    #[must_use]
    pub fn new(upstream: Dialect, caller: Dialect, stamp: Stamp) -> Self {
        let route = if (upstream, caller) == (Dialect::AnthropicMessages, Dialect::BedrockInvoke) {
            Route::Wrapped(Box::new(Wrap::new(stamp)))
        } else if upstream == caller {
            let observer = Observer::new(upstream, !stamp.stream_usage)
                .renaming(&stamp.model)
                .telling(&stamp.echo);
            Route::Verbatim {
                observer: Box::new(observer),
                encoder: Box::new(StreamEncoder::new(caller, stamp)),
            }
        } else {
            Route::Translated(Box::new(Translation {
                decoder: StreamDecoder::new(upstream),
                custom: Calls::new(caller, &stamp),
                encoder: StreamEncoder::new(caller, stamp),
                events: Vec::new(),
                laws: Laws::default(),
                untold: Untold::of(caller),
                text_bytes: 0,
            }))
        };
        Self { route, provider: None }
    }

    /// The same pump, from a provider of this name: its errors are told under it.
    #[must_use]
    pub fn of_provider(mut self, name: &str) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// Takes upstream bytes, cut anywhere; appends what the caller gets for them.
    ///
    /// # Errors
    /// What the upstream did wrong. `out` then ends with the error in the caller's dialect, and
    /// the pump must not be used again save for [`Self::usage`] and [`Self::text_bytes`].
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let provider = self.provider.as_deref();
        match &mut self.route {
            Route::Verbatim { observer, encoder } => {
                if let Err(fault) = observer.push(bytes, out) {
                    encoder.error(&fault, out);
                    return Err(fault);
                }
                // The provider's own error event has been forwarded as it came.
                observer.fault().map_or(Ok(()), |fault| Err(named(fault.clone(), provider)))
            }
            Route::Wrapped(inner) => inner.push(bytes, out),
            Route::Translated(inner) => {
                let result = inner.decoder.push(bytes, &mut inner.events);
                inner.drain(out);
                result
                    .map_err(|fault| named(fault, provider))
                    .inspect_err(|fault| inner.encoder.error(fault, out))
            }
        }
    }

    /// The upstream has ended.
    ///
    /// # Errors
    /// [`crate::FaultKind::Truncated`] when it ended too early; `out` says so to the caller.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        match &mut self.route {
            Route::Verbatim { observer, encoder } => {
                observer.end(out).inspect_err(|fault| encoder.error(fault, out))
            }
            Route::Wrapped(inner) => inner.end(out),
            Route::Translated(inner) => {
                let result = inner.decoder.end(&mut inner.events);
                inner.drain(out);
                result.inspect_err(|fault| inner.encoder.error(fault, out))
            }
        }
    }

    /// The driver gives up (connection lost, timeout): tells the caller in its dialect.
    pub fn fail(&mut self, fault: &Fault, out: &mut Vec<u8>) {
        match &mut self.route {
            Route::Verbatim { encoder, .. } => encoder.error(fault, out),
            Route::Wrapped(inner) => inner.fail(fault, out),
            Route::Translated(inner) => inner.encoder.error(fault, out),
        }
    }

    /// Usage seen so far.
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        match &self.route {
            Route::Verbatim { observer, .. } => observer.usage(),
            Route::Wrapped(inner) => inner.usage(),
            Route::Translated(inner) => inner.decoder.usage(),
        }
    }

    /// The whole answer as a caller without a stream would have had it, once it is complete, where
    /// the caller's dialect keeps answers (OpenAI's responses). Told once.
    pub fn take_answer(&mut self) -> Option<Vec<u8>> {
        match &mut self.route {
            Route::Verbatim { observer, encoder } => {
                observer.take_answer().or_else(|| encoder.take_answer())
            }
            Route::Wrapped(_) => None,
            Route::Translated(inner) => inner.encoder.take_answer(),
        }
    }

    /// What of the answer the caller's dialect has no words for, so far (see [`Dialect::untold`]).
    #[must_use]
    pub fn untold(&self) -> Vec<String> {
        match &self.route {
            Route::Verbatim { .. } | Route::Wrapped(_) => Vec::new(),
            Route::Translated(inner) => inner.untold.names(),
        }
    }

    /// Bytes of generated text seen so far, for an estimate when usage never comes.
    #[must_use]
    pub fn text_bytes(&self) -> u64 {
        match &self.route {
            Route::Verbatim { observer, .. } => observer.text_bytes(),
            Route::Wrapped(inner) => inner.text_bytes(),
            Route::Translated(inner) => inner.text_bytes,
        }
    }
}

// === impl Translation ===

impl Translation {
    fn drain(&mut self, out: &mut Vec<u8>) {
        for event in self.events.drain(..) {
            if cfg!(debug_assertions)
                && let Err(law) = self.laws.check(&event)
            {
                debug_assert!(false, "{law}: {event:?}");
            }
            if let Event::Delta { delta, .. } = &event {
                self.text_bytes = self.text_bytes.saturating_add(weight(delta));
            }
            self.untold.event(&event);
            let encoder = &mut self.encoder;
            self.custom.pass(&event, |event| encoder.event(event, out));
        }
    }
}

/// A fault under the name of who caused it.
fn named(fault: Fault, provider: Option<&str>) -> Fault {
    match provider {
        Some(provider) => fault.of_provider(provider),
        None => fault,
    }
}

fn weight(delta: &Delta) -> u64 {
    match delta {
        Delta::Text(text) | Delta::Arguments(text) | Delta::Reasoning(text) => text.len() as u64,
        Delta::Signature(_) | Delta::Redacted(_) | Delta::Citation(_) => 0,
    }
}
