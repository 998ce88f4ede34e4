//! What the commands that verify something have in common: the tables as they are, and a verdict.

use std::{error::Error, fs, process::ExitCode, sync::Arc};

use sluice_providers::{Transport, TransportOptions};
use sluice_store::{Store, SystemClock};

use crate::{
    args::{Ledger, StoreAt, Tables},
    store, terminal,
};

/// The exit code where there is nothing to verify, or it cannot be read.
const UNREADABLE: u8 = 3;

/// What was found, to be printed.
pub(crate) struct Verdict {
    pub(crate) text: String,
    /// Nothing is wrong.
    pub(crate) sound: bool,
}

/// Prints a verdict. Exit code 0 where nothing is wrong, 1 where something is, 3 where there is no
/// verdict (2 is a wrong command line).
pub(crate) fn tell(command: &str, verdict: Result<Verdict, Box<dyn Error>>) -> ExitCode {
    match verdict {
        Ok(Verdict { text, sound }) => {
            terminal::say(&text);
            if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            terminal::complain(&format!("{command}: {error}"));
            ExitCode::from(UNREADABLE)
        }
    }
}

/// Reads tables that are there; an embedded store is not made for it.
pub(crate) fn read<T>(
    tables: &Tables,
    read: impl AsyncFnOnce(Store) -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    if tables.store == StoreAt::Embedded {
        let file = tables.data_dir.join("store.db");
        fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let transport = Transport::new(TransportOptions::default())?;
    runtime.block_on(async {
        let clock = Arc::new(SystemClock);
        let opened = store::open(tables, Ledger::Strict, clock, &transport).await?;
        read(opened.store).await
    })
}
