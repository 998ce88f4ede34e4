//! A thought's signature. Google's API and clients take base64 only; what another provider signed
//! with in other letters is wrapped, so that it comes back as it was.

use ::base64::{Engine as _, engine::general_purpose::STANDARD};

use super::base64::standard;

const WRAPPED: &[u8] = b"\0sluice:";

/// Reads a `thoughtSignature`. Google's Python client writes it anew in the alphabet for URLs, which
/// only Google takes back: it is told in the standard one.
pub(super) fn read(text: &str) -> String {
    let Some(plain) = standard(text) else { return text.to_owned() };
    let inner = STANDARD.decode(&plain).ok();
    inner
        .as_deref()
        .and_then(|bytes| bytes.strip_prefix(WRAPPED))
        .and_then(|raw| String::from_utf8(raw.to_vec()).ok())
        .unwrap_or(plain)
}

/// Writes a `thoughtSignature`.
pub(super) fn write(signature: &str) -> String {
    match standard(signature) {
        Some(plain) if plain == signature => plain,
        _ => STANDARD.encode([WRAPPED, signature.as_bytes()].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_comes_back_as_it_was() {
        for signature in ["c2ln", "+/8=", "a.b c", "", "ab_-", "abc"] {
            assert_eq!(read(&write(signature)), signature);
            let by_client = write(signature).replace('+', "-").replace('/', "_");
            assert_eq!(read(&by_client), signature);
        }
    }
}
