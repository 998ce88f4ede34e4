//! What is said of content that could not be fetched: by its place in the request, and nothing of
//! what the gateway saw on its own side of the wall.

use std::time::Duration;

use sluice_wire::{Fault, canon::Media};

/// Why something was not fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("fetching by URL is switched off here: send the content as base64")]
    Off,
    #[error("it is not a valid URL")]
    NotAUrl,
    #[error("only http and https URLs are fetched")]
    Scheme,
    #[error("a URL with a user name or a password is not fetched")]
    Userinfo,
    /// The detail says which address; whether a name exists inside is nobody's business.
    #[error("its host is not on the public internet, or cannot be resolved")]
    Host(String),
    #[error("it redirects more than {0} times")]
    Redirects(usize),
    #[error("the server answered {0}")]
    Status(u16),
    #[error("it is larger than the {0} bytes that all content of a request may have together")]
    TooLarge(usize),
    #[error("it took longer than {} s", .0.as_secs())]
    Timeout(Duration),
    #[error("the connection to its server failed")]
    Connection(String),
    #[error("{0}")]
    Type(String),
}

// === impl Refusal ===

impl Refusal {
    /// The fault: the caller's, who may send the bytes instead.
    pub(super) fn into_fault(self, media: Media, place: &str) -> Fault {
        let what = media.word();
        let fault = Fault::invalid(
            format!("The {what} at {place} could not be fetched: {self}."),
            place.to_owned(),
        );
        match self {
            Self::Host(detail) | Self::Connection(detail) => fault.with_detail(detail),
            _ => fault,
        }
    }
}
