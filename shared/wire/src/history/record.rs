//! The whole answer of a stream, from the bytes that its caller gets.

use crate::{
    Dialect, Stamp,
    canon::{Event, Gather},
    dialect::StreamDecoder,
};

/// Reads along with a streamed answer. A stream that does not come to its end makes no answer.
#[derive(Debug)]
pub struct Record {
    dialect: Dialect,
    state: State,
}

#[derive(Debug)]
enum State {
    Listening { decoder: Box<StreamDecoder>, gather: Gather },
    Complete(Gather),
    Over,
}

// === impl Record ===

impl Record {
    /// A record of a stream of this dialect.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        let decoder = Box::new(StreamDecoder::new(dialect));
        Self { dialect, state: State::Listening { decoder, gather: Gather::default() } }
    }

    /// The caller gets these bytes, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.step(|decoder, events| decoder.push(bytes, events).is_ok());
    }

    /// The stream has ended well.
    pub fn end(&mut self) {
        self.step(|decoder, events| decoder.end(events).is_ok());
    }

    fn step(&mut self, read: impl FnOnce(&mut StreamDecoder, &mut Vec<Event>) -> bool) {
        let State::Listening { decoder, gather } = &mut self.state else { return };
        let mut events = Vec::new();
        if !read(decoder, &mut events) {
            self.state = State::Over;
            return;
        }
        for event in &events {
            gather.event(event);
        }
        if events.iter().any(|event| matches!(event, Event::Finish { .. })) {
            self.state = State::Complete(std::mem::take(gather));
        }
    }

    /// The answer as a caller without a stream would have had it, once it is complete. Told once.
    pub fn take_answer(&mut self, stamp: &Stamp) -> Option<Vec<u8>> {
        if !matches!(self.state, State::Complete(_)) {
            return None;
        }
        match std::mem::replace(&mut self.state, State::Over) {
            State::Complete(gather) => {
                Some(self.dialect.encode_response(&gather.into_response(), stamp))
            }
            State::Listening { .. } | State::Over => None,
        }
    }
}
