//! Asking one model after the other.

use std::{pin::Pin, sync::Arc};

use axum::response::Response;
use sluice_wire::{Fault, FaultKind};

use super::{Fallback, Fallbacks, Origin};
use crate::{
    App,
    corridor::{Facts, headers, plan},
};

/// What came of asking one model.
pub(in crate::corridor) enum Outcome {
    /// An answer, or a refusal of the gateway's.
    Final(Response),
    /// None of its deployments answered; this is what the caller is told of it.
    Failed(Response, FaultKind),
    /// A budget for this model alone is used up, and these are asked instead.
    Exhausted(Response, Vec<String>),
}

// === impl Outcome ===

impl Outcome {
    /// What the caller is told, where nobody else is asked.
    pub(in crate::corridor) fn response(self) -> Response {
        match self {
            Self::Final(response) | Self::Failed(response, _) | Self::Exhausted(response, _) => {
                response
            }
        }
    }
}

/// A model is being asked.
pub(in crate::corridor) type Asking = Pin<Box<dyn Future<Output = Result<Outcome, Fault>> + Send>>;

/// Refuses a call that names a fallback which there is not, or which its caller may not use.
pub(in crate::corridor) fn check(
    app: &App,
    facts: &Facts,
    fallbacks: &Fallbacks,
    requested: &str,
) -> Result<(), Fault> {
    for fallback in fallbacks.all(requested) {
        plan::group(app, facts, &fallback.model).map_err(|fault| fault.with_param("fallbacks"))?;
    }
    Ok(())
}

/// Asks the fallbacks, where the model that was asked for has failed, or its own budget is used up. When
/// none of them answers the caller is told of the last that was asked.
pub(in crate::corridor) async fn through(
    app: &Arc<App>,
    facts: &Facts,
    fallbacks: &Fallbacks,
    origin: &Origin,
    first: Outcome,
    ask: impl Fn(Origin, Facts) -> Asking + Sync,
) -> Result<Response, Fault> {
    let (mut response, others) = match first {
        Outcome::Final(response) => return Ok(response),
        Outcome::Failed(response, kind) => {
            (response, fallbacks.after(kind, &facts.requested).into_iter().cloned().collect())
        }
        Outcome::Exhausted(response, models) => (response, Fallback::all(models)),
    };
    let mut asked = 0;
    for fallback in &others {
        let outcome = match (origin.instead(fallback), facts.again(app)) {
            (Ok(origin), Ok(facts)) => ask(origin, facts).await,
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
        };
        match outcome {
            Ok(Outcome::Final(mut answer)) if answer.status().is_success() => {
                headers::fallbacks(answer.headers_mut(), asked + 1);
                return Ok(answer);
            }
            Ok(Outcome::Failed(failed, _)) => {
                response = failed;
                asked += 1;
            }
            // It was not asked: its budget or its limits do not allow it, or it cannot take the request.
            Ok(Outcome::Final(_) | Outcome::Exhausted(..)) => {}
            Err(fault) => {
                tracing::warn!(call = %facts.call, model = %fallback.model, fault = %fault,
                    "a fallback was not asked");
            }
        }
    }
    headers::fallbacks(response.headers_mut(), asked);
    Ok(response)
}
