//! Which shape a model of Bedrock takes.

use serde_json::Value;

use super::{Request, canvas, stability};
use crate::{Fault, FaultKind, Loss};

/// A model's way of writing image requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// Amazon Nova Canvas and Titan Image Generator.
    Canvas,
    /// Stable Image Core and Ultra, Stable Diffusion 3 and later.
    Stability,
    /// Stable Diffusion XL.
    StableDiffusionXl,
}

/// The bodies of one or more calls that together make the answer, in order.
#[derive(Debug, Default)]
pub struct Bodies {
    /// At least one.
    pub bodies: Vec<Vec<u8>>,
    /// What they could not say.
    pub losses: Vec<Loss>,
}

/// Fields of OpenAI's that no model of Bedrock has.
const OPENAIS: [&str; 9] = [
    "mask",
    "style",
    "background",
    "moderation",
    "output_compression",
    "partial_images",
    "stream",
    "input_fidelity",
    "user",
];

// === impl Shape ===

impl Shape {
    /// The shape of a Bedrock model, by its id.
    #[must_use]
    pub fn of_bedrock(model: &str) -> Option<Self> {
        let has = |name: &str| model.contains(name);
        if has("amazon.nova-canvas") || has("amazon.titan-image-generator") {
            Some(Self::Canvas)
        } else if has("stability.stable-diffusion-xl") {
            Some(Self::StableDiffusionXl)
        } else if has("stability.sd3") || has("stable-image-core") || has("stable-image-ultra") {
            Some(Self::Stability)
        } else {
            None
        }
    }

    /// Writes a request.
    ///
    /// # Errors
    /// A fault of the caller for what this model cannot do at all: start from an image.
    pub fn encode(self, request: &Request) -> Result<Bodies, Fault> {
        let mut own = request.clone();
        let mut losses = Vec::new();
        for field in OPENAIS {
            match own.extras.shift_remove(field) {
                Some(value) if !value.is_null() && value != Value::Bool(false) => {
                    let minor = matches!(field, "user" | "moderation");
                    losses.push(if minor { Loss::minor(field) } else { Loss::of_meaning(field) });
                }
                _ => {}
            }
        }
        if request.response_format.as_deref() == Some("url") {
            // The images are in the answer instead.
            losses.push(Loss::minor("response_format"));
        }
        let mut bodies = match self {
            Self::Canvas => canvas::encode(&own),
            Self::Stability => stability::encode(&own)?,
            Self::StableDiffusionXl => stability::encode_xl(&own)?,
        };
        bodies.losses.append(&mut losses);
        Ok(bodies)
    }

    /// Reads the answers to [`Self::encode`]'s bodies: images in base64.
    ///
    /// # Errors
    /// A fault of the provider when an answer is not what its API promises; a refusal by its content
    /// policy.
    pub fn decode(self, answers: &[&[u8]]) -> Result<Vec<String>, Fault> {
        let mut images = Vec::new();
        for answer in answers {
            let answer: Value =
                serde_json::from_slice(answer).map_err(|error| broken(error.to_string()))?;
            let made = match self {
                Self::Canvas | Self::Stability => strings(answer.get("images")),
                Self::StableDiffusionXl => answer
                    .get("artifacts")
                    .and_then(Value::as_array)
                    .map(|all| all.iter().filter_map(|one| text(one.get("base64"))).collect()),
            };
            let made = made.filter(|made| !made.is_empty());
            images.append(&mut made.ok_or_else(|| refusal(&answer))?);
        }
        Ok(images)
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    value?.as_array()?.iter().map(|one| text(Some(one))).collect()
}

/// Why there is no image: the model's own words, if it has any.
fn refusal(answer: &Value) -> Fault {
    let reasons = answer.get("finish_reasons").and_then(Value::as_array);
    let reason = reasons.into_iter().flatten().find_map(Value::as_str);
    match text(answer.get("error")).or(reason.map(str::to_owned)) {
        Some(reason) => Fault::new(FaultKind::ContentPolicy, reason),
        None => broken("no image"),
    }
}

fn broken(detail: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
        .with_status(502)
        .with_detail(detail)
}
