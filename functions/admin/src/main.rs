//! Lambda function: the management API.

use sluice_gateway::http;

fn main() -> Result<(), lambda_runtime::Error> {
    sluice_lambda::block_on(async {
        let app = sluice_lambda::boot().await?;
        sluice_lambda::serve(http::management(app)).await
    })
}
