//! The result of reading a configuration.

use std::fmt;

use super::{Config, Finding, Level};

/// A configuration, if it has no error, and everything that was found in it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The file that was read.
    pub file: String,
    /// The configuration; `None` when a finding is an error.
    pub config: Option<Config>,
    /// What was found, by file and line.
    pub findings: Vec<Finding>,
}

// === impl Checked ===

impl Checked {
    /// A configuration that needs no checking.
    #[must_use]
    pub fn ok(config: Config) -> Self {
        Self { file: "built-in".to_owned(), config: Some(config), findings: Vec::new() }
    }

    /// The findings that keep the gateway from starting.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.level == Level::Error)
    }
}

impl fmt::Display for Checked {
    /// One finding a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}
