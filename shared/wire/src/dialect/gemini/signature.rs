//! A thought's signature. Google's API and clients take base64 only; a signature that another
//! provider made is wrapped in it with its signer, so that it comes back as it was.

use ::base64::{Engine as _, engine::general_purpose::STANDARD};

use super::base64::standard;
use crate::dialect::Signer;

/// Before a signature that is no base64. Each wrapper begins with the same six bytes, and so does
/// their base64: [`crate::Dialect::holds_foreign_signature`] looks for it.
const WRAPPED: &[u8] = b"\0sluice:";
/// Before Claude's, which are base64 and go on as they are: six letters of it for each eight.
const CLAUDES: &[u8] = b"\0sluice.anthropic;";

/// Reads a `thoughtSignature`. Google's Python client writes it anew in the alphabet for URLs, which
/// only Google takes back: it is told in the standard one.
pub(super) fn read(text: &str) -> String {
    let Some(plain) = standard(text) else { return Signer::Google.name(text.to_owned()) };
    let Ok(bytes) = STANDARD.decode(&plain) else { return Signer::Google.name(plain) };
    if let Some(raw) = bytes.strip_prefix(CLAUDES) {
        return Signer::Anthropic.name(STANDARD.encode(raw));
    }
    let wrapped = bytes.strip_prefix(WRAPPED).map(|raw| String::from_utf8(raw.to_vec()));
    Signer::Google.name(wrapped.and_then(Result::ok).unwrap_or(plain))
}

/// Writes a `thoughtSignature`.
pub(super) fn write(signature: &str) -> String {
    let is_plain = |raw: &&str| standard(raw).is_some_and(|plain| plain == **raw);
    if let Some(raw) = Signer::Google.own(signature).filter(is_plain) {
        return raw.to_owned();
    }
    match Signer::Anthropic.made(signature).filter(is_plain) {
        Some(raw) => STANDARD.encode(CLAUDES) + raw,
        None => STANDARD.encode([WRAPPED, signature.as_bytes()].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    #[test]
    fn every_signature_comes_back_as_it_was() {
        for raw in ["c2ln", "+/8=", "a.b c", "", "ab_-", "abc"] {
            for signer in [Signer::Google, Signer::Anthropic, Signer::OpenAi] {
                let signature = signer.name(raw.to_owned());
                let written = write(&signature);
                assert_eq!(read(&written), signature);
                let by_client = written.replace('+', "-").replace('/', "_");
                assert_eq!(read(&by_client), signature);
                let foreign =
                    Dialect::Gemini.holds_foreign_signature(format!("\"{written}\"").as_bytes());
                assert!(foreign || signer == Signer::Google, "{written}");
            }
        }
    }

    #[test]
    fn googles_own_is_written_as_google_did() {
        assert_eq!(write(&Signer::Google.name("c2ln".into())), "c2ln");
        assert!(!Dialect::Gemini.holds_foreign_signature(br#"{"thoughtSignature":"c2ln"}"#));
    }
}
