//! A closed-loop load: so many connections, each sending its next call when the last is answered.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use clap::Args;
use http::{
    Request,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{net::TcpStream, task::JoinSet};

use crate::{Failure, report};

/// What load to make.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// Where to.
    #[arg(long)]
    to: SocketAddr,
    /// Path.
    #[arg(long, default_value = "/v1/chat/completions")]
    path: String,
    /// Key.
    #[arg(long, default_value = "sk-bench")]
    key: String,
    /// Model.
    #[arg(long, default_value = "plain")]
    model: String,
    /// Ask for a stream.
    #[arg(long)]
    stream: bool,
    /// Connections.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Calls in all.
    #[arg(long, default_value_t = 10_000)]
    calls: usize,
    /// Bytes of prompt.
    #[arg(long, default_value_t = 1_700)]
    prompt: usize,
}

#[derive(Default)]
struct Tally {
    latencies: Vec<Duration>,
    first_chunks: Vec<Duration>,
    errors: usize,
    chunks: usize,
}

/// Makes the load and prints what was seen.
pub(crate) async fn run(plan: Plan) -> Result<(), Failure> {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    let each = plan.calls / plan.connections.max(1);
    for _ in 0..plan.connections {
        tasks.spawn(connection(plan.clone(), each));
    }
    let mut all = Tally::default();
    while let Some(tally) = tasks.join_next().await {
        let tally = tally??;
        all.latencies.extend(tally.latencies);
        all.first_chunks.extend(tally.first_chunks);
        all.errors += tally.errors;
        all.chunks += tally.chunks;
    }
    let wall = started.elapsed();
    all.latencies.sort_unstable();
    all.first_chunks.sort_unstable();
    report::line(
        &json!({
            "calls": all.latencies.len(),
            "errors": all.errors,
            "chunks": all.chunks,
            "wall_s": wall.as_secs_f64(),
            "p50_us": at(&all.latencies, 50),
            "p99_us": at(&all.latencies, 99),
            "first_chunk_p50_us": at(&all.first_chunks, 50),
            "first_chunk_p99_us": at(&all.first_chunks, 99),
        })
        .to_string(),
    )?;
    Ok(())
}

fn at(sorted: &[Duration], percent: usize) -> Option<u128> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get(last * percent / 100).map(Duration::as_micros)
}

async fn connection(plan: Plan, calls: usize) -> Result<Tally, Failure> {
    let socket = TcpStream::connect(plan.to).await?;
    socket.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let text = "lorem ipsum dolor sit amet ".repeat(plan.prompt / 27 + 1);
    let body = Bytes::from(
        json!({
            "model": plan.model,
            "stream": plan.stream,
            "temperature": 0.7,
            "max_tokens": 256,
            "messages": [
                { "role": "system", "content": "You are a helpful assistant." },
                { "role": "user", "content": text.get(..plan.prompt).unwrap_or(&text) },
            ],
        })
        .to_string(),
    );
    let mut tally = Tally::default();
    for _ in 0..calls {
        let request = Request::post(&plan.path)
            .header(HOST, plan.to.to_string())
            .header(AUTHORIZATION, format!("Bearer {}", plan.key))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.clone()))?;
        let sent = Instant::now();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let ok = response.status().is_success();
        let mut incoming = response.into_body();
        let mut first = None;
        let mut whole = true;
        while let Some(frame) = incoming.frame().await {
            match frame {
                Ok(_) => {
                    first.get_or_insert_with(|| sent.elapsed());
                    tally.chunks += 1;
                }
                Err(_) => whole = false,
            }
        }
        tally.latencies.push(sent.elapsed());
        tally.first_chunks.extend(first);
        if !ok || !whole {
            tally.errors += 1;
        }
    }
    Ok(tally)
}
