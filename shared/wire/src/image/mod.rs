//! Images made of text, and of other images.
//!
//! Callers write OpenAI's shape; compatible providers get the caller's bytes, the models of Bedrock a
//! [`Shape`].

mod canvas;
mod shape;
mod stability;

use serde_json::{Map, Value, json};

pub use shape::{Bodies, Shape};

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// What the image shows.
    pub prompt: String,
    /// How many; 1 where nothing is said.
    pub n: u64,
    /// Width and height in pixels.
    pub size: Option<(u64, u64)>,
    /// `standard`, `hd`, `low`, `medium`, `high` ...
    pub quality: Option<String>,
    /// `b64_json` or `url`.
    pub response_format: Option<String>,
    /// Images to start from, in base64.
    pub images: Vec<String>,
    /// Other fields, as they were written.
    pub extras: Map<String, Value>,
}

/// Reads OpenAI's `size`: `1024x1024`; `auto` is nothing.
#[must_use]
pub fn size(text: &str) -> Option<(u64, u64)> {
    let (width, height) = text.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// Writes an answer for a caller: images in base64.
#[must_use]
pub fn encode_response(images: &[String], created: u64) -> Vec<u8> {
    let data: Vec<Value> = images.iter().map(|image| json!({ "b64_json": image })).collect();
    json!({ "created": created, "data": data }).to_string().into_bytes()
}
