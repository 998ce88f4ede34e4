//! What the shapes have in common: texts of a request, vectors of an answer.

use serde_json::Value;

use super::Input;
use crate::{Fault, FaultKind};

/// The text of an input; this provider takes no tokens.
pub(super) fn text(input: &Input) -> Result<&str, Fault> {
    match input {
        Input::Text(text) => Ok(text),
        Input::Tokens(_) => Err(Fault::invalid(
            "This model takes text, not tokens: its tokenizer is another one. Send `input` as text.",
            "input",
        )),
    }
}

/// The JSON of an answer.
pub(super) fn answer(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body).map_err(|error| broken(error.to_string()))
}

/// A list of numbers.
pub(super) fn vector(value: Option<&Value>) -> Result<Vec<f64>, Fault> {
    let numbers = value.and_then(Value::as_array).ok_or_else(|| broken("no list of numbers"))?;
    let read = |number: &Value| number.as_f64().ok_or_else(|| broken("not a number"));
    numbers.iter().map(read).collect()
}

/// A list of lists of numbers.
pub(super) fn vectors(value: Option<&Value>) -> Result<Vec<Vec<f64>>, Fault> {
    let lists = value.and_then(Value::as_array).ok_or_else(|| broken("no list of vectors"))?;
    lists.iter().map(|list| vector(Some(list))).collect()
}

/// A count; Cohere and Google write decimals.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of tokens; what is none becomes the nearest that is"
)]
pub(super) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_f64().map(|count| count.ceil() as u64))
}

/// The provider's answer is not what it should be.
pub(super) fn broken(detail: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
        .with_status(502)
        .with_detail(detail)
}
