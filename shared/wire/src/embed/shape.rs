//! Which shape a provider takes, and the one place that chooses between them.

use super::{Request, Response, cohere, gemini, list, nova, titan, vertex};
use crate::{Fault, Loss};

/// A provider's way of writing embeddings. OpenAI's is not among them: it is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `amazon.titan-embed-text-v1`: one text a call, vectors of one length.
    TitanText1,
    /// `amazon.titan-embed-text-v2:0`: one text a call.
    TitanText2,
    /// `amazon.titan-embed-image-v1`: one text or picture a call.
    TitanImage,
    /// Cohere's Embed on Bedrock: up to 96 texts a call.
    CohereOnBedrock,
    /// Cohere's own `POST /v2/embed`.
    Cohere,
    /// `amazon.nova-2-multimodal-embeddings-v1:0`: one text or picture a call.
    Nova,
    /// Gemini's `batchEmbedContents`.
    Gemini,
    /// Vertex AI's `predict`.
    Vertex,
    /// `{"inputs": [...]}`, as Hugging Face's containers take it (SageMaker).
    List,
}

/// The bodies of one or more calls that together make the answer, in order.
#[derive(Debug, Default)]
pub struct Bodies {
    /// At least one.
    pub bodies: Vec<Vec<u8>>,
    /// What they could not say.
    pub losses: Vec<Loss>,
}

// === impl Shape ===

impl Shape {
    /// The shape of a Bedrock model, by its id (an inference profile's prefix counts for nothing).
    #[must_use]
    pub fn of_bedrock(model: &str) -> Option<Self> {
        let has = |name: &str| model.contains(name);
        if has("amazon.titan-embed-image") {
            Some(Self::TitanImage)
        } else if has("amazon.titan-embed-text-v2") {
            Some(Self::TitanText2)
        } else if has("amazon.titan-embed") {
            Some(Self::TitanText1)
        } else if has("cohere.embed") {
            Some(Self::CohereOnBedrock)
        } else if has("amazon.nova") && has("embed") {
            Some(Self::Nova)
        } else {
            None
        }
    }

    /// Writes a request.
    ///
    /// # Errors
    /// A fault of the caller for what this shape cannot say at all: tokens instead of text.
    pub fn encode(self, request: &Request, model: &str) -> Result<Bodies, Fault> {
        let mut bodies = match self {
            Self::TitanText1 | Self::TitanText2 | Self::TitanImage => titan::encode(self, request),
            Self::CohereOnBedrock => cohere::encode(request, None),
            Self::Cohere => cohere::encode(request, Some(model)),
            Self::Nova => nova::encode(request),
            Self::Gemini => gemini::encode(request, model),
            Self::Vertex => vertex::encode(request, model),
            Self::List => list::encode(request),
        }?;
        if request.user.is_some() {
            bodies.losses.push(Loss::minor("user"));
        }
        Ok(bodies)
    }

    /// Reads the answers to [`Self::encode`]'s bodies, in the same order.
    ///
    /// # Errors
    /// A fault of the provider when an answer is not what its API promises.
    pub fn decode(self, answers: &[&[u8]]) -> Result<Response, Fault> {
        let mut all = Response { vectors: Vec::new(), tokens: Some(0) };
        for answer in answers {
            let part = match self {
                Self::TitanText1 | Self::TitanText2 | Self::TitanImage => titan::decode(answer),
                Self::CohereOnBedrock | Self::Cohere => cohere::decode(answer),
                Self::Nova => nova::decode(answer),
                Self::Gemini => gemini::decode(answer),
                Self::Vertex => vertex::decode(answer),
                Self::List => list::decode(answer),
            }?;
            all.vectors.extend(part.vectors);
            all.tokens = all.tokens.zip(part.tokens).map(|(a, b)| a.saturating_add(b));
        }
        Ok(all)
    }
}
