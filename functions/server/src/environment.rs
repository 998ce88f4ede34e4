//! The process's environment, read in this one place.

use sluice_gateway::config::Environment;
use tracing_subscriber::EnvFilter;

/// The real environment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process;

impl Environment for Process {
    fn var(&self, name: &str) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
        std::env::var(name).ok()
    }
}

/// What is logged: `SLUICE_LOG` or `RUST_LOG`, else warnings.
pub(crate) fn log_filter() -> EnvFilter {
    let wanted = Process.var("SLUICE_LOG").or_else(|| Process.var("RUST_LOG"));
    wanted
        .and_then(|filter| EnvFilter::try_new(filter).ok())
        .unwrap_or_else(|| EnvFilter::new("warn"))
}
