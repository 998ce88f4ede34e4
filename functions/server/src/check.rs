//! `sluice check`: what is wrong with a configuration, said without starting.

use std::{path::Path, process::ExitCode};

use crate::{start, terminal};

/// Prints every finding; fails when one is an error.
pub(crate) fn run(config: &Path) -> ExitCode {
    match start::configuration(Some(config)) {
        Ok(checked) => {
            for finding in &checked.findings {
                terminal::say(&format!("{finding}\n"));
            }
            match checked.config {
                Some(config) => {
                    terminal::say(&format!(
                        "{}: ok, {} deployment(s)\n",
                        checked.file,
                        config.deployments.len()
                    ));
                    ExitCode::SUCCESS
                }
                None => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            terminal::complain(&format!("sluice check: {error}"));
            ExitCode::FAILURE
        }
    }
}
