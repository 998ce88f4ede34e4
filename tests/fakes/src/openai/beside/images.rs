//! `POST /v1/images/generations` and `/v1/images/edits`. A model named `dall-e-...` counts no tokens.

use serde_json::{Value, json};

use super::{Answered, fields, json as read, script, tokens};
use crate::{
    http::{Call, Desk},
    openai::check::{explain, invalid},
    reject::Reject,
    script::Delivery,
    shape::Shape::{self, Flag, Maybe, Struct, Text, Whole, Word},
};

/// A picture of one pixel, in base64.
pub(crate) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

static REQUEST: Shape = Struct(
    &[("prompt", &Text)],
    &[
        ("model", &Text),
        ("n", &Maybe(&Whole)),
        ("size", &Maybe(&Text)),
        ("quality", &Maybe(&Text)),
        ("style", &Maybe(&Word(&["vivid", "natural"]))),
        ("response_format", &Maybe(&Word(&["url", "b64_json"]))),
        ("background", &Maybe(&Text)),
        ("moderation", &Maybe(&Text)),
        ("output_format", &Maybe(&Text)),
        ("output_compression", &Maybe(&Whole)),
        ("partial_images", &Maybe(&Whole)),
        ("stream", &Maybe(&Flag)),
        ("user", &Text),
    ],
);

pub(super) fn generate(desk: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let body = read(call)?;
    REQUEST.check(&body).map_err(|wrong| explain(&wrong))?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let count = body.get("n").and_then(Value::as_u64).unwrap_or(1);
    let stream = body.get("stream") == Some(&Value::Bool(true));
    make(desk, &text("model"), &text("prompt"), count, stream, 0)
}

pub(super) fn edit(desk: &Desk, call: &Call) -> Result<(Answered, Delivery), Reject> {
    let parts = fields(call)?;
    let text = |name: &str| {
        let part = parts.iter().find(|part| part.name == name && part.file.is_none());
        part.map(|part| String::from_utf8_lossy(&part.content).into_owned()).unwrap_or_default()
    };
    let images = parts.iter().filter(|part| part.name.trim_end_matches("[]") == "image");
    let images: Vec<_> = images.collect();
    if images.is_empty() || images.iter().any(|part| !part.content.starts_with(b"\x89PNG")) {
        return Err(invalid("Invalid image file or mode.").param("image"));
    }
    let given = images.len() as u64;
    make(desk, &text("model"), &text("prompt"), 1, text("stream") == "true", given)
}

fn make(
    desk: &Desk,
    model: &str,
    prompt: &str,
    count: u64,
    stream: bool,
    given: u64,
) -> Result<(Answered, Delivery), Reject> {
    let script = script(model, prompt)?;
    let (text, made) = script.usage.unwrap_or((tokens(prompt), 272 * count));
    let image = given * 100;
    let usage = json!({"input_tokens": text + image, "output_tokens": made,
        "total_tokens": text + image + made,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image}});
    if stream {
        let event = |kind: &str, more: Value| {
            let mut event = json!({"type": kind, "b64_json": PIXEL, "created_at": 1});
            if let (Some(all), Some(more)) = (event.as_object_mut(), more.as_object()) {
                all.extend(more.clone());
            }
            format!("event: {kind}\ndata: {event}\n\n")
        };
        let body = [
            event("image_generation.partial_image", json!({"partial_image_index": 0})),
            event("image_generation.completed", json!({ "usage": usage })),
        ]
        .concat();
        let answered = Answered { content_type: "text/event-stream", body: body.into_bytes() };
        return Ok((answered, script.delivery));
    }
    let one = json!({"b64_json": PIXEL, "revised_prompt": prompt});
    let data = vec![one; usize::try_from(count).unwrap_or(1)];
    let mut answer = json!({"created": desk.ids.created(), "data": data});
    if let (false, Some(all)) = (model.starts_with("dall-e"), answer.as_object_mut()) {
        all.insert("usage".to_owned(), usage);
    }
    let body = answer.to_string().into_bytes();
    Ok((Answered { content_type: "application/json", body }, script.delivery))
}
