//! A token as it is written: three parts between dots (RFC 7515, section 7.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::flaw::Flaw;

/// The longest token that is read, in bytes. Headers of a request end not far above it.
const LONGEST: usize = 32 * 1024;

/// A token that has been read, and not been verified.
#[derive(Debug)]
pub(super) struct Compact<'a> {
    pub(super) header: Header,
    pub(super) claims: Map<String, Value>,
    /// What is signed.
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
}

/// What a token says of its signature.
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    /// Extensions that whoever verifies must understand.
    crit: Option<Value>,
}

/// Whether a credential has a token's form.
pub(crate) fn is_shaped(token: &str) -> bool {
    let mut parts = token.split('.');
    let full = parts.by_ref().take(2).all(|part| !part.is_empty());
    full && parts.next().is_some() && parts.next().is_none() && token.starts_with("ey")
}

// === impl Compact ===

impl<'a> Compact<'a> {
    /// Takes a token apart.
    pub(super) fn read(token: &'a str) -> Result<Self, Flaw> {
        if token.len() > LONGEST {
            return Err(Flaw::Malformed("it is too long"));
        }
        let malformed = || Flaw::Malformed("it is not three parts of base64url");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
        let header: Header = serde_json::from_slice(&bytes(header)?)
            .map_err(|_| Flaw::Malformed("its header is not one"))?;
        if header.crit.is_some() {
            return Err(Flaw::Malformed("its header asks for extensions"));
        }
        let claims = serde_json::from_slice(&bytes(claims)?)
            .map_err(|_| Flaw::Malformed("its claims are not a JSON object"))?;
        Ok(Self { header, claims, signed: signed.as_bytes(), signature: bytes(signature)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn takes_a_token_apart() {
        let token = token(r#"{"alg":"RS256","kid":"a"}"#, r#"{"sub":"b"}"#);
        assert!(is_shaped(&token));
        let compact = Compact::read(&token).unwrap();
        assert_eq!(
            (compact.header.alg.as_str(), compact.header.kid.as_deref()),
            ("RS256", Some("a"))
        );
        assert_eq!(compact.claims["sub"], "b");
        assert_eq!(compact.signature, b"sig");
        assert_eq!([compact.signed, b".c2ln"].concat(), token.as_bytes());
    }

    #[test]
    fn refuses_what_is_no_token() {
        let cases = [
            "a.b".to_owned(),
            "é.e30.c2ln".to_owned(),
            "e30.e30.c2ln".to_owned(),
            token("[]", "{}"),
            token(r#"{"alg":"RS256"}"#, "[]"),
            token(r#"{"alg":"RS256"}"#, "{\"a\":1} x"),
            token(r#"{"alg":"RS256","crit":["b64"]}"#, "{}"),
            format!("{}=", token(r#"{"alg":"RS256"}"#, "{}")),
            token(r#"{"alg":"RS256"}"#, &format!(r#"{{"a":"{}"}}"#, "x".repeat(LONGEST))),
        ];
        for case in cases {
            assert!(matches!(Compact::read(&case), Err(Flaw::Malformed(_))), "{case}");
        }
    }

    #[test]
    fn a_virtual_key_has_no_token_s_form() {
        for key in ["sk-1234", "sk-a.b.c", "ey.", "eyJ.e30", "eyJ..", "eyJ.e30.a.b", "a.b.c"] {
            assert!(!is_shaped(key), "{key}");
        }
    }
}
