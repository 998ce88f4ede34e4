//! From the command line to a serving gateway, and down again.

use std::{error::Error, fs, io, path::Path, sync::Arc};

use sluice_gateway::{
    App, AppParts, Departure, SystemRandomness,
    config::{Beside, Checked, Config, Environment as _},
    http,
    telemetry::Telemetry,
};
use sluice_providers::{Transport, TransportOptions};
use sluice_store::SystemClock;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::{
    args::{self, Serve, Switch},
    chores,
    environment::Process,
    folder, listen,
    master::{self, MasterKey, Place},
    secrets, store,
    terminal::{self, KeyPlace},
    tls,
};

/// Serves until a signal says stop.
///
/// # Errors
/// Whatever keeps the gateway from starting, in a sentence for the operator.
pub(crate) fn run(serve: Serve) -> Result<(), Box<dyn Error>> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all();
    if let Some(workers) = serve.workers {
        runtime.worker_threads(workers.max(1));
    }
    runtime.build()?.block_on(serving(serve))
}

/// Reads and checks the configuration; without a file, the built-in demo.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn configuration(file: Option<&Path>) -> io::Result<Checked> {
    let Some(file) = file else { return Ok(Checked::ok(Config::demo())) };
    let text = fs::read_to_string(file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    Ok(Config::parse_with(&text, &file.display().to_string(), &Process, &Beside::file(file)))
}

async fn serving(serve: Serve) -> Result<(), Box<dyn Error>> {
    let checked = configuration(serve.config.as_deref())?;
    for finding in &checked.findings {
        terminal::complain(&finding.to_string());
    }
    let Some(config) = checked.config else {
        return Err("the configuration has errors".into());
    };
    folder::open(&serve.tables.data_dir)?;
    let random = Arc::new(SystemRandomness::default());
    let clock = Arc::new(SystemClock);
    let transport = Transport::new(TransportOptions::default())?;
    let key = master_key(&config, &serve.tables.data_dir, &random, &transport).await?;
    let secrets_key = secrets::place(&serve.tables.store, &serve.tables.data_dir, &*random)?;
    let opened = store::open(&serve.tables, serve.ledger, clock.clone(), &transport).await?;
    let first_model = config
        .deployments
        .iter()
        .find(|entry| !entry.is_wild())
        .map(|entry| entry.deployment.group.clone());
    let app = App::start(AppParts {
        config,
        store: opened.store,
        transport,
        clock,
        random,
        telemetry: match serve.call_lines {
            Switch::On => Telemetry::to(io::stdout()),
            Switch::Off => Telemetry::off(),
        },
        departure: match serve.on_disconnect {
            args::Departure::Drain => Departure::Drain,
            args::Departure::Cancel => Departure::Cancel,
        },
        master_key: key.value,
        secrets_key,
    })
    .await?;

    let tls = match (&serve.tls_cert, &serve.tls_key) {
        (Some(certificate), Some(key)) => Some(tls::given(certificate, key)?),
        _ if serve.tls => Some(tls::local(&serve.tables.data_dir)?),
        _ => None,
    };
    let listener = TcpListener::bind((serve.host.as_str(), serve.port))
        .await
        .map_err(|error| format!("cannot listen on {}:{}: {error}", serve.host, serve.port))?;
    // Heard from here on: whoever reads the ready line may send a signal at once.
    let stopping = StopSignals::listen()?;
    let place = match &key.place {
        Place::File(path) => KeyPlace::File(path),
        Place::Given(name) => KeyPlace::Given(name),
        Place::Configured => KeyPlace::Configured,
    };
    let certificate = tls.as_ref().map(|tls| tls.certificate.clone());
    terminal::ready(listener.local_addr()?, certificate.as_deref(), &place, first_model.as_deref());

    let (stop, stopped) = watch::channel(false);
    let chores = chores::run(Arc::clone(&app), opened.engine, until(stopped.clone()));
    let ledger = app.store().ledger().run(until(stopped));
    let routes = http::all(Arc::clone(&app));
    let server = async {
        listen::serve(listener, routes, tls, stopping.asked()).await;
        // Answers are out; what callers left behind is settled before the ledger is closed.
        app.orphans().drained().await;
        let _ = stop.send(true);
    };
    tokio::join!(server, chores, ledger);
    app.store().ledger().flush().await?;
    Ok(())
}

/// The variables', else the configuration's (fetched where it names a secret), else our own.
async fn master_key(
    config: &Config,
    folder: &Path,
    random: &SystemRandomness,
    transport: &Transport,
) -> Result<MasterKey, Box<dyn Error>> {
    for name in ["SLUICE_MASTER_KEY", "LITELLM_MASTER_KEY"] {
        if let Some(value) = Process.var(name).filter(|value| !value.trim().is_empty()) {
            return Ok(MasterKey { value, place: Place::Given(name) });
        }
    }
    if let Some(secret) = &config.general.master_key {
        let value = transport.secret(secret).await?.expose().clone();
        return Ok(MasterKey { value, place: Place::Configured });
    }
    Ok(master::kept(folder, random)?)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // A closed channel means that the sender is gone, and with it the server.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// SIGTERM (a container's end) and SIGINT (a person's).
struct StopSignals {
    term: Signal,
    interrupt: Signal,
}

// === impl StopSignals ===

impl StopSignals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
