//! Where the parts of a provider's stream are: which output item, which part of it.

use crate::canon::{Delta, Event, PartKind};

/// A part's place in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A part of a message.
    Content(u64, u64),
    /// The whole item: a function call, or reasoning.
    Item(u64),
}

/// A part that has begun.
#[derive(Debug)]
struct Open {
    place: Place,
    index: u32,
    /// It has said something.
    spoke: bool,
    /// Text of it, where the place says so twice: as a summary, and in full.
    voice: Option<Voice>,
    /// Number of the summary's part that is being said.
    summary: u64,
}

/// By which events reasoning is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Summary,
    Full,
}

/// The open parts.
#[derive(Debug, Default)]
pub(super) struct Places {
    open: Vec<Open>,
    next: u32,
}

// === impl Places ===

impl Places {
    /// Begins the part at a place, unless it is open.
    pub(super) fn begin(&mut self, place: Place, kind: PartKind, out: &mut Vec<Event>) {
        if self.open.iter().any(|open| open.place == place) {
            return;
        }
        let index = self.next;
        self.next += 1;
        self.open.push(Open { place, index, spoke: false, voice: None, summary: 0 });
        out.push(Event::PartStart { index, kind });
    }

    /// Goes on with the part at a place.
    pub(super) fn delta(&mut self, place: Place, delta: Delta, out: &mut Vec<Event>) {
        if let Some(open) = self.open.iter_mut().find(|open| open.place == place) {
            open.spoke |= !matches!(delta, Delta::Citation(_));
            out.push(Event::Delta { index: open.index, delta });
        }
    }

    /// The same, for a part that has not said anything yet: its end repeats what it said.
    pub(super) fn whole(&mut self, place: Place, delta: Delta, out: &mut Vec<Event>) {
        if self.open.iter().any(|open| open.place == place && !open.spoke) {
            self.delta(place, delta, out);
        }
    }

    /// Reasoning in one of its two voices; the first that speaks is heard.
    pub(super) fn think(
        &mut self,
        place: Place,
        voice: Voice,
        part: u64,
        text: &str,
        out: &mut Vec<Event>,
    ) {
        let Some(open) = self.open.iter_mut().find(|open| open.place == place) else { return };
        if *open.voice.get_or_insert(voice) != voice {
            return;
        }
        let gap = if open.spoke && open.summary != part { "\n\n" } else { "" };
        open.summary = part;
        self.delta(place, Delta::Reasoning(format!("{gap}{text}")), out);
    }

    /// Ends the part at a place.
    pub(super) fn end(&mut self, place: Place, out: &mut Vec<Event>) {
        if let Some(at) = self.open.iter().position(|open| open.place == place) {
            let open = self.open.remove(at);
            out.push(Event::PartEnd { index: open.index });
        }
    }

    /// Ends the parts of a message.
    pub(super) fn end_message(&mut self, item: u64, out: &mut Vec<Event>) {
        self.end_where(|place| matches!(place, Place::Content(of, _) if of == item), out);
    }

    /// Ends all parts.
    pub(super) fn end_all(&mut self, out: &mut Vec<Event>) {
        self.end_where(|_| true, out);
    }

    fn end_where(&mut self, wanted: impl Fn(Place) -> bool, out: &mut Vec<Event>) {
        self.open.retain(|open| {
            let ends = wanted(open.place);
            if ends {
                out.push(Event::PartEnd { index: open.index });
            }
            !ends
        });
    }

    /// A part that is complete as it is written.
    pub(super) fn complete(&mut self, kind: PartKind, out: &mut Vec<Event>) {
        let index = self.next;
        self.next += 1;
        out.push(Event::PartStart { index, kind });
        out.push(Event::PartEnd { index });
    }
}
