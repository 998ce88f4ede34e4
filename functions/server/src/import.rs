//! `sluice import litellm`: what a running LiteLLM proxy manages, carried over into the tables.

use std::{error::Error, process::ExitCode, sync::Arc};

use sluice_embedded::Engine;
use sluice_gateway::{
    App, AppParts, Departure, KeyPlace, SystemRandomness,
    admin::import::{self, Origin, Report},
    config::Environment as _,
    telemetry::Telemetry,
};
use sluice_providers::{Redacted, Transport, TransportOptions};
use sluice_store::{Store, SystemClock, TableNames};

use crate::{
    args::{ImportLitellm, Ledger, StoreAt},
    environment::Process,
    folder, secrets, start, store, terminal,
    verify::{self, Verdict},
};

const COMMAND: &str = "sluice import litellm";
/// The variable that holds LiteLLM's master key, as LiteLLM itself has it.
const VARIABLE: &str = "LITELLM_MASTER_KEY";
/// Nobody is served, so no key opens anything.
const NOBODY: &str = "sk-of-nobody-at-all";

/// Carries it over, or tells what would be.
pub(crate) fn litellm(wanted: &ImportLitellm) -> ExitCode {
    let verdict = imported(wanted).and_then(|report| {
        let text = match wanted.json {
            true => serde_json::to_string_pretty(&report)? + "\n",
            false => report.to_string(),
        };
        Ok(Verdict { text, sound: report.is_whole() })
    });
    verify::tell(COMMAND, verdict)
}

fn imported(wanted: &ImportLitellm) -> Result<Report, Box<dyn Error>> {
    let key = wanted.master_key.clone().or_else(|| Process.var(VARIABLE));
    let key = Redacted::new(key.ok_or(format!("give --master-key, or set {VARIABLE}"))?);
    let checked = start::configuration(wanted.config.as_deref())?;
    for finding in &checked.findings {
        terminal::complain(&finding.to_string());
    }
    let config = checked.config.ok_or("the configuration has errors")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let transport = Transport::new(TransportOptions::default())?;
    let random = Arc::new(SystemRandomness::default());
    runtime.block_on(async {
        let (store, secrets_key) = opened(wanted, &transport, &random).await?;
        let app = App::assemble(AppParts {
            config,
            store,
            transport: transport.clone(),
            clock: Arc::new(SystemClock),
            random,
            telemetry: Telemetry::off(),
            departure: Departure::Drain,
            master_key: NOBODY.to_owned(),
            secrets_key,
        })?;
        let from = Origin { url: &wanted.url, key: &key, transport: &transport };
        Ok(Box::pin(import::litellm(&app, &from, wanted.apply)).await?)
    })
}

/// The tables. Where there are none yet, looking makes none: it looks at empty ones in memory.
async fn opened(
    wanted: &ImportLitellm,
    transport: &Transport,
    random: &SystemRandomness,
) -> Result<(Store, KeyPlace), Box<dyn Error>> {
    let tables = &wanted.tables;
    let clock = Arc::new(SystemClock);
    let there = tables.store != StoreAt::Embedded || tables.data_dir.join("store.db").exists();
    if !there && !wanted.apply {
        let names = TableNames::from_prefix(&tables.table_prefix);
        let store = Store::builder(Engine::memory()?.client(), names, clock).build();
        store.create_tables().await?;
        return Ok((store, KeyPlace::Nowhere));
    }
    folder::open(&tables.data_dir)?;
    let secrets_key = secrets::place(&tables.store, &tables.data_dir, random)?;
    let opened = store::open(tables, Ledger::Strict, clock, transport).await?;
    Ok((opened.store, secrets_key))
}
