//! A race of processes for one small budget. `race` keeps the store, starts callers, kills some of
//! them at random, and checks the books when all is over; `call` is one caller.

mod books;
mod caller;
mod driver;
mod hot;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use sluice_store::LedgerMode;

/// What the processes are told.
#[derive(Debug, Parser)]
enum Task {
    /// Runs the race and checks the books.
    Race {
        /// How the callers keep their books.
        #[arg(long, default_value = "strict")]
        modes: Modes,
        /// Calls in all.
        #[arg(long, default_value_t = 10_000)]
        calls: usize,
        /// Where the store is; one of its own on a file where nothing is said.
        #[arg(long)]
        url: Option<String>,
        /// What chance begins with.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measures how many calls a second one budget is good for.
    Hot {
        /// For how long, in seconds.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Calls under way at a time.
        #[arg(long, default_value_t = 64)]
        callers: usize,
        /// On a file, where every write waits for the disk.
        #[arg(long)]
        file: bool,
    },
    /// Makes calls until it is killed, or has made enough.
    Call {
        /// Where the store is.
        #[arg(long)]
        url: String,
        /// The key.
        #[arg(long)]
        key: String,
        /// How it keeps its books.
        #[arg(long)]
        batched: bool,
        /// What chance begins with.
        #[arg(long)]
        seed: u64,
    },
}

/// How the callers of a race keep their books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Modes {
    /// All strictly.
    Strict,
    /// All in batches.
    Batched,
    /// Half of them each way.
    Mixed,
}

/// Why it did not end well.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(Task::parse())));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            books::say(&format!("failed: {failure}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task) -> Result<bool, Failure> {
    match task {
        Task::Race { modes, calls, url, seed } => driver::race(modes, calls, url, seed).await,
        Task::Hot { seconds, callers, file } => hot::run(seconds, callers, file).await,
        Task::Call { url, key, batched, seed } => {
            let mode = if batched { LedgerMode::Batched } else { LedgerMode::Strict };
            caller::run(&url, &key, mode, seed).await.map(|()| true)
        }
    }
}
