//! What goes wrong between a client and DynamoDB, on demand.
//!
//! No local engine has conflicts, throttling or a network. They are where the money bugs are, so
//! this wrapper makes them: in a script (the next request for an operation meets the next fault),
//! or in a storm (so many of a hundred, by a seeded die).

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};

use crate::{
    connector::{operation, respond},
    dispatch::Outcome,
    partial::first_only,
};

/// How much longer a slow request takes.
const SLOW: Duration = Duration::from_millis(15);

/// A fault that an operation meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The request never arrives.
    LostBefore,
    /// The request is carried out and its answer never arrives.
    LostAfter,
    /// `ProvisionedThroughputExceededException`: too much on one partition.
    Throttled,
    /// `InternalServerError`.
    Internal,
    /// `TransactionConflictException`: a transaction holds the item. A transaction meets it as
    /// [`Fault::Cancelled`].
    Conflict,
    /// `TransactionCanceledException` because of another transaction. Not met by operations that
    /// are no transactions.
    Cancelled,
    /// It is carried out, and others overtake it before.
    Slow,
    /// Of a batch only the first item is done; the others come back unprocessed. Not met by
    /// operations that are no batches.
    Unprocessed,
}

/// An HTTP client that has faults. Clones share them.
#[derive(Debug, Clone)]
pub struct Faulty {
    inner: SharedHttpClient,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    /// By operation, what its next requests meet; `None` is nothing.
    script: HashMap<String, VecDeque<Option<Fault>>>,
    storm: Option<Storm>,
    seen: HashMap<String, usize>,
    met: usize,
}

#[derive(Debug)]
struct Storm {
    die: u64,
    percent: u64,
    faults: Vec<Fault>,
}

#[derive(Debug)]
struct FaultyConnector {
    faults: Faulty,
    inner: SharedHttpConnector,
}

// === impl Faulty ===

impl Faulty {
    /// Wraps a client; until it is told something it does nothing.
    pub fn new(inner: impl HttpClient + 'static) -> Self {
        Self { inner: SharedHttpClient::new(inner), plan: Arc::default() }
    }

    /// The next request for `operation` (`UpdateItem`...) that has no fault yet meets this one.
    pub fn next(&self, operation: &str, fault: Fault) {
        self.plan(|plan| {
            plan.script.entry(operation.to_owned()).or_default().push_back(Some(fault))
        });
    }

    /// So many requests for `operation` meet nothing, before what is told next.
    pub fn spare(&self, operation: &str, count: usize) {
        self.plan(|plan| {
            let script = plan.script.entry(operation.to_owned()).or_default();
            script.extend(std::iter::repeat_n(None, count));
        });
    }

    /// From now on `percent` of a hundred requests meet one of `faults`. The die falls the same way
    /// for the same `seed`; which request it falls on depends on their order.
    pub fn storm(&self, seed: u64, percent: u8, faults: &[Fault]) {
        let percent = u64::from(percent);
        self.plan(|plan| {
            plan.storm = Some(Storm { die: seed | 1, percent, faults: faults.to_vec() })
        });
    }

    /// Ends the storm and tears up the script.
    pub fn clear(&self) {
        self.plan(|plan| (plan.storm, plan.script) = (None, HashMap::new()));
    }

    /// Scripted faults that nobody has met yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.plan(|plan| plan.script.values().flatten().flatten().count())
    }

    /// Faults that were met.
    #[must_use]
    pub fn met(&self) -> usize {
        self.plan(|plan| plan.met)
    }

    /// Requests for `operation` so far.
    #[must_use]
    pub fn seen(&self, operation: &str) -> usize {
        self.plan(|plan| plan.seen.get(operation).copied().unwrap_or(0))
    }

    fn plan<T>(&self, with: impl FnOnce(&mut Plan) -> T) -> T {
        with(&mut self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpClient for Faulty {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { faults: self.clone(), inner })
    }
}

// === impl Plan ===

impl Plan {
    fn draw(&mut self, operation: &str) -> Option<Fault> {
        *self.seen.entry(operation.to_owned()).or_default() += 1;
        let scripted = self.script.get_mut(operation).and_then(VecDeque::pop_front);
        let fault = scripted
            .unwrap_or_else(|| self.storm.as_mut().and_then(Storm::draw))
            .and_then(|fault| fault.at(operation))?;
        self.met += 1;
        Some(fault)
    }
}

// === impl Storm ===

impl Storm {
    fn draw(&mut self) -> Option<Fault> {
        if self.roll() % 100 >= self.percent {
            return None;
        }
        let sides = u64::try_from(self.faults.len()).ok().filter(|sides| *sides > 0)?;
        let side = usize::try_from(self.roll() % sides).ok()?;
        self.faults.get(side).copied()
    }

    /// Xorshift.
    fn roll(&mut self) -> u64 {
        self.die ^= self.die << 13;
        self.die ^= self.die >> 7;
        self.die ^= self.die << 17;
        self.die >> 16
    }
}

// === impl Fault ===

impl Fault {
    /// The fault as this operation meets it.
    fn at(self, operation: &str) -> Option<Self> {
        let transaction = operation.starts_with("Transact");
        match self {
            Self::Conflict if transaction => Some(Self::Cancelled),
            Self::Cancelled if !transaction => None,
            Self::Unprocessed if !operation.starts_with("Batch") => None,
            other => Some(other),
        }
    }

    /// What the client is told; `None` where it is told nothing.
    fn answer(self) -> Option<Outcome> {
        let (status, kind) = match self {
            Self::LostBefore | Self::LostAfter | Self::Slow | Self::Unprocessed => return None,
            Self::Throttled => (400, "ProvisionedThroughputExceededException"),
            Self::Internal => (500, "InternalServerError"),
            Self::Conflict => (400, "TransactionConflictException"),
            Self::Cancelled => (400, "TransactionCanceledException"),
        };
        let reasons = match self {
            Self::Cancelled => r#","CancellationReasons":[{"Code":"TransactionConflict"}]"#,
            _ => "",
        };
        let body = format!(
            r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}","message":"on demand"{reasons}}}"#
        );
        Some(Outcome { status, body })
    }
}

// === impl FaultyConnector ===

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let name = operation(&request).unwrap_or_default().to_owned();
        let Some(fault) = self.faults.plan(|plan| plan.draw(&name)) else {
            return self.inner.call(request);
        };
        if fault == Fault::Unprocessed {
            return first_only(&self.inner, request);
        }
        if fault == Fault::Slow {
            let inner = self.inner.clone();
            return HttpConnectorFuture::new(async move {
                tokio::time::sleep(SLOW).await;
                inner.call(request).await
            });
        }
        let done = (fault == Fault::LostAfter).then(|| self.inner.call(request));
        HttpConnectorFuture::new(async move {
            if let Some(done) = done {
                done.await?;
            }
            match fault.answer() {
                Some(outcome) => respond(outcome),
                None => Err(ConnectorError::timeout("no answer, on demand".into())),
            }
        })
    }
}
