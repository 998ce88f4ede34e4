//! The whole gateway in one process: the laptop's default and the container's image.
//!
//! Thin: it reads the command line and the environment, opens the store, and serves the routers of
//! `sluice-gateway`, the same ones that Lambda serves.

mod args;
mod audit;
mod check;
mod chores;
mod environment;
mod folder;
mod import;
mod keyfile;
mod ledger;
mod leftover;
mod listen;
mod master;
mod secrets;
mod start;
mod store;
mod terminal;
mod tls;
mod token;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use args::{AuditTask, Cli, Command, ImportFrom, LedgerTask};

/// A call makes many small allocations; with the system's allocator they were about a fifth of its cost
/// (docs/adr/0011-allocator.md).
/// (On Lambda, where one call runs at a time, the system's is as good and starts sooner.)
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Check { config }) => return check::run(&config),
        Some(Command::Token(wanted)) => return token::run(wanted),
        Some(Command::Audit { task: AuditTask::Verify(wanted) }) => return audit::verify(&wanted),
        Some(Command::Ledger { task: LedgerTask::Verify(wanted) }) => {
            return ledger::verify(&wanted);
        }
        Some(Command::Import { from: ImportFrom::Litellm(wanted) }) => {
            return import::litellm(&wanted);
        }
        None => {}
    }
    tracing_subscriber::fmt()
        .with_env_filter(environment::log_filter())
        .with_writer(std::io::stderr)
        .init();
    match start::run(cli.serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("sluice: {error}"));
            ExitCode::FAILURE
        }
    }
}
