//! Amazon Nova Canvas (Nova user guide, "Request and response structure for image generation") and
//! Titan Image Generator, which take the same.

use serde_json::{Map, Value, json};

use super::{Bodies, Request};

/// Groups of parameters that a caller may write as such.
const GROUPS: [&str; 2] = ["textToImageParams", "imageVariationParams"];

pub(super) fn encode(request: &Request) -> Bodies {
    let mut config = Map::new();
    config.insert("numberOfImages".into(), json!(request.n.max(1)));
    if let Some((width, height)) = request.size {
        config.insert("width".into(), json!(width));
        config.insert("height".into(), json!(height));
    }
    if let Some(quality) = request.quality.as_deref().filter(|quality| *quality != "auto") {
        let premium = matches!(quality, "hd" | "high" | "premium");
        let quality = if premium { "premium" } else { "standard" };
        config.insert("quality".into(), json!(quality));
    }
    let (task, group, mut params) = if request.images.is_empty() {
        ("TEXT_IMAGE", "textToImageParams", Map::new())
    } else {
        let mut params = Map::new();
        params.insert("images".into(), json!(request.images));
        ("IMAGE_VARIATION", "imageVariationParams", params)
    };
    params.insert("text".into(), json!(request.prompt));
    for (field, value) in &request.extras {
        match value {
            Value::Object(own) if field == group => params.extend(own.clone()),
            Value::Object(own) if field == "imageGenerationConfig" => config.extend(own.clone()),
            _ if GROUPS.contains(&field.as_str()) => {}
            _ if field == "negativeText" || field == "similarityStrength" => {
                params.insert(field.clone(), value.clone());
            }
            _ => {
                config.insert(field.clone(), value.clone());
            }
        }
    }
    let mut body = Map::new();
    body.insert("taskType".into(), json!(task));
    body.insert(group.into(), Value::Object(params));
    body.insert("imageGenerationConfig".into(), Value::Object(config));
    let bodies = vec![Value::Object(body).to_string().into_bytes()];
    Bodies { bodies, losses: Vec::new() }
}
