//! Calls that are passed on to Bedrock Agent Runtime (agents, flows, knowledge bases), for which no
//! SDK crate is linked: signed here (Signature Version 4), with the credentials of the SDK's chain.

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Request, Url};
use sluice_wire::Fault;

use super::{AwsHome, settings::with_region};
use crate::{
    Deployment, Relay, Relayed,
    transport::{
        body,
        deadline::Deadline,
        fault::{self, chain},
        headers,
        http::{Clients, execute},
        prepared::Prepared,
    },
};

/// The name that the service signs by.
const SERVICE: &str = "bedrock";

/// Passes one call on.
pub(crate) async fn send(
    home: &AwsHome,
    clients: &Clients,
    deployment: &Deployment,
    call: Relay,
    deadline: Deadline,
) -> Result<Relayed, Fault> {
    let provider = deployment.provider;
    let config = with_region(deployment, home.config(&deployment.aws).await)?;
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let url = address(deployment, &region, &call)
        .map_err(|reason| Prepared::misconfigured(deployment, &reason))?;
    let mut request = Request::new(call.method.clone(), url);
    headers::relay(&call.headers, request.headers_mut());
    let signature = deadline.first_byte(signature(&config, &region, &request, &call)).await?;
    let signature = signature.map_err(|reason| fault::credential(provider, reason))?;
    for (name, value) in signature {
        if let Some(name) = name {
            request.headers_mut().insert(name, value);
        }
    }
    *request.body_mut() = Some(call.body.into());
    let response = execute(clients, deployment, request, deadline).await?;
    Ok(body::relayed(response, provider, deadline))
}

/// The regional endpoint, unless the deployment names another.
fn address(deployment: &Deployment, region: &str, call: &Relay) -> Result<Url, String> {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let usual = format!("https://bedrock-agent-runtime.{region}.{suffix}");
    let base = deployment.aws.agent_endpoint.as_deref().unwrap_or(&usual);
    let mut url = Url::parse(base)
        .map_err(|error| format!("`aws_bedrock_agent_runtime_endpoint` is not a URL ({error})"))?;
    let path =
        format!("{}/{}", url.path().trim_end_matches('/'), call.path.trim_start_matches('/'));
    url.set_path(&path);
    url.set_query(call.query.as_deref());
    Ok(url)
}

/// The headers that sign a request.
async fn signature(
    config: &SdkConfig,
    region: &str,
    request: &Request,
    call: &Relay,
) -> Result<HeaderMap, String> {
    let provider = config.credentials_provider().ok_or("there are no AWS credentials")?;
    let credentials = provider.provide_credentials().await.map_err(|error| chain(&error))?;
    let identity = credentials.into();
    let time = config.time_source().unwrap_or_default().now();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let named = request.headers().iter();
    let named = named.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let url = request.url().as_str();
    let body = SignableBody::Bytes(&call.body);
    let signable = SignableRequest::new(request.method().as_str(), url, named, body)
        .map_err(|error| error.to_string())?;
    let (instructions, _) =
        sign(signable, &params).map_err(|error| error.to_string())?.into_parts();
    let (headers, _) = instructions.into_parts();
    let mut map = HeaderMap::new();
    for header in headers {
        let mut value = HeaderValue::try_from(header.value()).map_err(|error| error.to_string())?;
        value.set_sensitive(header.sensitive());
        map.insert(HeaderName::from_static(header.name()), value);
    }
    Ok(map)
}
