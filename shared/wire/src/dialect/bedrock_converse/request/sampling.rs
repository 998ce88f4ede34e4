//! `inferenceConfig`, and `top_k` in the words of each family.

use serde_json::{Map, Value};

use super::{family::Family, fields::put};
use crate::{
    Loss,
    canon::{Request, Sampling},
    dialect::anthropic_messages::model::Generation,
};

/// Writes cap and sampling; `top_k` goes to `fields`. `thinks` is of a Claude that thinks.
pub(super) fn encode(
    request: &Request,
    family: Family,
    thinks: bool,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) -> Map<String, Value> {
    let mut sampling = request.sampling.clone();
    // OpenAI's scale goes to 2.
    if sampling.temperature.is_some_and(|heat| heat > 1.0) {
        losses.push(Loss::of_meaning("temperature"));
        sampling.temperature = Some(1.0);
    }
    if let Family::Claude(generation) = family {
        restrict(&mut sampling, generation, thinks, losses);
    }
    match (sampling.top_k, family) {
        (None, _) => {}
        (Some(top_k), Family::Claude(_) | Family::Unknown(_)) => {
            put(fields, &["top_k"], top_k.into());
        }
        (Some(top_k), Family::Nova | Family::Nova2) => {
            put(fields, &["inferenceConfig", "topK"], top_k.into());
        }
        (Some(_), _) => losses.push(Loss::of_meaning("top_k")),
    }
    let mut out = Map::new();
    if let Some(cap) = request.max_output {
        out.insert("maxTokens".to_owned(), cap.into());
    }
    for (key, value) in [("temperature", sampling.temperature), ("topP", sampling.top_p)] {
        if let Some(value) = value {
            out.insert(key.to_owned(), value.clamp(0.0, 1.0).into());
        }
    }
    let stop: Vec<&str> =
        sampling.stop.iter().map(String::as_str).filter(|stop| !stop.is_empty()).collect();
    if !stop.is_empty() {
        out.insert("stopSequences".to_owned(), stop.into());
    }
    out
}

/// Takes out what a Claude refuses: sampling from 4.7 on, and most of it while it thinks.
fn restrict(sampling: &mut Sampling, generation: Generation, thinks: bool, losses: &mut Vec<Loss>) {
    if !generation.samples() {
        // 1 is what the model does anyway.
        if sampling.temperature.take().is_some_and(|heat| heat != 1.0) {
            losses.push(Loss::of_meaning("temperature"));
        }
        if sampling.top_p.take().is_some_and(|mass| mass != 1.0) {
            losses.push(Loss::of_meaning("top_p"));
        }
        if sampling.top_k.take().is_some() {
            losses.push(Loss::of_meaning("top_k"));
        }
        return;
    }
    if thinks {
        if sampling.temperature.take_if(|heat| *heat != 1.0).is_some() {
            losses.push(Loss::minor("temperature"));
        }
        if sampling.top_p.take_if(|mass| *mass < 0.95).is_some() {
            losses.push(Loss::minor("top_p"));
        }
        if sampling.top_k.take().is_some() {
            losses.push(Loss::minor("top_k"));
        }
    }
    if !generation.samples_twice() && sampling.temperature.is_some() && sampling.top_p.is_some() {
        if sampling.top_p == Some(1.0) {
            sampling.top_p = None;
        } else if sampling.temperature == Some(1.0) {
            sampling.temperature = None;
        } else {
            sampling.top_p = None;
            losses.push(Loss::of_meaning("top_p"));
        }
    }
}
