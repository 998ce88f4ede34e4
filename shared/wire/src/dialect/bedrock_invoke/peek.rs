//! The few fields the gateway reads and changes on the verbatim path.

use super::{
    cap,
    family::{malformed, speaks_anthropic},
};
use crate::{
    Edits, Fault, Peek, Splice,
    dialect::{Line, anthropic_messages},
    splice,
};

/// Reads them. The model and whether to stream stand in the path.
pub(crate) fn peek(body: &[u8], line: Line<'_>) -> Result<Peek, Fault> {
    let model = line
        .model
        .filter(|model| !model.is_empty())
        .ok_or_else(|| Fault::invalid("The provided model identifier is invalid.", "modelId"))?;
    let mut peek = Peek {
        model: model.to_owned(),
        stream: line.stream.unwrap_or_default(),
        max_output: None,
        stream_usage: true,
        n: 1,
    };
    if speaks_anthropic(body)? {
        peek.max_output = Some(anthropic_messages::peek::cap(body)?);
    } else {
        let asked = cap::read(body)?;
        peek.max_output = asked.cap;
        peek.n = asked.answers;
    }
    Ok(peek)
}

/// Changes them. Only Anthropic's body can hold fields that are the gateway's: of the others nothing
/// is known, and nothing is taken out.
pub(crate) fn patch(body: &[u8], edits: &Edits<'_>) -> Result<Vec<u8>, Fault> {
    if !speaks_anthropic(body)? {
        return match edits.max_output {
            Some(most) => cap::set(body, edits.model.unwrap_or_default(), most),
            None => Ok(body.to_vec()),
        };
    }
    let mut splices: Vec<_> = edits.remove.iter().map(|field| Splice::Remove(field)).collect();
    if let Some(cap) = edits.max_output {
        splices.push(Splice::Set("max_tokens", cap.to_string()));
    }
    splice(body, &splices).map_err(malformed)
}
