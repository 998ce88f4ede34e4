//! `sluice audit verify`: whether the audit log is what was written.

use std::{error::Error, fs, path::Path, process::ExitCode};

use sluice_store::{Head, Report};

use crate::{
    args::Verify,
    verify::{self, Verdict},
};

/// Prints what is wrong and where.
pub(crate) fn verify(wanted: &Verify) -> ExitCode {
    let verdict = checked(wanted)
        .map(|report| Verdict { text: told(&report), sound: report.findings.is_empty() });
    verify::tell("sluice audit verify", verdict)
}

fn checked(wanted: &Verify) -> Result<Report, Box<dyn Error>> {
    let noted: Vec<Head> = match &wanted.noted {
        None => Vec::new(),
        Some(file) => serde_json::from_str(&read(file)?)
            .map_err(|error| format!("{}: {error}", file.display()))?,
    };
    let report =
        verify::read(&wanted.tables, async |store| Ok(store.audit().verify(&noted).await?))?;
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
