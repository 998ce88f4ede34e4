//! A program that is told of things, as Slack is and whoever takes webhooks.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::Notify, task::JoinSet};

/// The status at which a hook takes a message and never answers.
const SILENT: u16 = 0;

/// The program, until it is dropped.
pub(crate) struct Hook {
    pub(crate) url: String,
    seen: Arc<Seen>,
    _task: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    messages: Mutex<Vec<(String, Value)>>,
    status: AtomicU16,
    came: Notify,
}

// === impl Hook ===

impl Hook {
    /// Starts one that takes everything.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        seen.status.store(200, Ordering::SeqCst);
        let router = Router::new().fallback(take).with_state(Arc::clone(&seen));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, seen, _task: task }
    }

    /// What it answers from now on.
    pub(crate) fn answers(&self, status: u16) {
        self.seen.status.store(status, Ordering::SeqCst);
    }

    /// From now on it takes messages and does not answer.
    pub(crate) fn falls_silent(&self) {
        self.answers(SILENT);
    }

    /// Waits for a message.
    pub(crate) async fn hears(&self) {
        self.seen.came.notified().await;
    }

    /// What it was told, with the id that each message carried.
    pub(crate) fn told(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut *self.seen.messages.lock().unwrap())
    }

    /// The events that it was told of.
    pub(crate) fn events(&self) -> Vec<String> {
        let event = |(_, message): (String, Value)| message["event"].as_str().unwrap().to_owned();
        self.told().into_iter().map(event).collect()
    }
}

async fn take(State(seen): State<Arc<Seen>>, headers: HeaderMap, body: String) -> StatusCode {
    let id = headers.get("x-sluice-alert-id").map(|id| id.to_str().unwrap().to_owned());
    let message = serde_json::from_str(&body).unwrap();
    seen.messages.lock().unwrap().push((id.unwrap_or_default(), message));
    seen.came.notify_one();
    match seen.status.load(Ordering::SeqCst) {
        SILENT => std::future::pending().await,
        status => StatusCode::from_u16(status).unwrap(),
    }
}
