//! A token for a gateway's callers: a GetCallerIdentity request, presigned and not sent. Whoever it is
//! shown to can send it, and AWS then says whose it is; nothing else can be done with it.

use std::time::{Duration, SystemTime};

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Aws, Redacted, Transport};

/// How such a token begins.
const PREFIX: &str = "sluice-aws-v1.";
/// The signed header that binds it to a gateway.
const GATEWAY_HEADER: &str = "x-sluice-gateway";
/// The request.
const QUERY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

/// What a token is to be.
#[derive(Debug, Clone, Default)]
pub struct CallerTokenRequest {
    /// The gateway's id (`general_settings.aws_iam_auth.gateway_id`).
    pub gateway: String,
    /// The region whose STS is asked; the process's own where nothing is said, else the global one.
    pub region: Option<String>,
    /// How long it is good for: 15 minutes at most.
    pub lifetime: Duration,
    /// Another endpoint than AWS's, for tests.
    pub endpoint: Option<String>,
}

/// A token, and until when it is good.
#[derive(Debug, Clone)]
pub struct CallerToken {
    /// What is sent as a key.
    pub value: Redacted<String>,
    /// When it is good no longer: by itself, or because its credentials are not.
    pub expires: SystemTime,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallerTokenError {
    /// The process has no AWS credentials.
    #[error("no AWS credentials: {0}")]
    Credentials(String),
    /// What was asked for cannot be signed.
    #[error("the request cannot be signed: {0}")]
    Signing(String),
}

// === impl Transport ===

impl Transport {
    /// Signs a token with the process's AWS credentials (the SDK's default chain). Nothing is sent.
    ///
    /// # Errors
    /// [`CallerTokenError`] without credentials, or for an id that no header can carry.
    pub async fn caller_token(
        &self,
        wanted: &CallerTokenRequest,
    ) -> Result<CallerToken, CallerTokenError> {
        let holder = self.inner.aws.holder(&Aws::default()).await;
        let holder = holder.map_err(CallerTokenError::Credentials)?;
        let region = wanted.region.clone().or(holder.region);
        let endpoint = wanted.endpoint.clone().unwrap_or_else(|| match region.as_deref() {
            None => "https://sts.amazonaws.com".to_owned(),
            Some(region) if region.starts_with("cn-") => {
                format!("https://sts.{region}.amazonaws.com.cn")
            }
            Some(region) => format!("https://sts.{region}.amazonaws.com"),
        });
        let url = format!("{}/?{QUERY}", endpoint.trim_end_matches('/'));
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        let ends = holder.now.checked_add(wanted.lifetime);
        let expires = [ends, holder.credentials.expiry()].into_iter().flatten().min();
        let identity = Identity::from(holder.credentials);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(wanted.lifetime);
        let signed = presign(&url, &region, &identity, (settings, holder.now), &wanted.gateway);
        let signed = signed.map_err(CallerTokenError::Signing)?;
        Ok(CallerToken {
            value: Redacted::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(signed))),
            expires: expires.unwrap_or(holder.now),
        })
    }
}

fn presign(
    url: &str,
    region: &str,
    identity: &Identity,
    (settings, now): (SigningSettings, SystemTime),
    gateway: &str,
) -> Result<String, String> {
    let told = |error: &dyn std::error::Error| error.to_string();
    let mut request = http::Request::get(url)
        .header(GATEWAY_HEADER, gateway)
        .body(())
        .map_err(|error| told(&error))?;
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(region)
        .name("sts")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| told(&error))?
        .into();
    let headers = [(GATEWAY_HEADER, gateway)].into_iter();
    let signable = SignableRequest::new("GET", url, headers, SignableBody::Bytes(&[]));
    let output = sign(signable.map_err(|error| told(&error))?, &params);
    let (instructions, _) = output.map_err(|error| told(&error))?.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Ok(request.uri().to_string())
}
