//! Images of Amazon Nova Canvas, Amazon Titan and Stability AI.

use serde_json::{Value, json};

use super::{Made, check, script, text};
use crate::{
    openai::beside::PIXEL,
    reject::Reject,
    shape::Shape::{self, Blob, List, Number, Struct, Text, Whole, Word},
};

static CANVAS: Shape = Struct(
    &[("taskType", &Word(&["TEXT_IMAGE", "IMAGE_VARIATION"]))],
    &[
        ("textToImageParams", &Struct(&[("text", &Text)], &[("negativeText", &Text)])),
        (
            "imageVariationParams",
            &Struct(
                &[("images", &List(&Blob))],
                &[("text", &Text), ("negativeText", &Text), ("similarityStrength", &Number)],
            ),
        ),
        (
            "imageGenerationConfig",
            &Struct(
                &[],
                &[
                    ("numberOfImages", &Whole),
                    ("width", &Whole),
                    ("height", &Whole),
                    ("quality", &Word(&["standard", "premium"])),
                    ("cfgScale", &Number),
                    ("seed", &Whole),
                ],
            ),
        ),
    ],
);

static STABILITY: Shape = Struct(
    &[("prompt", &Text)],
    &[
        ("aspect_ratio", &Text),
        ("mode", &Word(&["text-to-image"])),
        ("output_format", &Word(&["png", "jpeg"])),
        ("seed", &Whole),
        ("negative_prompt", &Text),
    ],
);

static STABLE_DIFFUSION_XL: Shape = Struct(
    &[("text_prompts", &List(&Struct(&[("text", &Text)], &[("weight", &Number)])))],
    &[
        ("width", &Whole),
        ("height", &Whole),
        ("steps", &Whole),
        ("cfg_scale", &Number),
        ("seed", &Whole),
        ("samples", &Whole),
        ("style_preset", &Text),
    ],
);

pub(super) fn stable_diffusion_xl(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&STABLE_DIFFUSION_XL, body)?;
    let script = script(model, text(body, "/text_prompts/0/text"))?;
    let artifact = json!({"seed": 1, "base64": PIXEL, "finishReason": "SUCCESS"});
    let body = json!({"result": "success", "artifacts": [artifact]});
    Ok(Made { body, tokens: None, script })
}

pub(super) fn canvas(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&CANVAS, body)?;
    let prompt = text(body, "/textToImageParams/text");
    let script = script(model, prompt)?;
    let config = body.get("imageGenerationConfig");
    let count = config.and_then(|config| config.get("numberOfImages")).and_then(Value::as_u64);
    let images = vec![PIXEL; usize::try_from(count.unwrap_or(1)).unwrap_or(1)];
    let body = match script.content {
        crate::script::Content::Refuse => {
            json!({"images": [], "error": "Blocked by the content policy."})
        }
        _ => json!({ "images": images }),
    };
    Ok(Made { body, tokens: None, script })
}

pub(super) fn stability(model: &str, body: &Value) -> Result<Made, Reject> {
    check(&STABILITY, body)?;
    let script = script(model, text(body, "/prompt"))?;
    let body = json!({"seeds": [1], "finish_reasons": [null], "images": [PIXEL]});
    Ok(Made { body, tokens: None, script })
}
