//! How many calls a second one budget is good for: one process, many callers, one key; alone, and with a
//! user and a team that pay as well.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use sluice_embedded::{Engine, Faulty, client_over};
use sluice_store::{
    Admission, Ask, CallId, Clock as _, Deed, KeyRecord, LedgerMode, Limit, Measure, NanoUsd,
    Share, Span, Store, Subject, SystemClock, UsageRow, Window,
};

use crate::{
    Failure,
    books::{self, TABLES, say},
};

/// A budget that is not used up.
const BUDGET: i64 = 1_000_000_000_000;
const WORST: i64 = 2_000;
const COST: i64 = 1_000;

/// Calls for so long, on memory or on a file, with so many callers at once.
pub(crate) async fn run(seconds: u64, callers: usize, on_file: bool) -> Result<bool, Failure> {
    let folder = tempfile::tempdir()?;
    for mode in [LedgerMode::Strict, LedgerMode::Batched] {
        for payers in [0, 2] {
            let path = folder.path().join(format!("{mode:?}-{payers}.db"));
            let hot = Hot { mode, payers, callers, seconds };
            hot.measure(on_file.then_some(path.as_path())).await?;
        }
    }
    Ok(true)
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
struct Hot {
    mode: LedgerMode,
    /// Who pays besides the key.
    payers: usize,
    callers: usize,
    seconds: u64,
}

// === impl Hot ===

impl Hot {
    async fn measure(self, path: Option<&Path>) -> Result<(), Failure> {
        let engine = path.map_or_else(Engine::memory, Engine::open)?;
        let counted = Faulty::new(engine.connector());
        let store = Store::builder(
            client_over(counted.clone()),
            books::tables(TABLES),
            Arc::new(SystemClock),
        )
        .ledger_mode(self.mode)
        .build();
        store.create_tables().await?;
        let mut key = KeyRecord::new("sk-hot-0123456789abcdef", SystemClock.now());
        key.allowance.max_budget = Some(NanoUsd::from_nanos(BUDGET));
        store.keys().by(&Deed::own("test")).create(&key).await?;
        let (before, begun) = (counted.seen("UpdateItem"), Instant::now());
        let until = begun + Duration::from_secs(self.seconds);
        let calls: usize = {
            let flushes = store.ledger().run(std::future::pending());
            let callers = stream::iter(0..self.callers)
                .map(|caller| calls(&store, &key, (self.payers, caller), until))
                .buffer_unordered(self.callers)
                .fold(0, |sum, calls| std::future::ready(sum + calls.unwrap_or(0)));
            tokio::select! {
                () = flushes => 0,
                calls = callers => calls,
            }
        };
        let took = begun.elapsed().as_secs_f64();
        store.ledger().flush().await?;
        let spend = store.ledger().spend(&key.hash, Window::default()).await?;
        let due = COST.saturating_mul(i64::try_from(calls)?);
        let asked = subjects().map(|subject| (subject, Span::Always));
        let others = store.ledger().balances(&asked).await?;
        let others = others.iter().take(self.payers);
        if others.into_iter().any(|other| other.spent != spend.spent) {
            return Err("users and teams have not paid what their key has".into());
        }
        if spend.spent != NanoUsd::from_nanos(due) || spend.reserved != NanoUsd::ZERO {
            return Err(format!("{calls} calls came to {spend:?}").into());
        }
        let writes = counted.seen("UpdateItem") - before;
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let (per_second, per_call) = (calls as f64 / took, writes as f64 / calls.max(1) as f64);
        let place = if path.is_some() { "file" } else { "memory" };
        say(&format!(
            "{:?} on {place}, {} subjects: {per_second:.0} calls a second, {per_call:.3} writes of guards a call",
            self.mode,
            1 + self.payers,
        ));
        Ok(())
    }
}

fn subjects() -> [Subject; 2] {
    [Subject::User("hot".to_owned()), Subject::Team("hot".to_owned())]
}

async fn calls(
    store: &Store,
    key: &KeyRecord,
    (payers, caller): (usize, usize),
    until: Instant,
) -> Result<usize, Failure> {
    let mut dice = fastrand::Rng::with_seed(u64::try_from(caller)?);
    let subjects = subjects();
    let limits = [Limit {
        measure: Measure::Money,
        model: None,
        span: Span::Always,
        max: BUDGET,
        need: WORST,
        floor: WORST,
    }];
    let share = |subject| Share { subject, version: None, limits: &limits };
    let others: Vec<Share<'_>> = subjects.iter().take(payers).map(share).collect();
    let mut done = 0;
    while Instant::now() < until {
        let now = SystemClock.now();
        let mut random = [0; 10];
        dice.fill(&mut random);
        let call = CallId::mint(now, &key.hash, random);
        let ask = Ask {
            call: &call,
            key: &key.hash,
            version: key.version,
            max: key.allowance.max_budget,
            base: key.allowance.max_budget.unwrap_or_default(),
            window: Window::default(),
            worst: NanoUsd::from_nanos(WORST),
            floor: NanoUsd::from_nanos(WORST),
            now,
            until: None,
            lease: Duration::from_secs(30),
            limits: &[],
            others: &others,
        };
        let Admission::Granted(grant) = store.ledger().reserve(&ask).await? else {
            return Err("a budget that cannot be used up is used up".into());
        };
        let row = UsageRow {
            started: now,
            ended: now,
            spend: NanoUsd::from_nanos(COST),
            ..UsageRow::default()
        };
        store.ledger().settle(&grant, row).await?;
        done += 1;
    }
    Ok(done)
}
