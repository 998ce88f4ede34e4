//! Which headers go to a provider.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Whether a header that a caller (or a configuration) wants passed on may be: not those of one
/// hop, nor those that the client itself must compute.
pub(crate) fn may_pass(name: &HeaderName) -> bool {
    !matches!(
        *name,
        header::CONNECTION
            | header::CONTENT_LENGTH
            | header::HOST
            | header::PROXY_AUTHENTICATE
            | header::PROXY_AUTHORIZATION
            | header::TE
            | header::TRAILER
            | header::TRANSFER_ENCODING
            | header::UPGRADE
            | header::EXPECT
            | header::ACCEPT_ENCODING
    ) && !matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}

/// Whether a header is a credential. A caller's is for the gateway, never for a provider.
fn is_credential(name: &HeaderName) -> bool {
    matches!(*name, header::AUTHORIZATION | header::COOKIE)
        || matches!(
            name.as_str(),
            "x-api-key"
                | "api-key"
                | "x-goog-api-key"
                | "x-amz-security-token"
                | "x-litellm-api-key"
                | "ocp-apim-subscription-key"
        )
}

/// Adds the headers of a call that is passed on: all that may be, none that is a credential.
pub(crate) fn relay(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from.iter().filter(|(name, _)| may_pass(name) && !is_credential(name)) {
        to.append(name, value.clone());
    }
}

/// Adds a caller's headers to a provider's: lists grow, single values are replaced.
pub(crate) fn pass_on(from: &[(HeaderName, HeaderValue)], to: &mut HeaderMap) {
    for (name, value) in from.iter().filter(|(name, _)| may_pass(name) && !is_credential(name)) {
        if matches!(name.as_str(), "anthropic-version" | "user-agent" | "content-type") {
            to.insert(name, value.clone());
        } else {
            to.append(name, value.clone());
        }
    }
}
