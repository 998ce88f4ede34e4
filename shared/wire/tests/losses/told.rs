//! Answers on their way to a caller, in one piece and streamed, and what is read back of them.

use sluice_wire::{
    Dialect, Pump,
    canon::{
        Data, Delta, Event, Finish, Gather, Image, Part, PartKind, Reasoning, Response, Usage,
    },
    dialect::{StreamDecoder, StreamEncoder},
};

use crate::verdict::stamp;

/// Where texts and arguments are cut in a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    Nowhere,
    InHalves,
}

/// What an answer says, however it is cut into parts.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    text: String,
    refusal: String,
    thoughts: String,
    /// Signatures and encrypted thoughts.
    sealed: Vec<String>,
    /// Ids, names and arguments.
    calls: Vec<(String, String, String)>,
    pictures: Vec<String>,
    cited: usize,
    finish: Finish,
    stop_sequence: Option<String>,
    usage: Option<Usage>,
}

/// A provider's whole answer.
pub(crate) fn response(from: Dialect, body: &[u8]) -> Response {
    match from.decode_response(body) {
        Ok(response) => response,
        Err(fault) => {
            let text = String::from_utf8_lossy(body);
            panic!("{}: no answer: {fault}: {text}", from.name())
        }
    }
}

/// The answer as a stream for a caller, and what was named as lost of it.
pub(crate) fn streamed(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    cut: Cut,
) -> (Vec<u8>, Vec<String>) {
    let upstream = match from {
        // A chunk of Google's has an answer's shape.
        Dialect::Gemini => [b"data: ", body, b"\n\n"].concat(),
        _ => {
            let mut encoder = StreamEncoder::new(from, stamp());
            let mut out = Vec::new();
            events(&response(from, body), cut)
                .iter()
                .for_each(|event| encoder.event(event, &mut out));
            out
        }
    };
    let mut pump = Pump::new(from, to, stamp());
    let mut out = Vec::new();
    pump.push(&upstream, &mut out).unwrap();
    pump.end(&mut out).unwrap();
    (out, pump.untold())
}

/// What a caller reads of the whole answer.
pub(crate) fn whole_again(from: Dialect, to: Dialect, body: &[u8]) -> Said {
    let written = to.encode_response(&response(from, body), &stamp());
    Said::of(&response(to, &written), to)
}

/// What a caller reads of the streamed answer.
pub(crate) fn streamed_again(from: Dialect, to: Dialect, body: &[u8]) -> Said {
    let (written, _) = streamed(from, to, body, Cut::InHalves);
    let mut decoder = StreamDecoder::new(to);
    let (mut events, mut gather) = (Vec::new(), Gather::default());
    decoder.push(&written, &mut events).unwrap();
    decoder.end(&mut events).unwrap();
    events.iter().for_each(|event| gather.event(event));
    Said::of(&gather.into_response(), to)
}

/// An answer as a stream of events.
fn events(response: &Response, cut: Cut) -> Vec<Event> {
    let mut out = vec![Event::Start { id: response.id.clone(), model: response.model.clone() }];
    for (part, index) in response.parts.iter().zip(0..) {
        let (kind, deltas) = pieces(part, cut);
        out.push(Event::PartStart { index, kind });
        out.extend(deltas.into_iter().map(|delta| Event::Delta { index, delta }));
        out.push(Event::PartEnd { index });
    }
    out.extend(response.usage.clone().map(Event::Usage));
    let (finish, stop_sequence) = (response.finish.clone(), response.stop_sequence.clone());
    out.push(Event::Finish { finish, stop_sequence });
    out
}

fn pieces(part: &Part, cut: Cut) -> (PartKind, Vec<Delta>) {
    match part {
        Part::Text { text, citations } => {
            let mut deltas = cut.pieces(text, Delta::Text);
            deltas.extend(citations.iter().cloned().map(Delta::Citation));
            (PartKind::Text, deltas)
        }
        Part::Refusal(text) => (PartKind::Refusal, cut.pieces(text, Delta::Text)),
        Part::ToolCall(call) => {
            let kind = PartKind::ToolCall { id: call.id.clone(), name: call.name.clone() };
            (kind, cut.pieces(&call.arguments, Delta::Arguments))
        }
        Part::Reasoning(Reasoning { text, signature, redacted }) => {
            let mut deltas = cut.pieces(text, Delta::Reasoning);
            deltas.extend(signature.clone().map(Delta::Signature));
            deltas.extend(redacted.clone().map(Delta::Redacted));
            (PartKind::Reasoning, deltas)
        }
        Part::Image(image) => (PartKind::Image(image.clone()), Vec::new()),
        Part::Opaque { dialect, value } => {
            (PartKind::Opaque { dialect: *dialect, value: value.clone() }, Vec::new())
        }
        other => panic!("no part of an answer: {other:?}"),
    }
}

// === impl Cut ===

impl Cut {
    fn pieces(self, text: &str, delta: fn(String) -> Delta) -> Vec<Delta> {
        let middle = match self {
            Self::Nowhere => 0,
            Self::InHalves => {
                let halfway = text.chars().count() / 2;
                text.char_indices().nth(halfway).map_or(0, |(at, _)| at)
            }
        };
        let (first, second) = text.split_at(middle);
        let said = [first, second].into_iter().filter(|piece| !piece.is_empty());
        said.map(|piece| delta(piece.to_owned())).collect()
    }
}

// === impl Said ===

impl Said {
    fn of(response: &Response, to: Dialect) -> Self {
        let mut said = Self {
            finish: response.finish.clone(),
            stop_sequence: response.stop_sequence.clone(),
            usage: response.usage.clone().map(|usage| Usage {
                raw: None,
                // Responses say the usual level also where their provider said none.
                service_tier: usage.service_tier.filter(|t| t != "default" && t != "standard"),
                ..usage
            }),
            ..Self::default()
        };
        response.parts.iter().for_each(|part| said.part(part, to));
        said
    }

    fn part(&mut self, part: &Part, to: Dialect) {
        match part {
            Part::Text { text, citations } => {
                self.text.push_str(text);
                self.cited += citations.len();
            }
            Part::Refusal(text) => self.refusal.push_str(text),
            Part::Reasoning(thought) => {
                self.thoughts.push_str(&thought.text);
                self.sealed.extend(thought.signature.iter().chain(&thought.redacted).cloned());
            }
            Part::ToolCall(call) => {
                let arguments = serde_json::from_str::<serde_json::Value>(&call.arguments);
                let arguments =
                    arguments.map_or_else(|_| call.arguments.clone(), |v| v.to_string());
                self.calls.push((call.id.clone(), call.name.clone(), arguments));
            }
            Part::Image(Image { data: Data::Base64 { media_type, base64 }, .. }) => {
                self.pictures.push(format!("{media_type} {base64}"));
            }
            // What another dialect's provider left behind comes back whole only.
            Part::Opaque { dialect, .. } if *dialect != to => {}
            Part::Opaque { value, .. } => {
                let (id, name) = (String::new(), value["type"].to_string());
                // Ids that this dialect numbers itself differ.
                let told = ["custom", "input", "encrypted_content"].map(|f| value[f].to_string());
                self.calls.push((id, name, told.concat()));
            }
            other => panic!("no part of an answer: {other:?}"),
        }
    }
}
