//! Service accounts: a signed assertion for a token (RFC 7523,
//! <https://developers.google.com/identity/protocols/oauth2/service-account>).

use std::time::UNIX_EPOCH;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use rustls::pki_types::{PrivateKeyDer, pem::PemObject as _};
use serde::Deserialize;
use serde_json::json;

use super::TOKEN_URI;
use crate::{
    Redacted,
    credentials::{
        TokenError,
        cache::Means,
        exchange::{self, Fresh},
    },
};

/// How long an assertion may be used; Google's most.
const LIFETIME: u64 = 3600;

/// A service account's key.
#[derive(Deserialize)]
pub(super) struct ServiceAccount {
    client_email: String,
    private_key: Redacted<String>,
    private_key_id: Option<String>,
    pub(super) project_id: Option<String>,
    token_uri: Option<String>,
}

// === impl ServiceAccount ===

impl ServiceAccount {
    /// Exchanges an assertion.
    pub(super) async fn fetch(&self, scope: &str, means: &Means<'_>) -> Result<Fresh, TokenError> {
        let now = means.clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let assertion = self.assertion(scope, now)?;
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.as_str()),
        ];
        exchange::form(&means.client, self.audience(), &fields).await
    }

    /// The private key, read.
    pub(super) fn signer(&self) -> Result<KeyPair, TokenError> {
        let wrong = || TokenError::GoogleKey("`private_key` is not an RSA key in PEM".to_owned());
        let key = PrivateKeyDer::from_pem_slice(self.private_key.expose().as_bytes())
            .map_err(|_| wrong())?;
        match &key {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(wrong()),
        }
        .map_err(|_| wrong())
    }

    fn audience(&self) -> &str {
        self.token_uri.as_deref().unwrap_or(TOKEN_URI)
    }

    /// A JSON web token, signed with RS256.
    fn assertion(&self, scope: &str, now: u64) -> Result<String, TokenError> {
        let mut header = json!({ "alg": "RS256", "typ": "JWT" });
        if let (Some(id), Some(fields)) = (&self.private_key_id, header.as_object_mut()) {
            fields.insert("kid".to_owned(), id.as_str().into());
        }
        let claims = json!({
            "iss": self.client_email,
            "scope": scope,
            "aud": self.audience(),
            "iat": now,
            "exp": now.saturating_add(LIFETIME),
        });
        let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signer = self.signer()?;
        let mut signature = vec![0; signer.public().modulus_len()];
        // The randomness blinds the computation; the signature does not depend on it.
        signer
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| TokenError::GoogleKey("`private_key` cannot sign".to_owned()))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
