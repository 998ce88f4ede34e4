//! A request to a service of AWS for which there is no SDK here, signed by hand.

use std::time::SystemTime;

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;

/// What is signed, and for whom.
pub(crate) struct ToSign<'r> {
    pub(crate) identity: &'r Identity,
    pub(crate) region: &'r str,
    /// The service's name in signatures.
    pub(crate) service: &'r str,
    pub(crate) now: SystemTime,
    pub(crate) method: &'r str,
    pub(crate) url: &'r str,
    pub(crate) headers: &'r [(&'r str, &'r str)],
    pub(crate) body: &'r [u8],
}

/// The headers that a request needs besides its own.
pub(crate) fn signature(request: &ToSign<'_>) -> Result<Vec<(String, String)>, String> {
    let params = v4::SigningParams::builder()
        .identity(request.identity)
        .region(request.region)
        .name(request.service)
        .time(request.now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let headers = request.headers.iter().copied();
    let body = SignableBody::Bytes(request.body);
    let signable = SignableRequest::new(request.method, request.url, headers, body)
        .map_err(|error| error.to_string())?;
    let (instructions, _) =
        sign(signable, &params).map_err(|error| error.to_string())?.into_parts();
    let (added, _) = instructions.into_parts();
    Ok(added.iter().map(|one| (one.name().to_owned(), one.value().to_owned())).collect())
}
