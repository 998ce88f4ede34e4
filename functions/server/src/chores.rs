//! What a server does beside answering: sweeping leases, rolling hours up, telling of budgets, rotating keys, expiring items, flushing the ledger.
//! On Lambda a schedule does the same through `budget-reset`.

use std::{future::Future, sync::Arc, time::Duration};

use sluice_embedded::Engine;
use sluice_gateway::App;

/// How often expired leases and expired items are looked for.
const EVERY: Duration = Duration::from_secs(30);

/// Does the chores until `stop` is ready.
pub(crate) async fn run(app: Arc<App>, engine: Option<Engine>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = &mut stop => return,
        }
        if let Err(error) = app.store().ledger().sweep(app.clock().now()).await {
            tracing::warn!(error = %error, "the sweep failed; it is tried again");
        }
        if let Err(error) = app.store().rollups().roll(app.clock().now()).await {
            tracing::warn!(error = %error, "hours could not be rolled up; it is tried again");
        }
        if let Err(error) = app.watch_budgets().await {
            tracing::warn!(error = %error, "budgets could not be watched; it is tried again");
        }
        if let Err(error) = Box::pin(app.rotate_keys()).await {
            tracing::warn!(error = %error, "keys could not be rotated; it is tried again");
        }
        if let Some(engine) = engine.clone() {
            engine.sweep_ttl().await;
        }
    }
}
