//! The function's loop.

use std::{future::Future, sync::Arc};

use axum::Router;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, value::RawValue};
use sluice_gateway::{App, config::Environment as _};
use tower::ServiceExt as _;

use crate::{
    answer::{self, Answer, Mode},
    environment::Process,
    event::{self, Kind},
};

/// Runs a function's main future: on one thread where the environment serves one request at a
/// time (below 1,769 MB there is less than one core anyway), on several on Managed Instances.
///
/// # Errors
/// The future's own, or when no runtime can be built.
pub fn block_on(main: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let concurrent = Process
        .var("AWS_LAMBDA_MAX_CONCURRENCY")
        .and_then(|value| value.parse::<usize>().ok())
        .is_some_and(|most| most > 1);
    let mut builder = if concurrent {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    builder.enable_all().build()?.block_on(main)
}

/// Answers HTTP events with `router` until the environment ends.
///
/// # Errors
/// When the Runtime API cannot be reached.
pub async fn serve(router: Router) -> Result<(), Error> {
    let mode = match Process.var("SLUICE_RESPONSE_MODE").as_deref() {
        Some("buffered") => Mode::Buffered,
        _ => Mode::Stream,
    };
    lambda_runtime::run_concurrent(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let router = router.clone();
        async move { Ok::<Answer, Error>(one(router, &event.payload, mode).await) }
    }))
    .await
}

async fn one(router: Router, payload: &RawValue, mode: Mode) -> Answer {
    let Kind::Http(event) = event::read(payload) else { return answer::nothing() };
    let origin = event.origin;
    match router.oneshot(event.request).await {
        Ok(response) => answer::answer(response, &origin, mode).await,
        Err(never) => match never {},
    }
}

/// Runs `work` once for each scheduled event, whatever its payload.
///
/// # Errors
/// When the Runtime API cannot be reached.
pub async fn schedule<F, W>(app: Arc<App>, work: F) -> Result<(), Error>
where
    F: Fn(Arc<App>) -> W + Clone + Send + 'static,
    W: Future<Output = Result<Value, Error>> + Send + 'static,
{
    lambda_runtime::run_concurrent(service_fn(move |_: LambdaEvent<Value>| {
        let (app, work) = (Arc::clone(&app), work.clone());
        async move { work(app).await }
    }))
    .await
}
