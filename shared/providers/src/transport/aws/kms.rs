//! Data keys of AWS KMS (KMS API reference, GenerateDataKey and Decrypt): one key that seals what is
//! kept, itself sealed by a key that never leaves KMS. Two requests in the life of a gateway's store,
//! and one in that of a process, are no reason for another SDK.

use std::time::Duration;

use aws_smithy_runtime_api::client::identity::Identity;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Url;
use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

use super::sign::{ToSign, signature};
use crate::{Aws, Redacted, Transport, transport::chain};

/// What the sealed key is bound to: it opens for nothing else, and CloudTrail shows it.
const BOUND: [(&str, &str); 2] = [("application", "sluice"), ("purpose", "credentials")];
/// Longest time for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

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
        let home = &self.inner.aws;
        // A key of another region is named by its ARN.
        let region = key_id.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2));
        let aws = Aws { region: region.map(str::to_owned), ..Aws::default() };
        let config = home.config(&aws).await;
        let holder = home.holder(&aws).await?;
        let region = holder.region.ok_or_else(|| "the process has no AWS region".to_owned())?;
        let own = || format!("https://kms.{region}.amazonaws.com/");
        let url = config.endpoint_url().map_or_else(own, str::to_owned);
        let url = Url::parse(&url).map_err(|error| error.to_string())?;
        let name = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let target = format!("TrentService.{action}");
        let headers = [
            ("host", host.as_str()),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target.as_str()),
        ];
        let body = body.to_string();
        let signed = signature(&ToSign {
            identity: &Identity::from(holder.credentials),
            region: &region,
            service: "kms",
            now: holder.now,
            url: url.as_str(),
            headers: &headers,
            body: body.as_bytes(),
        })?;
        let mut request = self.inner.clients.usual().post(url).timeout(PATIENCE).body(body);
        let own =
            headers.iter().skip(1).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        for (name, value) in own.chain(signed) {
            request = request.header(name, value);
        }
        let answer = request.send().await.map_err(|error| chain(&error))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|error| chain(&error))?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let message = format!("{}{}", text("message"), text("Message"));
        Err(format!("KMS {action} answered {status}: {} {message}", text("__type")))
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
