//! Tool calls as they come in pieces, and which call a piece belongs to.
//!
//! OpenAI numbers the calls, and sends id and name once. Compatible servers leave the index out,
//! number every call 0, repeat id and name in every piece, or send the whole call at once.

use super::chunk::{Function, Text};
use crate::canon::{Delta, Event, PartKind};

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Open>);

/// A call that has been announced.
#[derive(Debug, Default)]
struct Open {
    /// The server's number for it.
    number: Option<u64>,
    id: Option<String>,
    /// Its part, once its name is known.
    part: Option<u32>,
    /// Arguments that came before the name.
    early: String,
    json: Progress,
    ended: bool,
}

/// How far a JSON text has got. Brackets and quotes are enough to tell.
#[derive(Debug, Default, Clone, Copy)]
struct Progress {
    depth: u32,
    in_string: bool,
    escaped: bool,
    complete: bool,
}

// === impl Calls ===

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a piece of a call, by the server's number and id for it. `next` is the number for the next part; `answer` the answer's id.
    pub(super) fn piece(
        &mut self,
        number: Option<u64>,
        id: Option<&str>,
        function: Option<&Function<'_>>,
        answer: Option<&str>,
        next: &mut u32,
        out: &mut Vec<Event>,
    ) {
        let name = function.and_then(|function| Text::of(function.name.as_ref()));
        let at = match self.find(number, id, name) {
            Some(at) => at,
            None => {
                // The calls before it are complete as a rule; one that is not stays open.
                self.end_complete(out);
                self.0.push(Open { number, ..Open::default() });
                self.0.len() - 1
            }
        };
        let Some(open) = self.0.get_mut(at) else { return };
        if open.id.is_none() {
            open.id = id.map(str::to_owned);
        }
        if let (None, Some(name)) = (open.part, name) {
            let part = *next;
            *next += 1;
            open.part = Some(part);
            let id = open.id.clone().unwrap_or_else(|| made_up_id(answer, at));
            let kind = PartKind::ToolCall { id, name: name.to_owned() };
            out.push(Event::PartStart { index: part, kind });
            let early = std::mem::take(&mut open.early);
            open.extend(&early, out);
        }
        if let Some(arguments) = function.and_then(|function| function.arguments()) {
            open.extend(&arguments, out);
        }
    }

    /// Which call a piece belongs to; `None` where it begins one.
    fn find(&self, number: Option<u64>, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        let differs = |open: &Open| matches!((&open.id, id), (Some(a), Some(b)) if a != b);
        if let Some(number) = number {
            // The last of that number: another id under it is another call.
            let at = self.0.iter().rposition(|open| open.number == Some(number))?;
            return self.0.get(at).filter(|open| !differs(open)).map(|_| at);
        }
        if id.is_some() {
            return self.0.iter().rposition(|open| open.id.as_deref() == id);
        }
        // Neither number nor id: a name begins a call, anything else goes on with the last.
        if name.is_some() { None } else { self.0.len().checked_sub(1) }
    }

    /// Ends the calls whose arguments are complete.
    pub(super) fn end_complete(&mut self, out: &mut Vec<Event>) {
        for open in self.0.iter_mut().filter(|open| open.json.complete) {
            open.end(out);
        }
    }

    /// Ends every call. Tells whether each had a name.
    pub(super) fn end(&mut self, out: &mut Vec<Event>) -> bool {
        self.0.iter_mut().for_each(|open| open.end(out));
        self.0.iter().all(|open| open.part.is_some())
    }
}

/// An id for a call that came without one, unlike those of other answers.
fn made_up_id(answer: Option<&str>, at: usize) -> String {
    let answer: String = answer
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .rev()
        .take(24)
        .collect();
    format!("call_{answer}_{at}")
}

// === impl Open ===

impl Open {
    fn extend(&mut self, arguments: &str, out: &mut Vec<Event>) {
        // What follows a complete text is a repetition or white space.
        if arguments.is_empty() || self.ended || self.json.complete {
            return;
        }
        let Some(index) = self.part else {
            self.early.push_str(arguments);
            return;
        };
        self.json.read(arguments);
        out.push(Event::Delta { index, delta: Delta::Arguments(arguments.to_owned()) });
    }

    fn end(&mut self, out: &mut Vec<Event>) {
        if let (Some(index), false) = (self.part, self.ended) {
            self.ended = true;
            out.push(Event::PartEnd { index });
        }
    }
}

// === impl Progress ===

impl Progress {
    fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.complete |= self.depth == 0;
                }
                _ => {}
            }
        }
    }
}
