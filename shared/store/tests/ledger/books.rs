//! A store in memory with a clock of its own, and the calls a test makes.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jiff::tz::TimeZone;
use sluice_embedded::{Engine, endpoint_client};
use sluice_store::{
    Admission, Ask, CallId, Clock as _, Deed, Grant, KeyRecord, LedgerMode, Limit, ManualClock,
    Measure, Millis, NanoUsd, RowFilter, RowStatus, Share, Spend, Store, StoreError, TableNames,
    UsageRow, Window, WindowId,
};

/// Whose keys they are.
const USER: &str = "u";
const TEAM: &str = "t";

pub(crate) struct Books {
    pub(crate) store: Store,
    client: Client,
    /// What the names of its tables begin with.
    prefix: String,
    clock: Arc<ManualClock>,
    serial: Arc<AtomicU64>,
}

/// What a test does.
pub(crate) fn deed() -> &'static Deed {
    static DEED: LazyLock<Deed> = LazyLock::new(|| Deed::own("test"));
    &DEED
}

pub(crate) fn usd(text: &str) -> NanoUsd {
    NanoUsd::from_decimal(text).unwrap()
}

impl Books {
    pub(crate) async fn new() -> Self {
        Self::on_engine(LedgerMode::Strict).await
    }

    /// On an engine of its own; or on the one that `SLUICE_TEST_STORE` names, in tables of its own.
    async fn on_engine(mode: LedgerMode) -> Self {
        match std::env::var_os("SLUICE_TEST_STORE") {
            None => Self::kept(Engine::memory().unwrap().client(), mode).await,
            Some(url) => {
                static SERIAL: AtomicU64 = AtomicU64::new(0);
                let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
                let prefix = format!("t{}-{serial}", std::process::id());
                Self::made(endpoint_client(url.to_str().unwrap()), mode, &prefix).await
            }
        }
    }

    pub(crate) async fn over(client: Client) -> Self {
        Self::kept(client, LedgerMode::Strict).await
    }

    pub(crate) async fn batched() -> Self {
        Self::on_engine(LedgerMode::Batched).await
    }

    pub(crate) async fn kept(client: Client, mode: LedgerMode) -> Self {
        Self::made(client, mode, "t").await
    }

    async fn made(client: Client, mode: LedgerMode, prefix: &str) -> Self {
        let clock = Arc::new(ManualClock::at(Millis::parse("2026-11-25T10:00:00Z").unwrap()));
        let serial = Arc::new(AtomicU64::new(0));
        let books = Self::with(client, mode, prefix, clock, serial);
        books.store.create_tables().await.unwrap();
        // A second time is harmless.
        books.store.create_tables().await.unwrap();
        books
    }

    fn with(
        client: Client,
        mode: LedgerMode,
        prefix: &str,
        clock: Arc<ManualClock>,
        serial: Arc<AtomicU64>,
    ) -> Self {
        let tables = TableNames::from_prefix(prefix);
        let store = Store::builder(client.clone(), tables, Arc::clone(&clock) as _)
            .ledger_mode(mode)
            .build();
        Self { store, client, prefix: prefix.to_owned(), clock, serial }
    }

    /// Another process on the same database, with the same clock on the wall.
    pub(crate) fn process(&self, mode: LedgerMode) -> Self {
        self.process_over(self.client.clone(), mode)
    }

    pub(crate) fn process_over(&self, client: Client, mode: LedgerMode) -> Self {
        let (clock, serial) = (Arc::clone(&self.clock), Arc::clone(&self.serial));
        Self::with(client, mode, &self.prefix, clock, serial)
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn next(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) async fn key(&self, max: Option<NanoUsd>) -> KeyRecord {
        let mut record = KeyRecord::new(&format!("sk-test-{:016}", self.next()), self.now());
        record.allowance.max_budget = max;
        record.user_id = Some(USER.to_owned());
        record.team_id = Some(TEAM.to_owned());
        self.store.keys().by(deed()).create(&record).await.unwrap();
        record
    }

    /// Looks at the row of a call that nobody settled.
    pub(crate) async fn sees_residue(&self, call: &CallId) {
        let row = self.store.usage().get(call).await.unwrap().unwrap();
        assert_eq!(row.status, RowStatus::Expired);
        is_of_its_people(&row);
    }

    pub(crate) fn window(&self, key: &KeyRecord) -> Window {
        key.allowance
            .budget_duration
            .as_ref()
            .map_or_else(Window::default, |duration| duration.window(self.now(), &TimeZone::UTC))
    }

    pub(crate) async fn reserve(
        &self,
        key: &KeyRecord,
        worst: NanoUsd,
        floor: NanoUsd,
    ) -> Admission {
        self.try_reserve(key, worst, floor).await.unwrap()
    }

    pub(crate) async fn try_reserve(
        &self,
        key: &KeyRecord,
        worst: NanoUsd,
        floor: NanoUsd,
    ) -> Result<Admission, StoreError> {
        self.ask(&self.call(key), key, worst, floor).await
    }

    pub(crate) async fn reserve_as(
        &self,
        call: &CallId,
        key: &KeyRecord,
        worst: NanoUsd,
        floor: NanoUsd,
    ) -> Admission {
        self.ask(call, key, worst, floor).await.unwrap()
    }

    async fn ask(
        &self,
        call: &CallId,
        key: &KeyRecord,
        worst: NanoUsd,
        floor: NanoUsd,
    ) -> Result<Admission, StoreError> {
        let ask = Ask { worst, floor, ..self.asked(call, key) };
        self.store.ledger().reserve(&ask).await
    }

    /// What any call asks for: nothing yet.
    pub(crate) fn asked<'a>(&self, call: &'a CallId, key: &'a KeyRecord) -> Ask<'a> {
        Ask {
            call,
            key: &key.hash,
            version: key.version,
            max: key.allowance.max_budget,
            base: key.allowance.max_budget.unwrap_or(NanoUsd::ZERO),
            window: self.window(key),
            worst: NanoUsd::ZERO,
            floor: NanoUsd::ZERO,
            now: self.now(),
            until: None,
            lease: Duration::from_secs(90),
            limits: &[],
            others: &[],
        }
    }

    /// A call that needs something of several limits; money only where a limit is about it.
    pub(crate) async fn admit(
        &self,
        key: &KeyRecord,
        limits: &[Limit<'_>],
        others: &[Share<'_>],
    ) -> Result<Admission, StoreError> {
        self.admit_as(&self.call(key), key, limits, others).await
    }

    /// A call that needs something of limits, and so much money.
    pub(crate) async fn paid(
        &self,
        key: &KeyRecord,
        worst: NanoUsd,
        limits: &[Limit<'_>],
    ) -> Admission {
        let call = self.call(key);
        let ask = Ask { limits, worst, floor: worst, ..self.asked(&call, key) };
        self.store.ledger().reserve(&ask).await.unwrap()
    }

    pub(crate) async fn admit_as(
        &self,
        call: &CallId,
        key: &KeyRecord,
        limits: &[Limit<'_>],
        others: &[Share<'_>],
    ) -> Result<Admission, StoreError> {
        let money = |limit: &&Limit<'_>| limit.measure == Measure::Money;
        let all = limits.iter().chain(others.iter().flat_map(|share| share.limits));
        let worst = all.filter(money).map(|limit| limit.need).max().unwrap_or(0);
        let worst = NanoUsd::from_nanos(worst);
        let ask = Ask { worst, floor: worst, limits, others, ..self.asked(call, key) };
        self.store.ledger().reserve(&ask).await
    }

    pub(crate) fn call(&self, key: &KeyRecord) -> CallId {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.next().to_be_bytes());
        CallId::mint(self.now(), &key.hash, random)
    }

    /// Reading rows writes down what is in memory.
    pub(crate) async fn catch_up(&self) {
        let _ = self.store.usage().get(&CallId::default()).await;
    }

    pub(crate) async fn granted(&self, key: &KeyRecord, amount: NanoUsd) -> Grant {
        match self.reserve(key, amount, amount).await {
            Admission::Granted(grant) => grant,
            Admission::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    pub(crate) fn row(&self, grant: &Grant, spend: NanoUsd) -> UsageRow {
        UsageRow {
            call: grant.call.clone(),
            key: grant.key,
            started: self.now(),
            ended: self.now(),
            window: grant.window,
            spend,
            ..UsageRow::default()
        }
    }

    pub(crate) async fn settle(&self, grant: &Grant, spend: NanoUsd) -> NanoUsd {
        self.store.ledger().settle(grant, self.row(grant, spend)).await.unwrap()
    }

    pub(crate) async fn spend(&self, key: &KeyRecord) -> Spend {
        self.store.ledger().spend(&key.hash, self.window(key)).await.unwrap()
    }

    /// How many full charges a key's guard keeps correctable.
    pub(crate) async fn notes(&self, key: &KeyRecord) -> usize {
        let guard = self.client.get_item().table_name(TableNames::from_prefix(&self.prefix).core);
        let guard = guard
            .key("pk", AttributeValue::S(format!("K#{}", key.hash)))
            .key("sk", AttributeValue::S("GUARD".to_owned()));
        let item = guard.send().await.unwrap().item.unwrap();
        item.get("x").unwrap().as_m().unwrap().len()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Changes a number of a key's guard behind the ledger's back.
    pub(crate) async fn alter_guard(&self, key: &KeyRecord, change: &str, by: i64) {
        let guard = self.client.update_item().table_name(TableNames::from_prefix("t").core);
        let guard = guard
            .key("pk", AttributeValue::S(format!("K#{}", key.hash)))
            .key("sk", AttributeValue::S("GUARD".to_owned()))
            .update_expression(change)
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()));
        guard.send().await.unwrap();
    }

    async fn all(&self, key: &KeyRecord) -> Vec<UsageRow> {
        let filter = RowFilter {
            key: Some(key.hash),
            from: self.now().plus(-5 * 86_400_000),
            to: self.now().plus(86_400_000),
            limit: 100_000,
        };
        self.store.usage().query(&filter).await.unwrap()
    }

    /// The sum of a key's rows.
    pub(crate) async fn rows(&self, key: &KeyRecord) -> NanoUsd {
        let rows = self.all(key).await;
        rows.iter().filter(|row| row.status == RowStatus::Expired).for_each(is_of_its_people);
        rows.iter().fold(NanoUsd::ZERO, |sum, row| sum.saturating_add(row.spend))
    }

    /// The sum of a key's rows of one window.
    pub(crate) async fn rows_in(&self, key: &KeyRecord, window: WindowId) -> NanoUsd {
        self.all(key)
            .await
            .iter()
            .filter(|row| row.window == window)
            .fold(NanoUsd::ZERO, |sum, row| sum.saturating_add(row.spend))
    }
}

/// What was charged in full is in the sums of the key's user and team.
fn is_of_its_people(row: &UsageRow) {
    assert_eq!((row.user_id.as_deref(), row.team_id.as_deref()), (Some(USER), Some(TEAM)));
}
