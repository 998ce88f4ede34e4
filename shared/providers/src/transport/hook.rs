//! A message to an address that the operator has named: Slack's, or a program's.

use std::time::Duration;

use reqwest::{Url, header::CONTENT_TYPE};
use serde_json::Value;

use super::{Transport, fault::chain};
use crate::Redacted;

/// Longest time for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

// === impl Transport ===

impl Transport {
    /// Posts a message as JSON. Redirects are not followed. `id` is the same if the message has to be
    /// sent again: it goes along as `x-sluice-alert-id`.
    ///
    /// # Errors
    /// Why it was not taken, for the operator. The address is a secret, and is not told.
    pub async fn post_hook(
        &self,
        address: &Redacted<String>,
        id: &str,
        message: &Value,
    ) -> Result<(), String> {
        let url = Url::parse(address.expose().trim()).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| "the address is no URL of http or https".to_owned())?;
        let post = self.inner.clients.usual().post(url).timeout(PATIENCE);
        let post = post.header(CONTENT_TYPE, "application/json").header("x-sluice-alert-id", id);
        let sent = post.body(message.to_string()).send().await;
        let mut answer = sent.map_err(|error| chain(&error.without_url()))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let told = answer.chunk().await.ok().flatten().unwrap_or_default();
        let told = String::from_utf8_lossy(&told).chars().take(300).collect::<String>();
        Err(format!("it answered {status}: {told}"))
    }
}
