//! Runs the fakes by hand, for tests in other languages and for benchmarks.
//!
//! Prints one line of JSON with their URLs, then runs until standard input ends or SIGTERM comes,
//! so that they never outlive the process that started them.

use std::io::{self, Read as _, Write as _};

use serde_json::json;
use sluice_fakes::{ACCESS_KEY_ID, Fakes, LITELLM_KEY, SECRET_ACCESS_KEY};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

#[tokio::main]
async fn main() -> io::Result<()> {
    let fakes = Fakes::start().await?;
    let urls = json!({
        "openai": fakes.openai_url,
        "anthropic": fakes.anthropic_url,
        "gemini": fakes.gemini_url,
        "bedrock": fakes.bedrock_url,
        "bedrock_agent": fakes.bedrock_agent_url,
        "sagemaker": fakes.sagemaker_url,
        "secretsmanager": fakes.secretsmanager_url,
        "kms": fakes.kms_url,
        "sts": fakes.sts_url,
        "litellm": fakes.litellm_url,
        "litellm_key": LITELLM_KEY,
        "access_key_id": ACCESS_KEY_ID,
        "secret_access_key": SECRET_ACCESS_KEY,
    });
    let mut out = io::stdout();
    writeln!(out, "{urls}")?;
    out.flush()?;

    let (ended, end) = oneshot::channel::<()>();
    // A thread of its own: a read of standard input cannot be cancelled.
    std::thread::spawn(move || {
        let mut rest = Vec::new();
        drop(io::stdin().read_to_end(&mut rest));
        drop(ended);
    });
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = end => {}
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    Ok(())
}
