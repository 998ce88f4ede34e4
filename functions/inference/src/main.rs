//! Lambda function: every route that calls a model, streaming.

use sluice_gateway::http;

fn main() -> Result<(), lambda_runtime::Error> {
    sluice_lambda::block_on(async {
        let app = sluice_lambda::boot().await?;
        sluice_lambda::serve(http::inference(app)).await
    })
}
