//! `sluice ledger verify`: whether accounts and roll-ups are what the usage rows add up to.

use std::{error::Error, process::ExitCode};

use sluice_store::Books;

use crate::{
    args::VerifyLedger,
    verify::{self, Verdict},
};

/// Prints each number that is not as the rows say.
pub(crate) fn verify(wanted: &VerifyLedger) -> ExitCode {
    let verdict = checked(wanted)
        .map(|books| Verdict { text: told(&books), sound: books.differences.is_empty() });
    verify::tell("sluice ledger verify", verdict)
}

fn checked(wanted: &VerifyLedger) -> Result<Books, Box<dyn Error>> {
    verify::read(&wanted.tables, async |store| {
        let rollups = store.rollups();
        let books = rollups.verify().await?;
        if wanted.repair {
            let mut hours: Vec<_> = books.differences.iter().filter_map(|one| one.hour).collect();
            hours.sort_unstable();
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
