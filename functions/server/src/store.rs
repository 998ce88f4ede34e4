//! Opens the store where the command line says it is.

use std::{error::Error, sync::Arc};

use sluice_embedded::Engine;
use sluice_providers::Transport;
use sluice_store::{Clock, LedgerMode, Store, TableNames};

use crate::args::{Ledger, StoreAt, Tables};

/// An open store, and the engine behind it where that is in this process.
pub(crate) struct Opened {
    pub(crate) store: Store,
    pub(crate) engine: Option<Engine>,
}

/// Opens the store and makes its tables where they are missing (not in AWS: there the stack owns
/// them).
pub(crate) async fn open(
    tables: &Tables,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    transport: &Transport,
) -> Result<Opened, Box<dyn Error>> {
    let (client, engine) = match &tables.store {
        StoreAt::Embedded => {
            let file = tables.data_dir.join("store.db");
            let engine =
                Engine::open(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            (engine.client(), Some(engine))
        }
        StoreAt::Url(url) => (sluice_embedded::endpoint_client(url), None),
        StoreAt::Aws => (sluice_store::connect(transport.sdk_http_client()).await, None),
    };
    let mode = match ledger {
        Ledger::Strict => LedgerMode::Strict,
        Ledger::Batched => LedgerMode::Batched,
    };
    let store = Store::builder(client, TableNames::from_prefix(&tables.table_prefix), clock)
        .ledger_mode(mode)
        .build();
    if tables.store != StoreAt::Aws {
        store.create_tables().await?;
    }
    Ok(Opened { store, engine })
}
