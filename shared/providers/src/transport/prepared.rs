//! What a deployment's every call has in common, worked out once.

use std::{fmt, sync::OnceLock};

use sluice_wire::{Fault, FaultKind, Retry};

use super::{
    aws::{bedrock::Bedrock, sagemaker::SageMaker},
    http::HttpPrepared,
};
use crate::Deployment;

/// A deployment's cache. A clone starts empty, because a clone is made to be changed.
#[derive(Default)]
pub(crate) struct Prepared {
    http: OnceLock<Result<HttpPrepared, String>>,
    pub(super) bedrock: Bedrock,
    pub(super) sagemaker: SageMaker,
}

// === impl Prepared ===

impl Prepared {
    /// The URL and headers of an HTTP deployment.
    pub(crate) fn http<'a>(&'a self, deployment: &Deployment) -> Result<&'a HttpPrepared, Fault> {
        let prepared = self.http.get_or_init(|| HttpPrepared::new(deployment));
        prepared.as_ref().map_err(|reason| Self::misconfigured(deployment, reason))
    }

    /// A deployment that cannot be called as it is configured.
    pub(crate) fn misconfigured(deployment: &Deployment, reason: &str) -> Fault {
        Fault::new(
            FaultKind::Unavailable,
            format!("deployment `{}` is misconfigured", deployment.group),
        )
        .with_status(500)
        .with_retry(Retry::Elsewhere)
        .with_detail(format!("{} ({}): {reason}", deployment.name, deployment.id))
    }
}

impl Clone for Prepared {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared")
    }
}
