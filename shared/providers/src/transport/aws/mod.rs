//! Bedrock and SageMaker through the official SDK.

pub(crate) mod bedrock;
pub(crate) mod relay;
pub(crate) mod sagemaker;

mod caller_token;
mod connector;
mod fault;
mod kms;
mod notices;
mod passthrough;
mod post;
mod prompt;
mod refusal;
mod settings;
mod sign;
mod web_identity;

pub use caller_token::{CallerToken, CallerTokenError, CallerTokenRequest};
pub use notices::{BusEvent, Letter, TopicMessage};
pub(crate) use settings::AwsHome;
pub(crate) use sign::{ToSign, signature};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Deployment, Outbound, transport::headers};

/// The caller's and the deployment's headers of one call.
fn headers(deployment: &Deployment, call: &Outbound) -> HeaderMap {
    let mut all = HeaderMap::new();
    headers::pass_on(&call.headers, &mut all);
    for (name, value) in &deployment.extra_headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
            && headers::may_pass(&name)
        {
            all.insert(name, value);
        }
    }
    // The SDK says who calls; what it says is part of the signature.
    all.remove(http::header::USER_AGENT);
    all
}
