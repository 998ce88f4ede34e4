//! `sluice ledger verify`: whether accounts and roll-ups are what the usage rows add up to.

use std::{error::Error, fs, process::ExitCode, sync::Arc};

use sluice_providers::{Transport, TransportOptions};
use sluice_store::{Books, SystemClock};

use crate::{
    args::{Ledger, StoreAt, VerifyLedger},
    store, terminal,
};

/// The exit code where the tables cannot be read.
const UNREADABLE: u8 = 3;

/// Prints each number that is not as the rows say. Exit code 0 where there is none, 1 where there is, 3
/// where they cannot be read (2 is a wrong command line).
pub(crate) fn verify(wanted: &VerifyLedger) -> ExitCode {
    match checked(wanted) {
        Ok(books) => {
            terminal::say(&told(&books));
            match books.differences.is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            terminal::complain(&format!("sluice ledger verify: {error}"));
            ExitCode::from(UNREADABLE)
        }
    }
}

fn checked(wanted: &VerifyLedger) -> Result<Books, Box<dyn Error>> {
    if wanted.tables.store == StoreAt::Embedded {
        // Opening it would make it.
        let file = wanted.tables.data_dir.join("store.db");
        fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let transport = Transport::new(TransportOptions::default())?;
    runtime.block_on(async {
        let clock = Arc::new(SystemClock);
        let opened = store::open(&wanted.tables, Ledger::Strict, clock, &transport).await?;
        let rollups = opened.store.rollups();
        let books = rollups.verify().await?;
        if wanted.repair {
            let mut hours: Vec<_> = books.differences.iter().filter_map(|one| one.hour).collect();
            hours.dedup();
            rollups.repair(&hours).await?;
        }
        Ok(books)
    })
}

fn told(books: &Books) -> String {
    let mut text: String = books
        .differences
        .iter()
        .map(|one| {
            let (subject, measure) = (&one.subject, one.measure);
            let off = i128::from(one.kept) - i128::from(one.rows);
            format!("{subject}: {measure} is {}, rows say {} ({off:+})\n", one.kept, one.rows)
        })
        .collect();
    let verdict = match books.differences.len() {
        0 => "ok".to_owned(),
        count => format!("{count} difference(s), money in nano-dollars"),
    };
    text.push_str(&format!(
        "ledger: {verdict}; {} row(s), {} account(s), {} of them in motion, {} roll-up(s)\n",
        books.rows, books.keys, books.moving, books.hours
    ));
    text
}
