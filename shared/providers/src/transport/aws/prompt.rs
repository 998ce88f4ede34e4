//! Prompts that Bedrock manages (Agents for Amazon Bedrock API reference, GetPrompt): read, with a template and
//! the model that it is for. One operation is no reason for another SDK.

use http::StatusCode;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sluice_wire::{Fault, FaultKind};

use super::post::{Service, Signed, region_of};
use crate::Transport;

const AGENT: Service = Service { id: "Bedrock Agent", name: "bedrock", host: "bedrock-agent" };
/// What stands in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

// === impl Transport ===

impl Transport {
    /// A prompt by its ARN, without a version in it: this version, or the draft.
    ///
    /// # Errors
    /// What Bedrock says: not found, refused, throttled; else that it cannot be had now.
    pub async fn managed_prompt(&self, arn: &str, version: Option<&str>) -> Result<Value, Fault> {
        let mut path = format!("/prompts/{}/", utf8_percent_encode(arn, PLAIN));
        if let Some(version) = version {
            path.push_str("?promptVersion=");
            path.push_str(version);
        }
        let answer = self
            .send_signed(&Signed {
                service: AGENT,
                method: "GET",
                region: region_of(arn),
                path: &path,
                headers: &[],
                body: String::new(),
            })
            .await
            .map_err(|reason| unavailable(&reason))?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return Ok(value);
        }
        let told = value.get("message").or_else(|| value.get("Message")).and_then(Value::as_str);
        let told = format!("GetPrompt answered {}: {}", answer.status, told.unwrap_or_default());
        let fault = |kind, message: &'static str| {
            Fault::new(kind, message).with_param("model").with_detail(told.clone())
        };
        Err(match answer.status {
            StatusCode::NOT_FOUND => {
                fault(FaultKind::NotFound, "Bedrock has no such prompt, or not in this version.")
                    .with_label("prompt_not_found")
            }
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => fault(
                FaultKind::Permission,
                "This gateway may not read the prompt: its role needs bedrock:GetPrompt on it.",
            )
            .with_label("prompt_access_denied"),
            StatusCode::BAD_REQUEST => {
                fault(FaultKind::InvalidRequest, "Bedrock does not take this for a prompt.")
            }
            StatusCode::TOO_MANY_REQUESTS => {
                fault(FaultKind::RateLimit, "Bedrock gives out no more prompts for now.")
            }
            _ => unavailable(&told),
        })
    }
}

fn unavailable(reason: &str) -> Fault {
    Fault::new(FaultKind::Unavailable, "The prompt cannot be read from Bedrock now.")
        .with_detail(reason)
}
