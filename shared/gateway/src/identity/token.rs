//! The key in a request's headers.

use http::{HeaderMap, header::AUTHORIZATION};
use sluice_store::KeyHash;
use sluice_wire::{Fault, FaultKind};

use super::{aws, jwt};

/// Headers that may carry the key alone, in the order they are tried (LiteLLM accepts the same).
const PLAIN: [&str; 5] =
    ["x-litellm-api-key", "x-api-key", "api-key", "x-goog-api-key", "ocp-apim-subscription-key"];

/// Finds the caller's key or token.
///
/// # Errors
/// An authentication fault in LiteLLM's words when there is none.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, Fault> {
    let found = plain(headers, "x-litellm-api-key")
        .or_else(|| bearer(headers))
        .or_else(|| PLAIN.iter().find_map(|name| plain(headers, name)));
    let Some(token) = found else {
        return Err(refusal("Authentication Error, No api key passed in."));
    };
    if token.is_empty() {
        return Err(refusal(
            "Authentication Error, Malformed API Key passed in. Ensure Key has `Bearer ` prefix.",
        ));
    }
    Ok(token)
}

/// Vets that a credential may be a virtual key.
///
/// # Errors
/// LiteLLM's, for what is none.
pub(crate) fn virtual_key(token: &str) -> Result<&str, Fault> {
    if token.starts_with("sk-") {
        return Ok(token);
    }
    let hint = match jwt::is_shaped(token) {
        true => " It looks like a JWT: set `general_settings.enable_jwt_auth` to accept those.",
        false if token.starts_with(aws::PREFIX) => {
            " It is a token of AWS: set `general_settings.aws_iam_auth` to accept those."
        }
        false => "",
    };
    Err(Fault::new(
        FaultKind::Authentication,
        format!(
            "LiteLLM Virtual Key expected. Received={}, expected to start with 'sk-'.{hint}",
            masked(token)
        ),
    )
    .with_label("auth_error"))
}

/// The hash of the virtual key that is presented, whether it opens anything or not.
pub(crate) fn presented(headers: &HeaderMap) -> Option<KeyHash> {
    let key = token(headers).and_then(virtual_key).ok()?;
    Some(KeyHash::of_plaintext(key))
}

/// The first and last four characters, with stars between; all stars when it is short.
pub(crate) fn masked(token: &str) -> String {
    let chars: Vec<char> = token.chars().collect();
    match (chars.get(..4), chars.get(chars.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if chars.len() > 12 => {
            format!("{}****{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
        }
        _ => "****".to_owned(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
    let Some((scheme, token)) = value.split_once(' ') else {
        // A bare `Bearer` is a malformed key, not a missing one.
        return Some(if value.eq_ignore_ascii_case("bearer") { "" } else { value });
    };
    // A SigV4 or Basic header is not a key of ours; another header may hold one.
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn plain<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    // Some clients write `Bearer ` into every key header they know.
    Some(value.strip_prefix("Bearer ").unwrap_or(value).trim())
}

fn refusal(message: &'static str) -> Fault {
    Fault::new(FaultKind::Authentication, message).with_label("auth_error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).fold(
            HeaderMap::new(),
            |mut map, (name, value): (http::HeaderName, http::HeaderValue)| {
                map.insert(name, value);
                map
            },
        )
    }

    #[test]
    fn finds_the_key_in_every_header_that_may_carry_it() {
        for name in [
            "x-litellm-api-key",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "ocp-apim-subscription-key",
        ] {
            assert_eq!(token(&headers(&[(name, "sk-1")])).unwrap(), "sk-1", "{name}");
        }
        assert_eq!(token(&headers(&[("authorization", "Bearer sk-2")])).unwrap(), "sk-2");
        assert_eq!(token(&headers(&[("authorization", "bearer  sk-2 ")])).unwrap(), "sk-2");
        assert_eq!(token(&headers(&[("x-litellm-api-key", "Bearer sk-3")])).unwrap(), "sk-3");
    }

    #[test]
    fn looks_past_a_signature_for_a_key() {
        let both =
            headers(&[("authorization", "AWS4-HMAC-SHA256 Credential=x"), ("x-api-key", "sk-4")]);
        assert_eq!(token(&both).unwrap(), "sk-4");
    }

    #[test]
    fn tells_a_missing_key_from_a_malformed_and_a_foreign_one() {
        let message = |pairs: &[(&'static str, &str)]| {
            token(&headers(pairs)).and_then(virtual_key).unwrap_err().message.into_owned()
        };
        assert_eq!(message(&[]), "Authentication Error, No api key passed in.");
        assert!(message(&[("authorization", "Bearer ")]).contains("Malformed API Key"));
        let foreign = message(&[("authorization", "Bearer abcdefgh12345678")]);
        assert!(foreign.contains("abcd****5678"), "{foreign}");
        assert!(!foreign.contains("abcdefgh") && !foreign.contains("JWT"));
        let web = message(&[("authorization", "Bearer eyJhbGciOiJ9.eyJzdWIiOiJ9.c2lnbmF0dXJl")]);
        assert!(web.contains("eyJh****dXJl") && web.contains("enable_jwt_auth"), "{web}");
    }
}
