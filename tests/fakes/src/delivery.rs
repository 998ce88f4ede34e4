//! How an answer gets onto the wire: steadily, slowly, or not to its end.

use std::{collections::VecDeque, io, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};

use crate::{
    script::Delivery,
    seen::{Outcome, Slot},
};

/// The body of every answer. Its error breaks the connection.
pub(crate) type Body = BoxBody<Bytes, io::Error>;

/// The events of a streamed answer.
#[derive(Debug)]
pub(crate) struct Frames {
    /// All of them, ready for the wire.
    pub(crate) all: Vec<Bytes>,
    /// How many at the end say that the answer is complete.
    pub(crate) closing: usize,
    /// The provider's way of saying in a stream that it failed.
    pub(crate) late: Bytes,
}

/// One step of a delivery.
enum Step {
    Send(Bytes),
    /// Lets the connection write what it has: providers write an event at a time.
    Flush,
    Wait(Duration),
    Forever,
    Break,
}

/// Writes down what became of an answer, also when the caller hangs up.
struct Watch {
    slot: Slot,
    ended: bool,
}

/// Does not answer where the script says so.
pub(crate) async fn begin(delivery: Delivery) -> io::Result<()> {
    match delivery {
        Delivery::Hang => std::future::pending().await,
        Delivery::HangUp => Err(io::Error::other("the script says to hang up")),
        _ => Ok(()),
    }
}

/// The body of an error, or of anything without a script.
pub(crate) fn plain(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// The body of a whole answer.
pub(crate) fn whole(bytes: Bytes, delivery: Delivery, slot: Slot) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let steps = match delivery {
        Delivery::Slow(pause) => vec![Step::Wait(pause), Step::Send(bytes)],
        Delivery::Die => vec![Step::Send(half), Step::Flush, Step::Break],
        Delivery::Cut => vec![Step::Send(half)],
        Delivery::Stall => vec![Step::Send(half), Step::Forever],
        _ => vec![Step::Send(bytes)],
    };
    body(steps, slot)
}

/// The body of a streamed answer.
pub(crate) fn streamed(frames: Frames, delivery: Delivery, slot: Slot) -> Body {
    let Frames { mut all, closing, late } = frames;
    let half = (all.len().saturating_sub(closing) / 2).max(1);
    let mut end = Vec::new();
    let mut pause = None;
    match delivery {
        Delivery::Slow(time) => pause = Some(time),
        Delivery::Die => end.push(Step::Break),
        Delivery::Cut => end.push(Step::Flush),
        Delivery::Stall => end.push(Step::Forever),
        Delivery::Late => end.push(Step::Send(late)),
        _ => {}
    }
    if !end.is_empty() {
        all.truncate(half);
    }
    let mut steps = Vec::new();
    for frame in all {
        if let Some(time) = pause {
            steps.push(Step::Wait(time));
        }
        steps.push(Step::Send(frame));
        steps.push(Step::Flush);
    }
    steps.extend(end);
    body(steps, slot)
}

fn body(steps: Vec<Step>, slot: Slot) -> Body {
    let start = (VecDeque::from(steps), Watch { slot, ended: false });
    let chunks = stream::unfold(start, async |(mut steps, mut watch)| {
        loop {
            match steps.pop_front() {
                None => {
                    watch.end(Outcome::Complete);
                    return None;
                }
                Some(Step::Send(bytes)) => return Some((Ok(Frame::data(bytes)), (steps, watch))),
                Some(Step::Flush) => tokio::task::yield_now().await,
                Some(Step::Wait(time)) => tokio::time::sleep(time).await,
                Some(Step::Forever) => std::future::pending().await,
                Some(Step::Break) => {
                    watch.end(Outcome::Dropped);
                    let error = io::Error::other("the script says to break the connection");
                    return Some((Err(error), (steps, watch)));
                }
            }
        }
    });
    StreamBody::new(chunks).boxed()
}

// === impl Watch ===

impl Watch {
    fn end(&mut self, outcome: Outcome) {
        if !self.ended {
            self.ended = true;
            self.slot.end(outcome);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(Outcome::Dropped);
    }
}
