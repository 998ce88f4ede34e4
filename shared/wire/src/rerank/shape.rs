//! The shapes of providers that are not compatible.

use serde_json::{Map, Value, json};

use super::{Ranked, Request};
use crate::{Fault, FaultKind};

/// A provider's way of writing a rerank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// `cohere.rerank-v3-5:0` on Bedrock (user guide, "Cohere Rerank").
    CohereOnBedrock,
    /// `amazon.rerank-v1:0` on Bedrock.
    AmazonOnBedrock,
    /// `{"query", "texts"}`, as Hugging Face's Text Embeddings Inference takes it (SageMaker).
    Texts,
}

// === impl Shape ===

impl Shape {
    /// The shape of a Bedrock model, by its id.
    #[must_use]
    pub fn of_bedrock(model: &str) -> Option<Self> {
        if model.contains("cohere.rerank") {
            Some(Self::CohereOnBedrock)
        } else if model.contains("amazon.rerank") {
            Some(Self::AmazonOnBedrock)
        } else {
            None
        }
    }

    /// Writes a request.
    #[must_use]
    pub fn encode(self, request: &Request) -> Vec<u8> {
        let texts: Vec<&str> =
            request.documents.iter().map(|document| document.text.as_str()).collect();
        let mut body = Map::new();
        body.insert("query".into(), json!(request.query));
        match self {
            Self::Texts => {
                body.insert("texts".into(), json!(texts));
                body.insert("truncate".into(), json!(true));
            }
            Self::CohereOnBedrock | Self::AmazonOnBedrock => {
                body.insert("documents".into(), json!(texts));
                if let Some(most) = request.top_n {
                    body.insert("top_n".into(), json!(most));
                }
            }
        }
        if self == Self::CohereOnBedrock {
            body.insert("api_version".into(), json!(2));
        }
        body.extend(request.extras.clone());
        Value::Object(body).to_string().into_bytes()
    }

    /// Reads an answer: results below `results`, or a bare list of them.
    ///
    /// # Errors
    /// A fault of the provider when it is not what its API promises.
    pub fn decode(self, body: &[u8]) -> Result<Vec<Ranked>, Fault> {
        let answer: Value =
            serde_json::from_slice(body).map_err(|error| broken(error.to_string()))?;
        let results = answer.get("results").unwrap_or(&answer).as_array();
        let results = results.ok_or_else(|| broken("no list of results"))?;
        let read = |result: &Value| {
            let score = result.get("relevance_score").or_else(|| result.get("score"));
            Some(Ranked { index: result.get("index")?.as_u64()?, score: score?.as_f64()? })
        };
        results
            .iter()
            .map(|result| read(result).ok_or_else(|| broken("a result without index or score")))
            .collect()
    }
}

/// The provider's answer is not what it should be.
pub(super) fn broken(detail: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
        .with_status(502)
        .with_detail(detail)
}
