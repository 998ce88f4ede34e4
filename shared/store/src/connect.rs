//! A client of the real DynamoDB, by the usual AWS environment.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::{Client, config::timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// Region, credentials and endpoint (`AWS_ENDPOINT_URL_DYNAMODB`) as every AWS SDK finds them; over
/// the process's one HTTP client for AWS. A straggling answer is asked for again: every write of
/// the ledger is safe to repeat.
pub async fn connect(http: SharedHttpClient) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(std::time::Duration::from_secs(2))
        .operation_attempt_timeout(std::time::Duration::from_secs(3))
        .operation_timeout(std::time::Duration::from_secs(10))
        .build();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .load()
        .await;
    Client::new(&config)
}
