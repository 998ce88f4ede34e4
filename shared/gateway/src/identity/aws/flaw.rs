//! Why a presigned request is not accepted, as its caller is told: never with any part of it.

use sluice_wire::{Fault, FaultKind};

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("it is not `sluice-aws-v1.` and a presigned URL in base64url")]
    Form,
    #[error("its host is not AWS's security token service")]
    Host,
    #[error("it holds something else than a GetCallerIdentity request: `{0}`")]
    Parameter(&'static str),
    #[error("`x-sluice-gateway` is not among its signed headers")]
    Unbound,
    #[error("it is signed for later than now")]
    Early,
    #[error("it is older than it may be")]
    Stale,
    #[error("AWS does not accept its signature for this gateway")]
    Refused,
    #[error("no rule is about its principal")]
    Stranger,
}

// === impl Fault ===

impl From<Flaw> for Fault {
    fn from(flaw: Flaw) -> Self {
        let message = format!("Authentication Error, the AWS token is not accepted: {flaw}.");
        let label = if flaw == Flaw::Stale { "expired_key" } else { "auth_error" };
        Self::new(FaultKind::Authentication, message).with_label(label)
    }
}
