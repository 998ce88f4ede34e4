//! The identity of an AWS role, as Google takes it: a `GetCallerIdentity` request that is signed
//! and not sent. Google sends it, and believes AWS's answer
//! (<https://google.aip.dev/auth/4117>, "Determining the subject token in AWS").

use aws_smithy_runtime_api::client::identity::Identity;
use reqwest::Url;
use serde_json::{Value, json};

use crate::{
    Aws, Redacted,
    credentials::{TokenError, cache::Means, exchange::encode},
    transport::{ToSign, signature},
};

/// The request that is signed; `{region}` is the caller's.
const VERIFICATION: &str =
    "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15";

/// The subject token: the signed request as JSON, percent-encoded.
pub(super) async fn subject(
    audience: &str,
    verification: Option<&str>,
    means: &Means<'_>,
) -> Result<Redacted<String>, TokenError> {
    let failed = |reason: String| TokenError::AwsIdentity(reason);
    let holder = means.aws.holder(&Aws::default()).await.map_err(failed)?;
    let region = holder.region;
    let region = region.ok_or_else(|| failed("the process has no AWS region".to_owned()))?;
    let url = verification.unwrap_or(VERIFICATION).replace("{region}", &region);
    let identity = Identity::from(holder.credentials);
    let headers = signed(&url, audience, &region, &identity, means).map_err(failed)?;
    let token = json!({ "url": url, "method": "POST", "headers": headers }).to_string();
    // A form without a name: percent-encoding alone.
    Ok(Redacted::new(encode(&[("", &token)]).trim_start_matches('=').to_owned()))
}

fn signed(
    url: &str,
    audience: &str,
    region: &str,
    identity: &Identity,
    means: &Means<'_>,
) -> Result<Vec<Value>, String> {
    let parsed = Url::parse(url).map_err(|error| error.to_string())?;
    let name = parsed.host_str().unwrap_or_default();
    let host = parsed.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    let target = [("host", host.as_str()), ("x-goog-cloud-target-resource", audience)];
    let added = signature(&ToSign {
        identity,
        region,
        method: "POST",
        service: "sts",
        now: means.clock.now(),
        url: parsed.as_str(),
        headers: &target,
        body: &[],
    })?;
    let added = added.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Ok(target
        .into_iter()
        .chain(added)
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect())
}
