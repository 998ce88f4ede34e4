//! Data keys of AWS KMS (KMS API reference, GenerateDataKey and Decrypt): one key that seals what is
//! kept, itself sealed by a key that never leaves KMS. Two requests in the life of a gateway's store,
//! and one in that of a process, are no reason for another SDK.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

use super::post::{Service, Signed, region_of};
use crate::{Redacted, Transport};

/// What the sealed key is bound to: it opens for nothing else, and CloudTrail shows it.
const BOUND: [(&str, &str); 2] = [("application", "sluice"), ("purpose", "credentials")];
const KMS: Service = Service { id: "KMS", name: "kms", host: "kms" };

// === impl Transport ===

impl Transport {
    /// Has KMS make a data key of 256 bits, and seal it with the key of this id, ARN or alias: what is
    /// returned, in base64, can be kept.
    ///
    /// # Errors
    /// [`FaultKind::Unavailable`]; the detail says why there is none.
    pub async fn new_data_key(&self, key_id: &str) -> Result<String, Fault> {
        let asked = json!({ "KeyId": key_id, "KeySpec": "AES_256", "EncryptionContext": bound() });
        let answer = self.kms("GenerateDataKey", key_id, &asked).await.map_err(refused)?;
        let sealed = answer.get("CiphertextBlob").and_then(Value::as_str);
        let sealed = sealed.ok_or_else(|| refused("KMS answered without a key".to_owned()))?;
        Ok(sealed.to_owned())
    }

    /// Has KMS open a data key that it has sealed.
    ///
    /// # Errors
    /// [`FaultKind::Unavailable`]; the detail says why it does not open.
    pub async fn open_data_key(
        &self,
        key_id: &str,
        sealed: &str,
    ) -> Result<Redacted<Vec<u8>>, Fault> {
        let asked =
            json!({ "KeyId": key_id, "CiphertextBlob": sealed, "EncryptionContext": bound() });
        let answer = self.kms("Decrypt", key_id, &asked).await.map_err(refused)?;
        let plain = answer.get("Plaintext").and_then(Value::as_str);
        let plain = plain.and_then(|text| STANDARD.decode(text).ok());
        plain.map(Redacted::new).ok_or_else(|| refused("KMS answered without a key".to_owned()))
    }

    async fn kms(&self, action: &str, key_id: &str, body: &Value) -> Result<Value, String> {
        let target = format!("TrentService.{action}");
        let headers =
            [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
        let answer = self
            .send_signed(&Signed {
                service: KMS,
                method: "POST",
                // A key of another region is named by its ARN.
                region: region_of(key_id),
                path: "/",
                headers: &headers,
                body: body.to_string(),
            })
            .await?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return Ok(value);
        }
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let message = format!("{}{}", text("message"), text("Message"));
        Err(format!("KMS {action} answered {}: {} {message}", answer.status, text("__type")))
    }
}

fn bound() -> Value {
    let members = BOUND.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value)));
    Value::Object(members.collect())
}

fn refused(reason: String) -> Fault {
    Fault::new(FaultKind::Unavailable, "the key that seals secrets cannot be had")
        .with_detail(reason)
}
