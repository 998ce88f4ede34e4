//! A request to a service of AWS for which there is no SDK here: to its endpoint, signed by hand.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_types::service_config::ServiceConfigKey;
use bytes::Bytes;
use http::StatusCode;
use reqwest::Url;

use super::sign::{ToSign, signature};
use crate::{Aws, Transport, transport::chain};

/// Longest time for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A service, by the names that it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Service {
    /// In the names of settings: `AWS_ENDPOINT_URL_<id>`.
    pub(super) id: &'static str,
    /// In signatures.
    pub(super) name: &'static str,
    /// In front of its host.
    pub(super) host: &'static str,
}

/// A request to a service.
pub(super) struct Signed<'r> {
    pub(super) service: Service,
    pub(super) method: &'r str,
    /// Another region than the process's.
    pub(super) region: Option<&'r str>,
    pub(super) path: &'r str,
    pub(super) headers: &'r [(&'r str, &'r str)],
    pub(super) body: String,
}

/// An answer, of whatever status.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

// === impl Transport ===

impl Transport {
    /// Sends a request, signed with the process's own credentials.
    pub(super) async fn send_signed(&self, request: &Signed<'_>) -> Result<Answered, String> {
        let home = &self.inner.aws;
        let aws = Aws { region: request.region.map(str::to_owned), ..Aws::default() };
        let config = home.config(&aws).await;
        let holder = home.holder(&aws).await?;
        let region = holder.region.ok_or_else(|| "the process has no AWS region".to_owned())?;
        let url = request.service.endpoint(&config, &region);
        let url = format!("{}{}", url.trim_end_matches('/'), request.path);
        let url = Url::parse(&url).map_err(|error| error.to_string())?;
        let name = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let mut headers = vec![("host", host.as_str())];
        headers.extend_from_slice(request.headers);
        let signed = signature(&ToSign {
            identity: &Identity::from(holder.credentials),
            region: &region,
            service: request.service.name,
            now: holder.now,
            method: request.method,
            url: url.as_str(),
            headers: &headers,
            body: request.body.as_bytes(),
        })?;
        let client = self.inner.clients.usual();
        let method = reqwest::Method::from_bytes(request.method.as_bytes());
        let method = method.map_err(|error| error.to_string())?;
        let mut post = client.request(method, url).timeout(PATIENCE).body(request.body.clone());
        let own = request.headers.iter();
        let own = own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        for (name, value) in own.chain(signed) {
            post = post.header(name, value);
        }
        let answer = post.send().await.map_err(|error| chain(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| chain(&error))?;
        Ok(Answered { status, body })
    }
}

// === impl Service ===

impl Service {
    /// Where it is: as the environment or the profile says, for this service or for all, or at AWS.
    fn endpoint(self, config: &SdkConfig, region: &str) -> String {
        let key = ServiceConfigKey::builder()
            .service_id(self.id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        let told = key.ok().and_then(|key| config.service_config()?.load_config(key));
        let told = told.or_else(|| config.endpoint_url().map(str::to_owned));
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        told.unwrap_or_else(|| format!("https://{}.{region}.{suffix}", self.host))
    }
}

/// The region that an ARN names.
pub(super) fn region_of(arn: &str) -> Option<&str> {
    let region = arn.strip_prefix("arn:")?.split(':').nth(2)?;
    Some(region).filter(|region| !region.is_empty())
}
