//! A real server on 127.0.0.1 that does exactly what a test tells it, byte for byte.

use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use serde_json::Value;
use sluice_providers::{Answer, AnswerBody, Deployment, Outbound, Transport, TransportOptions};
use sluice_wire::Fault;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What the server does with a request, in order; then it closes the connection, unless the last
/// step keeps it.
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Says nothing more, and does not close.
    Stall,
    /// Waits for the next request on the same connection.
    Keep,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The server; it stops when it is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// `answer` gets each request and how many there were before it.
    pub(crate) async fn start(
        answer: impl Fn(&Seen, usize) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), Arc::clone(&seen));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                connections.spawn(async move { serve(stream, &*answer, &log).await });
            }
        });
        Self { url, seen, _tasks: tasks }
    }

    /// A server that answers everything with one document.
    pub(crate) async fn json(status: u16, body: &str) -> Self {
        let bytes = document(status, "content-type: application/json\r\n", body.as_bytes());
        Self::start(move |_, _| vec![Step::Send(bytes.clone())]).await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen().last().cloned().expect("no request came")
    }
}

async fn serve(
    mut stream: TcpStream,
    answer: &(impl Fn(&Seen, usize) -> Vec<Step> + ?Sized),
    log: &Mutex<Vec<Seen>>,
) {
    'requests: while let Some(request) = read(&mut stream).await {
        let before = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.len() - 1
        };
        for step in answer(&request, before) {
            match step {
                Step::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Stall => std::future::pending().await,
                Step::Keep => continue 'requests,
            }
        }
        return;
    }
}

/// Reads one request.
async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut seen = Seen { line, headers, body: bytes[head + 4..].to_vec() };
    let length: usize = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    while seen.body.len() < length {
        if stream.read_buf(&mut seen.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(seen)
}

/// A response with a length.
pub(crate) fn document(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The head of a chunked response.
pub(crate) fn chunked(content_type: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n")
        .into_bytes()
}

/// One chunk.
pub(crate) fn chunk(data: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", data.len()).into_bytes();
    bytes.extend_from_slice(data);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// The proper end of a chunked response.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

pub(crate) fn transport() -> Transport {
    Transport::new(TransportOptions::default()).unwrap()
}

pub(crate) fn deployment(name: &str, api_base: &str) -> Deployment {
    let mut deployment = Deployment::new("id-1", "group", name).unwrap();
    deployment.api_base = Some(api_base.to_owned());
    deployment
}

pub(crate) fn call(stream: bool) -> Outbound {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"x_unknown":1}"#;
    Outbound { body: body.into(), stream, ..Outbound::default() }
}

pub(crate) fn whole(answer: Answer) -> Vec<u8> {
    match answer.body {
        AnswerBody::Whole(bytes) => bytes.to_vec(),
        AnswerBody::Stream(_) => panic!("a stream, where a whole answer was expected"),
    }
}

/// The bytes of a stream, and how it ended.
pub(crate) async fn drain(answer: Answer) -> (Vec<u8>, Result<(), Fault>) {
    let AnswerBody::Stream(mut stream) = answer.body else {
        panic!("a whole answer, where a stream was expected")
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(fault) => {
                assert!(stream.next().await.is_none(), "something follows the error");
                return (bytes, Err(fault));
            }
        }
    }
    (bytes, Ok(()))
}
