//! How many tokens a request is: asked of the provider where it tells, estimated where it does not.

mod asked;
mod exact;
mod request;
mod text;

use serde_json::Value;
use sluice_wire::{Dialect, Fault, FaultKind};

pub(crate) use asked::Asked;
pub use request::prompt;
pub use text::estimate;

use crate::{App, registry::Member};

/// A count, and whose it is.
#[derive(Debug)]
pub(crate) struct Count {
    /// Tokens of the prompt.
    pub(crate) tokens: u64,
    /// The provider's whole answer, where it was the provider who counted.
    pub(crate) answer: Option<Value>,
}

/// Counts the tokens of a request for a deployment. A provider that cannot be reached, or that does not
/// count for this model, is stood in for by an estimate.
///
/// # Errors
/// The provider's word that the request is wrong.
pub(crate) async fn count(app: &App, member: &Member, asked: &Asked) -> Result<Count, Fault> {
    match exact::count(app, member, asked).await {
        Ok(Some((tokens, answer))) => return Ok(Count { tokens, answer: Some(answer) }),
        Ok(None) => {}
        Err(fault) if blames_caller(member, &fault) => return Err(fault),
        Err(fault) => {
            let deployment = &member.deployment.id;
            tracing::warn!(%deployment, %fault, "a provider did not count, and tokens are estimated");
        }
    }
    Ok(Count { tokens: prompt(&asked.request), answer: None })
}

/// Bedrock also says of a model that it does not count for that the request is invalid.
fn blames_caller(member: &Member, fault: &Fault) -> bool {
    let provider = member.deployment.provider;
    (provider.name == "anthropic" || provider.dialect == Dialect::Gemini)
        && matches!(
            fault.kind,
            FaultKind::InvalidRequest | FaultKind::ContextWindow | FaultKind::TooLarge
        )
}
