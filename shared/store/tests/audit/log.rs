//! A log in memory, and hands that reach behind it.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use sluice_embedded::Engine;
use sluice_store::{
    AuditFilter, AuditRow, Deed, Finding, ManualClock, Millis, Report, Stamp, Store, TableNames,
    TeamRecord,
};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) struct Log {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    client: Client,
}

/// A deed, told from others by its call: that chooses the chain.
pub(crate) fn deed(call: &str) -> Deed {
    Deed { call: call.to_owned(), ..Deed::own("POST /team/new") }
}

pub(crate) fn text(item: &Item, name: &str) -> String {
    item[name].as_s().unwrap().clone()
}

// === impl Log ===

impl Log {
    pub(crate) async fn new() -> Self {
        let client = Engine::memory().unwrap().client();
        let at = Millis::parse("2026-11-25T10:00:00Z").unwrap();
        let log = Self::beside(&client, Arc::new(ManualClock::at(at)));
        log.store.create_tables().await.unwrap();
        log
    }

    fn beside(client: &Client, clock: Arc<ManualClock>) -> Self {
        let tables = TableNames::from_prefix("t");
        let store = Store::builder(client.clone(), tables, clock.clone()).build();
        Self { store, clock, client: client.clone() }
    }

    /// Another process over the same tables.
    pub(crate) fn other(&self) -> Self {
        Self::beside(&self.client, Arc::clone(&self.clock))
    }

    /// Makes a team.
    pub(crate) async fn team(&self, id: &str, deed: &Deed) {
        let team = TeamRecord::new(id, Stamp::new(Millis::default(), None));
        self.store.teams().by(deed).create(&team).await.unwrap();
    }

    /// So many rows in one chain.
    pub(crate) async fn filled(rows: usize) -> Self {
        let log = Self::new().await;
        for n in 0..rows {
            log.team(&format!("t{n}"), &deed("same")).await;
        }
        log
    }

    pub(crate) async fn rows(&self) -> Vec<AuditRow> {
        self.store.audit().list(&AuditFilter::newest(1_000)).await.unwrap().0
    }

    pub(crate) async fn verify(&self) -> Report {
        self.store.audit().verify(&[]).await.unwrap()
    }

    /// What is found, as it is printed.
    pub(crate) async fn findings(&self) -> Vec<String> {
        self.verify().await.findings.iter().map(Finding::to_string).collect()
    }

    /// The items of all chains, rows in their order before heads.
    pub(crate) async fn items(&self) -> Vec<Item> {
        let scan = self.client.scan().table_name("t-core").send().await.unwrap();
        let mut items = scan.items.unwrap();
        items.retain(|item| text(item, "pk").starts_with("AUDIT#"));
        items.sort_by_key(|item| (text(item, "pk"), text(item, "sk")));
        items
    }

    pub(crate) async fn put(&self, item: Item) {
        self.client.put_item().table_name("t-core").set_item(Some(item)).send().await.unwrap();
    }

    pub(crate) async fn remove(&self, item: &Item) {
        let key = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        let call = self.client.delete_item().table_name("t-core");
        call.set_key(Some(HashMap::from(key))).send().await.unwrap();
    }
}
