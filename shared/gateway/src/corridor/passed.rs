//! The caller's headers that go to a provider: those that belong to the dialect and travel with it.

use http::{HeaderName, HeaderValue, header::ACCEPT};
use sluice_wire::{Dialect, Fault, dialect::bedrock_invoke};

use super::Intake;

/// Bedrock's way to say that an answer must be guarded.
const GUARDRAIL: &str = "x-amzn-bedrock-guardrailidentifier";

/// The headers for a deployment that is spoken to in `dialect`.
///
/// # Errors
/// A fault of the caller when one of them asks for what only Bedrock has.
pub(super) fn passed_on(
    intake: &Intake,
    dialect: Dialect,
) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
    match (intake.line.dialect, dialect) {
        (Dialect::AnthropicMessages, Dialect::AnthropicMessages) => {
            Ok(named(intake, |name| matches!(name, "anthropic-version" | "anthropic-beta")))
        }
        (Dialect::BedrockInvoke, Dialect::BedrockInvoke) => {
            Ok(named(intake, |name| name == ACCEPT || name.starts_with("x-amzn-bedrock-")))
        }
        (Dialect::BedrockInvoke, _) if intake.headers.contains_key(GUARDRAIL) => {
            Err(Fault::invalid(
                "A guardrail of Bedrock guards calls to models on Bedrock, and this model is not \
                 reached by InvokeModel there.",
                "guardrailIdentifier",
            ))
        }
        (Dialect::BedrockInvoke, Dialect::AnthropicMessages) => Ok(betas(intake)),
        _ => Ok(Vec::new()),
    }
}

fn named(intake: &Intake, wanted: impl Fn(&str) -> bool) -> Vec<(HeaderName, HeaderValue)> {
    let headers = intake.headers.iter();
    headers
        .filter(|(name, _)| wanted(name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What Bedrock takes in the body, Anthropic takes in a header.
fn betas(intake: &Intake) -> Vec<(HeaderName, HeaderValue)> {
    let list = bedrock_invoke::betas(&intake.body).join(",");
    let value = HeaderValue::try_from(list).ok().filter(|value| !value.is_empty());
    value.map(|value| (HeaderName::from_static("anthropic-beta"), value)).into_iter().collect()
}
