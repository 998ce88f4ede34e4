//! What is told of every call: one structured line, from which CloudWatch makes metrics (EMF)
//! without an API call. Never content, never a key.

mod emf;

use std::{
    fmt,
    io::Write,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sluice_store::UsageRow;
use sluice_wire::Dialect;

use crate::pricing::Breakdown;

/// Where the lines go.
pub struct Telemetry {
    sink: Option<Mutex<Box<dyn Write + Send>>>,
}

/// What a line says beside the usage row.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// The caller's dialect.
    pub dialect: Dialect,
    /// The whole call.
    pub duration: Duration,
    /// It was answered.
    pub ok: bool,
}

/// One call's line.
#[derive(Debug)]
pub struct Line<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// The usage row.
    pub row: &'a UsageRow,
    /// What it cost, by part.
    pub cost: &'a Breakdown,
    /// What of the answer the caller's dialect has no words for.
    pub untold: &'a [String],
}

// === impl Telemetry ===

impl Telemetry {
    /// Says nothing.
    #[must_use]
    pub fn off() -> Self {
        Self { sink: None }
    }

    /// Writes lines to `sink`: standard output on Lambda, where CloudWatch reads it.
    #[must_use]
    pub fn to(sink: impl Write + Send + 'static) -> Self {
        Self { sink: Some(Mutex::new(Box::new(sink))) }
    }

    /// Writes one call's line. A sink that fails is not worth failing a call for.
    pub(crate) fn line(&self, line: &Line<'_>) {
        let Some(sink) = &self.sink else { return };
        let mut text = emf::render(line);
        text.push(b'\n');
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = sink.write_all(&text).and_then(|()| sink.flush()) {
            tracing::warn!(error = %error, "a call's line could not be written");
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("on", &self.sink.is_some()).finish()
    }
}
