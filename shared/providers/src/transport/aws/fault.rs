//! The SDK's failures as faults.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use sluice_wire::{Fault, FaultKind, Retry};

use crate::{
    Deployment, Provider,
    transport::fault::{self, Wait, chain},
};

/// A call that got no answer.
pub(crate) fn of_sdk<E>(deployment: &Deployment, error: &SdkError<E, HttpResponse>) -> Fault
where
    E: Error + Send + Sync + 'static,
{
    let provider = deployment.provider;
    let timeout = matches!(error, SdkError::DispatchFailure(failure) if failure.is_timeout());
    if timeout || matches!(error, SdkError::TimeoutError(_)) {
        return fault::timeout(provider, Wait::Connect, deployment.timeouts.connect);
    }
    if has_cause::<CredentialsError>(error) {
        return fault::credential(provider, chain(error));
    }
    match error {
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            fault::connection(provider, chain(error))
        }
        SdkError::ConstructionFailure(_) | SdkError::DispatchFailure(_) => {
            unsendable(provider, chain(error))
        }
        _ => fault::truncated(provider, chain(error)).with_retry(Retry::Again),
    }
}

/// The SDK refuses to send: no region, no identity for the scheme, an endpoint that is no URL.
fn unsendable(provider: &Provider, detail: String) -> Fault {
    // Endpoint and identity failures have types of their own that are not public.
    if detail.contains("identity") || detail.contains("credential") || detail.contains("token") {
        return fault::credential(provider, detail);
    }
    Fault::new(
        FaultKind::Unavailable,
        format!("{}: the AWS settings of this model do not make a request", provider.name),
    )
    .with_status(500)
    .with_retry(Retry::Elsewhere)
    .with_detail(detail)
}

fn has_cause<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<T>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The SDK says that all is well, and there is no answer. It cannot be, and must not be silent.
pub(crate) fn unanswered(deployment: &Deployment) -> Fault {
    fault::truncated(deployment.provider, "the SDK returned without an answer")
}
