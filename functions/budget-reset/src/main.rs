//! Lambda function on a schedule: resolves the leases of calls that never came back, rolls hours up,
//! tells of budgets that run out, and gives keys another plaintext that ask for it.
//!
//! Windows need no job: a new one begins at its instant, because its id is computed from the
//! clock. What is left to a schedule is what a dead process could not do itself.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_gateway::App;

fn main() -> Result<(), lambda_runtime::Error> {
    sluice_lambda::block_on(async {
        let app = sluice_lambda::boot().await?;
        sluice_lambda::schedule(app, sweep).await
    })
}

async fn sweep(app: Arc<App>) -> Result<Value, lambda_runtime::Error> {
    let report = app.store().ledger().sweep(app.clock().now()).await?;
    let rolled = app.store().rollups().roll(app.clock().now()).await?;
    let watched = app.watch_budgets().await?;
    let rotated = Box::pin(app.rotate_keys()).await?;
    Ok(json!({
        "guards": report.guards,
        "expired": report.expired,
        "corrected": report.corrected,
        "rolled_up": rolled.hours,
        "rolled_up_again": rolled.again,
        "alerts": watched.made,
        "alerts_told": watched.told,
        "alerts_failed": watched.failed,
        "keys_rotated": rotated.rotated,
        "keys_not_rotated": rotated.failed,
    }))
}
