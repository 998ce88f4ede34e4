//! Stability AI's models on Bedrock (user guide, "Stability AI models"). One image a call.

use serde_json::{Map, Value, json};

use super::{Bodies, Request};
use crate::{Fault, Loss};

/// Stable Image and Stable Diffusion 3.
pub(super) fn encode(request: &Request) -> Result<Bodies, Fault> {
    text_only(request)?;
    let mut body = Map::new();
    body.insert("prompt".into(), json!(request.prompt));
    let mut losses = Vec::new();
    if let Some(size) = request.size {
        match ratio(size) {
            Some(ratio) => {
                body.insert("aspect_ratio".into(), json!(ratio));
            }
            None => losses.push(Loss::of_meaning("size")),
        }
    }
    Ok(repeat(body, request, losses))
}

/// Stable Diffusion XL.
pub(super) fn encode_xl(request: &Request) -> Result<Bodies, Fault> {
    text_only(request)?;
    let mut body = Map::new();
    body.insert("text_prompts".into(), json!([{ "text": request.prompt, "weight": 1 }]));
    if let Some((width, height)) = request.size {
        body.insert("width".into(), json!(width));
        body.insert("height".into(), json!(height));
    }
    Ok(repeat(body, request, Vec::new()))
}

/// The same call for every image that is wanted.
fn repeat(mut body: Map<String, Value>, request: &Request, mut losses: Vec<Loss>) -> Bodies {
    if request.quality.as_deref().is_some_and(|quality| !matches!(quality, "auto" | "standard")) {
        losses.push(Loss::of_meaning("quality"));
    }
    body.extend(request.extras.clone());
    let body = Value::Object(body).to_string().into_bytes();
    let count = usize::try_from(request.n.max(1)).unwrap_or(1);
    Bodies { bodies: vec![body; count], losses }
}

fn text_only(request: &Request) -> Result<(), Fault> {
    if request.images.is_empty() {
        return Ok(());
    }
    Err(Fault::invalid("This model makes images of text only.", "image"))
}

fn ratio((width, height): (u64, u64)) -> Option<&'static str> {
    const RATIOS: [(u64, u64, &str); 9] = [
        (1, 1, "1:1"),
        (16, 9, "16:9"),
        (9, 16, "9:16"),
        (3, 2, "3:2"),
        (2, 3, "2:3"),
        (5, 4, "5:4"),
        (4, 5, "4:5"),
        (21, 9, "21:9"),
        (9, 21, "9:21"),
    ];
    // OpenAI's wide sizes, which are 16:9 and 9:16 but for a few pixels.
    match (width, height) {
        (1792, 1024) => return Some("16:9"),
        (1024, 1792) => return Some("9:16"),
        _ => {}
    }
    let same = |(w, h, _): &&(u64, u64, &str)| {
        width.saturating_mul(*h) == height.saturating_mul(*w) && width > 0
    };
    RATIOS.iter().find(same).map(|(.., name)| *name)
}
