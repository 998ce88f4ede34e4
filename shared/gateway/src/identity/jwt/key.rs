//! An issuer's public key (RFC 7517), and what it says of a signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

use super::algorithm::{Algorithm, Check, Curve};

/// A key that signs tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VerifyingKey {
    /// `kid`.
    pub(super) id: Option<String>,
    /// `alg`: the only algorithm it is for.
    only: Option<String>,
    material: Material,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// A point, as ring takes it.
    Curve(Curve, Vec<u8>),
}

// === impl VerifyingKey ===

impl VerifyingKey {
    /// Reads a key of a set. `None` for one that does not sign, or of a kind that is not known: a set
    /// may hold such keys, and is good for the others.
    pub(super) fn read(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let number = |name: &str| {
            // As ring wants a number: without leading zeros.
            let bytes = URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok()?;
            Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>())
        };
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => Material::Rsa { modulus: number("n")?, exponent: number("e")? },
            ("EC", Some("P-256")) => {
                Material::Curve(Curve::P256, point(number("x")?, number("y")?, 32)?)
            }
            ("EC", Some("P-384")) => {
                Material::Curve(Curve::P384, point(number("x")?, number("y")?, 48)?)
            }
            ("OKP", Some("Ed25519")) => Material::Curve(Curve::Ed25519, padded(number("x")?, 32)?),
            _ => return None,
        };
        let (id, only) = (text("kid"), text("alg"));
        Some(Self { id: id.map(str::to_owned), only: only.map(str::to_owned), material })
    }

    /// Whether signatures of this algorithm can be the key's.
    pub(super) fn suits(&self, algorithm: Algorithm) -> bool {
        let kind = match (&self.material, algorithm.check()) {
            (Material::Rsa { .. }, Check::Rsa(_)) => true,
            (Material::Curve(own, _), Check::Other(curve, _)) => *own == curve,
            _ => false,
        };
        kind && self.only.as_deref().is_none_or(|only| only == algorithm.as_str())
    }

    /// Whether a signature is the key's.
    pub(super) fn verifies(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm.check()) {
            (Material::Rsa { modulus, exponent }, Check::Rsa(parameters)) => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, signed, signature).is_ok()
            }
            (Material::Curve(own, point), Check::Other(curve, check)) if *own == curve => {
                UnparsedPublicKey::new(check, point).verify(signed, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// An uncompressed point: SEC 1, section 2.3.3.
fn point(x: Vec<u8>, y: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    Some([vec![4], padded(x, size)?, padded(y, size)?].concat())
}

/// With the zeros before it that its size asks for.
fn padded(number: Vec<u8>, size: usize) -> Option<Vec<u8>> {
    let zeros = size.checked_sub(number.len())?;
    Some([vec![0; zeros], number].concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::identity::jwt::compact::Compact;

    /// A token of each algorithm, made by another library (`tests/tools/tokens.py`).
    const TOKENS: &str = include_str!("../../../tests/data/tokens.json");

    fn vectors() -> Vec<(Algorithm, Value, String)> {
        let all: Vec<Value> = serde_json::from_str(TOKENS).unwrap();
        let vector = |one: &Value| {
            let algorithm = Algorithm::parse(one["alg"].as_str().unwrap()).unwrap();
            (algorithm, one["jwk"].clone(), one["token"].as_str().unwrap().to_owned())
        };
        all.iter().map(vector).collect()
    }

    #[test]
    fn verifies_every_algorithm_s_tokens_and_no_changed_one() {
        let vectors = vectors();
        assert_eq!(vectors.len(), Algorithm::ALL.len());
        for (algorithm, jwk, token) in vectors {
            let key = VerifyingKey::read(&jwk).unwrap();
            let compact = Compact::read(&token).unwrap();
            assert_eq!(compact.header.alg, algorithm.as_str());
            assert!(key.suits(algorithm), "{algorithm}");
            assert!(key.verifies(algorithm, compact.signed, &compact.signature), "{algorithm}");
            let mut other = compact.signed.to_vec();
            other[40] ^= 1;
            assert!(!key.verifies(algorithm, &other, &compact.signature), "{algorithm}");
            let mut signature = compact.signature.clone();
            signature[10] ^= 1;
            assert!(!key.verifies(algorithm, compact.signed, &signature), "{algorithm}");
            assert!(!key.verifies(algorithm, compact.signed, &[]), "{algorithm}");
        }
    }

    #[test]
    fn a_signature_is_good_under_its_own_algorithm_and_key_alone() {
        let vectors = vectors();
        for (algorithm, _, token) in &vectors {
            let compact = Compact::read(token).unwrap();
            for (other, jwk, _) in &vectors {
                let key = VerifyingKey::read(jwk).unwrap();
                let same = algorithm == other;
                let verifies = key.verifies(*other, compact.signed, &compact.signature);
                assert_eq!(verifies, same, "{algorithm} as {other}");
            }
        }
    }

    #[test]
    fn leaves_out_keys_that_do_not_sign_or_are_not_known() {
        for jwk in [
            json!({"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"}),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"kty": "EC", "crv": "P-521", "x": "AQAB", "y": "AQAB"}),
            json!({"kty": "EC", "crv": "secp256k1", "x": "AQAB", "y": "AQAB"}),
            json!({"kty": "EC", "crv": "P-256", "x": "B".repeat(60), "y": "AQAB"}),
            json!({"kty": "RSA", "n": "!", "e": "AQAB"}),
            json!({"kty": "RSA"}),
            json!("RSA"),
        ] {
            assert_eq!(VerifyingKey::read(&jwk), None, "{jwk}");
        }
    }

    #[test]
    fn a_key_that_is_for_one_algorithm_is_for_no_other() {
        let (_, mut jwk, _) = vectors().remove(0);
        jwk["alg"] = json!("RS512");
        let key = VerifyingKey::read(&jwk).unwrap();
        assert!(key.suits(Algorithm::Rs512));
        assert!(
            !key.suits(Algorithm::Rs256)
                && !key.suits(Algorithm::Ps512)
                && !key.suits(Algorithm::Es256)
        );
    }
}
