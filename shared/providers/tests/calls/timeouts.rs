//! Each wait ends with its own fault.

use std::time::Duration;

use crate::support::{Server, Step, call, chunk, chunked, deployment, drain, transport};
use sluice_providers::{Answer, Timeouts};
use sluice_wire::{Fault, FaultKind};

const SHORT: Duration = Duration::from_millis(40);

fn timed_out(fault: &Fault, what: &str) {
    assert_eq!((fault.kind, fault.status), (FaultKind::Timeout, 408), "{fault}");
    assert!(fault.message.contains(what), "{fault}");
}

async fn stalling_after(steps: usize) -> Server {
    Server::start(move |_, _| {
        let all = [
            Step::Send(chunked("text/event-stream")),
            Step::Send(chunk(b"data: 1\n\n")),
            Step::Send(chunk(b"data: 2\n\n")),
        ];
        all.into_iter().take(steps).chain([Step::Stall]).collect()
    })
    .await
}

async fn send(server: &Server, stream: bool, timeouts: Timeouts) -> Result<Answer, Fault> {
    let mut slow = deployment("openai/m", &server.url);
    slow.timeouts = timeouts;
    transport().send(&slow, call(stream)).await
}

#[tokio::test]
async fn gives_up_on_a_connection_that_is_never_made() {
    // The TLS handshake is never answered.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let mut silent = deployment("openai/m", &url);
    silent.timeouts = Timeouts { connect: SHORT, ..Timeouts::default() };
    let fault = transport().send(&silent, call(false)).await.unwrap_err();
    timed_out(&fault, "No connection");
}

#[tokio::test]
async fn gives_up_on_a_first_byte_that_never_comes() {
    let timeouts = Timeouts { first_byte: SHORT, ..Timeouts::default() };
    for (steps, stream) in [(0, false), (0, true), (1, true)] {
        let server = stalling_after(steps).await;
        timed_out(&send(&server, stream, timeouts).await.unwrap_err(), "No first byte");
    }
}

#[tokio::test]
async fn gives_up_on_a_stream_that_falls_silent() {
    let server = stalling_after(3).await;
    let answer = send(&server, true, Timeouts { idle: SHORT, ..Timeouts::default() }).await;
    let (bytes, end) = drain(answer.unwrap()).await;
    assert_eq!(bytes, b"data: 1\n\ndata: 2\n\n");
    timed_out(&end.unwrap_err(), "No next chunk");
}

#[tokio::test]
async fn gives_up_when_the_whole_takes_too_long() {
    let timeouts = Timeouts { total: SHORT, ..Timeouts::default() };
    let server = stalling_after(2).await;
    // The first chunk may be within the time or not; either way the whole is not.
    let fault = match send(&server, true, timeouts).await {
        Ok(answer) => drain(answer).await.1.unwrap_err(),
        Err(fault) => fault,
    };
    timed_out(&fault, "No whole answer");
}

#[tokio::test]
async fn takes_other_timeouts_for_one_call() {
    let server = stalling_after(0).await;
    let timeouts = Timeouts { first_byte: SHORT, ..Timeouts::default() };
    let patient = deployment("openai/m", &server.url);
    let sent = transport().send_within(&patient, call(false), timeouts).await;
    timed_out(&sent.unwrap_err(), "No first byte");
}
