//! The function's environment, read in this one place.

use sluice_gateway::config::Environment;

/// The real environment.
#[derive(Debug, Clone, Copy)]
pub struct Process;

impl Environment for Process {
    fn var(&self, name: &str) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}
