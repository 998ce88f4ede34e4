//! A caller's image request, in JSON or in a form.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use sluice_wire::{Fault, image};

use super::super::{form::Posted, json};
use crate::corridor::GATEWAY_FIELDS;

/// Images of one call at most (OpenAI's limit).
const MOST: u64 = 10;

/// Reads the fields of a JSON body.
pub(super) fn of_fields(fields: &json::Fields) -> Result<image::Request, Fault> {
    const OWN: [&str; 6] = ["model", "prompt", "n", "size", "quality", "response_format"];
    let extras: Map<String, Value> = fields
        .all()
        .filter(|(name, _)| !OWN.contains(name) && !GATEWAY_FIELDS.contains(name))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    Ok(image::Request {
        prompt: fields.required("prompt")?,
        n: fields.whole("n", 1, MOST)?.unwrap_or(1),
        size: size(fields.string("size")?.as_deref())?,
        quality: fields.string("quality")?,
        response_format: fields.string("response_format")?,
        images: Vec::new(),
        extras,
    })
}

/// Reads the fields and files of a form.
pub(super) fn of_form(posted: &Posted) -> Result<image::Request, Fault> {
    const OWN: [&str; 7] = ["model", "prompt", "n", "size", "quality", "response_format", "stream"];
    let text = |name: &str| posted.text(name).map(str::to_owned);
    let images: Vec<String> = posted
        .form
        .files("image")
        .map(|part| STANDARD.encode(posted.body.get(part.content.clone()).unwrap_or_default()))
        .collect();
    if images.is_empty() {
        return Err(json::missing("image"));
    }
    let mut extras: Map<String, Value> = posted
        .form
        .parts
        .iter()
        .filter(|part| part.file.is_none() && !OWN.contains(&part.name.as_str()))
        .filter(|part| !GATEWAY_FIELDS.contains(&part.name.as_str()))
        .filter_map(|part| Some((part.name.clone(), Value::from(posted.text(&part.name)?))))
        .collect();
    if posted.form.files("mask").next().is_some() {
        // What is transparent in OpenAI's mask is black in others': named as what cannot be carried.
        extras.insert("mask".to_owned(), Value::Bool(true));
    }
    let n = match text("n").map(|n| n.trim().parse::<u64>()) {
        None => 1,
        Some(Ok(n)) if (1..=MOST).contains(&n) => n,
        Some(_) => return Err(json::wrong("n", "an integer from 1 to 10")),
    };
    Ok(image::Request {
        prompt: text("prompt").ok_or_else(|| json::missing("prompt"))?,
        n,
        size: size(text("size").as_deref())?,
        quality: text("quality"),
        response_format: text("response_format"),
        images,
        extras,
    })
}

/// `auto` and nothing leave it to the model.
fn size(text: Option<&str>) -> Result<Option<(u64, u64)>, Fault> {
    match text {
        None | Some("auto" | "") => Ok(None),
        Some(text) => image::size(text)
            .filter(|(width, height)| (1..=16_384).contains(width) && (1..=16_384).contains(height))
            .map(Some)
            .ok_or_else(|| {
                let message = format!(
                    "Invalid value for 'size': '{text}'. Write e.g. '1024x1024', or 'auto'."
                );
                Fault::invalid(message, "size")
            }),
    }
}
