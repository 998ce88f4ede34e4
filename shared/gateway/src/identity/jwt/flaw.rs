//! Why a token is not accepted, as its caller is told: never with the token, or a part of it.

use sluice_wire::{Fault, FaultKind};

/// What is wrong with a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("the token cannot be read: {0}")]
    Malformed(&'static str),
    #[error("the token's signature is of an algorithm that is not accepted")]
    Algorithm,
    #[error("the token's issuer is not trusted")]
    UnknownIssuer,
    #[error("no key of the token's issuer has the token's key id")]
    UnknownKey,
    #[error("the signature does not verify")]
    Signature,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token is not valid yet")]
    NotYet,
    #[error("the token has no claim `{0}`")]
    Missing(&'static str),
    #[error("the token's claim `{0}` is not what it should be")]
    Wrong(&'static str),
    #[error("Token Expired")]
    Expired,
}

// === impl Fault ===

impl From<Flaw> for Fault {
    fn from(flaw: Flaw) -> Self {
        if flaw == Flaw::Expired {
            return Self::new(FaultKind::Authentication, "Token Expired").with_label("expired_key");
        }
        let message = format!("Authentication Error, Validation fails: {flaw}");
        Self::new(FaultKind::Authentication, message).with_label("auth_error")
    }
}
