//! A canonical request to Gemini JSON. Neither the model nor whether to stream is in the body.

use serde_json::{Map, Value};

use super::{loss::Losses, thinking, tools, turns::Writer};
use crate::{
    Fault, Target,
    canon::{Format, Request},
    dialect::{
        Encoded,
        gemini::{model::Model, schema},
    },
};

pub(crate) fn encode(request: &Request, target: Target<'_>) -> Result<Encoded, Fault> {
    let model = Model::of(target.model);
    let mut losses = Losses::default();
    let own = losses.own_extras(request);
    let mut writer = Writer::new(model.signs_calls, &mut losses);
    let mut system = writer.system(request)?;
    let mut contents = writer.contents(request)?;
    if contents.is_empty() {
        if system.is_empty() {
            return Err(Fault::invalid("* contents: contents is not specified", "messages"));
        }
        // Instructions alone are said by the user: there must be something to answer.
        losses.minor("system");
        contents.push(serde_json::json!({"role": "user", "parts": std::mem::take(&mut system)}));
    }
    let mut config = Map::new();
    sampling(request, &mut config);
    format(&request.format, model, &mut config, &mut losses);
    if let Some(wanted) = &request.thinking
        && let Some(thinking) = thinking::encode(wanted, model.thinking, &mut losses)
    {
        config.insert("thinkingConfig".into(), thinking.into());
    }
    let mut out = Map::new();
    if !system.is_empty() {
        out.insert("systemInstruction".into(), serde_json::json!({ "parts": system }));
    }
    out.insert("contents".into(), contents.into());
    let tools = tools::encode(request, &mut losses);
    if !tools.is_empty() {
        out.insert("tools".into(), tools.into());
    }
    if let Some(choice) = tools::encode_config(request) {
        out.insert("toolConfig".into(), choice);
    }
    extras(own, &mut config, &mut out, &mut losses);
    if !config.is_empty() {
        out.insert("generationConfig".into(), config.into());
    }
    losses.unsayable(request);
    Ok(Encoded { body: Value::Object(out).to_string().into_bytes(), losses: losses.into_inner() })
}

fn sampling(request: &Request, config: &mut Map<String, Value>) {
    let sampling = &request.sampling;
    let numbers = [
        ("temperature", sampling.temperature),
        ("topP", sampling.top_p),
        ("presencePenalty", sampling.presence_penalty),
        ("frequencyPenalty", sampling.frequency_penalty),
    ];
    for (name, number) in numbers {
        // A penalty of nothing is none, and some models refuse the field.
        if let Some(number) = number.filter(|n| *n != 0.0 || !name.ends_with("Penalty")) {
            config.insert(name.into(), number.into());
        }
    }
    if let Some(top_k) = sampling.top_k {
        config.insert("topK".into(), top_k.into());
    }
    if let Some(seed) = sampling.seed {
        config.insert("seed".into(), seed.into());
    }
    if let Some(cap) = request.max_output {
        config.insert("maxOutputTokens".into(), cap.into());
    }
    let stop: Vec<&str> =
        sampling.stop.iter().map(String::as_str).filter(|stop| !stop.is_empty()).collect();
    if !stop.is_empty() {
        config.insert("stopSequences".into(), stop.into());
    }
}

fn format(format: &Format, model: Model, config: &mut Map<String, Value>, losses: &mut Losses) {
    if *format == Format::Text {
        return;
    }
    config.insert("responseMimeType".into(), "application/json".into());
    let Format::JsonSchema { schema, description, .. } = format else { return };
    let mut schema = schema.clone();
    if let (Some(text), Some(fields)) = (description, schema.as_object_mut()) {
        fields.entry("description").or_insert_with(|| text.as_str().into());
    }
    if model.json_schema {
        config.insert("responseJsonSchema".into(), schema);
        return;
    }
    let (cleaned, weakened) = schema::clean(&schema);
    if weakened {
        losses.minor("response_format.json_schema.schema");
    }
    if let Some(cleaned) = cleaned {
        config.insert("responseSchema".into(), cleaned);
    }
}

/// Fields of this dialect go back to where they came from, save those of a part or a tool, which
/// have no place in what is written anew.
fn extras(
    own: Map<String, Value>,
    config: &mut Map<String, Value>,
    out: &mut Map<String, Value>,
    losses: &mut Losses,
) {
    for (path, value) in own {
        let steps = path.clone();
        let mut steps = steps.split('.');
        let into = match (steps.next(), steps.next(), steps.next(), steps.next()) {
            (Some("generationConfig"), Some(name), None, None) => Some((&mut *config, name)),
            (Some("generationConfig"), Some(first), Some(name), None) => {
                let inner = config.entry(first).or_insert_with(|| Map::new().into());
                inner.as_object_mut().map(|inner| (inner, name))
            }
            (Some("toolConfig"), Some(name), None, None) => {
                let inner = out.entry("toolConfig").or_insert_with(|| Map::new().into());
                inner.as_object_mut().map(|inner| (inner, name))
            }
            (Some(name), None, None, None) if !name.contains('[') => Some((&mut *out, name)),
            _ => None,
        };
        match into {
            Some((map, name)) => {
                map.insert(name.to_owned(), value);
            }
            None => losses.minor(path),
        }
    }
}
