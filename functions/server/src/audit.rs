//! `sluice audit verify`: whether the audit log is what was written.

use std::{error::Error, fs, path::Path, process::ExitCode, sync::Arc};

use sluice_providers::{Transport, TransportOptions};
use sluice_store::{Head, Report, SystemClock};

use crate::{
    args::{Ledger, StoreAt, Verify},
    store, terminal,
};

/// The exit code where the log cannot be read.
const UNREADABLE: u8 = 3;

/// Prints what is wrong and where. Exit code 0 for a log that is whole, 1 for one that is not, 3 where
/// it cannot be read (2 is a wrong command line).
pub(crate) fn verify(wanted: &Verify) -> ExitCode {
    match checked(wanted) {
        Ok(report) => {
            terminal::say(&told(&report));
            match report.findings.is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            terminal::complain(&format!("sluice audit verify: {error}"));
            ExitCode::from(UNREADABLE)
        }
    }
}

fn checked(wanted: &Verify) -> Result<Report, Box<dyn Error>> {
    let noted: Vec<Head> = match &wanted.noted {
        None => Vec::new(),
        Some(file) => serde_json::from_str(&read(file)?)
            .map_err(|error| format!("{}: {error}", file.display()))?,
    };
    if wanted.tables.store == StoreAt::Embedded {
        // Opening it would make it.
        let file = wanted.tables.data_dir.join("store.db");
        fs::metadata(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let transport = Transport::new(TransportOptions::default())?;
    let report = runtime.block_on(async {
        let opened =
            store::open(&wanted.tables, Ledger::Strict, Arc::new(SystemClock), &transport).await?;
        Ok::<_, Box<dyn Error>>(opened.store.audit().verify(&noted).await?)
    })?;
    if let Some(file) = wanted.note.as_ref().filter(|_| report.findings.is_empty()) {
        let heads = serde_json::to_string_pretty(&report.heads)?;
        fs::write(file, heads + "\n").map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(report)
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn told(report: &Report) -> String {
    let Report { heads, rows, expired, findings } = report;
    let mut text: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    let verdict = match findings.len() {
        0 => "ok".to_owned(),
        count => format!("{count} finding(s)"),
    };
    text.push_str(&format!(
        "audit log: {verdict}; {rows} row(s) in {} chain(s), {expired} expired\n",
        heads.len()
    ));
    text
}
