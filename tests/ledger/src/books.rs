//! What is raced for, and whether the books agree when all is over.

use std::{collections::HashMap, io::Write as _, sync::Arc, time::Duration};

use aws_sdk_dynamodb::Client;
use sluice_store::{
    Admission, Ask, CallId, KeyRecord, Limit, ManualClock, Measure, Millis, NanoUsd, RowFilter,
    Share, Span, Store, Subject, TableNames, Window,
};

use crate::Failure;

pub(crate) const TABLES: &str = "race";
/// The key's budget: one dollar.
pub(crate) const BUDGET: i64 = 1_000_000_000;
/// Calls under way at a time, of each caller.
pub(crate) const AT_ONCE: usize = 6;
/// What a call costs at most, and more.
pub(crate) const MOST: i64 = 600_000;
/// What its team may spend.
const OF_TEAM: i64 = 900_000_000;

const DAY: Span<'static> = Span::Rolling(86_400_000);

/// What is wrong with the books; all of it should be nothing.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Nano-dollars over a budget.
    pub(crate) overspend: i64,
    /// Nano-dollars that are held for nobody, or cannot be spent.
    pub(crate) leaked: i64,
    /// Calls that were settled more than once, or not at what they were said to be.
    pub(crate) double_settled: usize,
    /// Calls that were said to be settled and have no row.
    pub(crate) lost: usize,
    /// What was spent in the end.
    pub(crate) spent: i64,
}

/// What a caller was told of a call that it settled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    /// Nano-dollars.
    pub(crate) cost: i64,
    /// Its row was written before. What a batched caller has not written when it is killed is charged
    /// to its slice, and not to the call.
    pub(crate) written: bool,
}

pub(crate) fn tables(prefix: &str) -> TableNames {
    TableNames::from_prefix(prefix)
}

/// Short, so that crashed calls are met by those that come after.
pub(crate) fn lease() -> Duration {
    Duration::from_secs(2)
}

pub(crate) fn team() -> Subject {
    Subject::Team("of-the-race".to_owned())
}

fn limit(measure: Measure, max: i64, need: i64) -> Limit<'static> {
    let span = if measure == Measure::Parallel { Span::Always } else { DAY };
    Limit { measure, model: None, span, max, need, floor: need / 4 }
}

/// The key's limits besides its budget.
pub(crate) fn limits() -> [Limit<'static>; 3] {
    [
        limit(Measure::Requests, 1_000_000, 1),
        limit(Measure::Tokens, 10_000_000, 100),
        limit(Measure::Parallel, 60, 1),
    ]
}

/// The team's limits.
pub(crate) fn shares(worst: i64) -> [Limit<'static>; 2] {
    [limit(Measure::Money, OF_TEAM, worst), limit(Measure::Requests, 1_000_000, 1)]
}

pub(crate) fn others<'a>(team: &'a Subject, limits: &'a [Limit<'a>]) -> [Share<'a>; 1] {
    [Share { subject: team, version: None, limits }]
}

/// Says a line at once.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: then nobody misses it.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Sweeps, as a long time later, and compares: counters, rows, and what callers were told.
pub(crate) async fn audit(
    client: &Client,
    key: &KeyRecord,
    told: &HashMap<String, Said>,
    killed: usize,
    now: Millis,
) -> Result<Findings, Failure> {
    let later = now.plus(10 * 60 * 1000);
    let clock = Arc::new(ManualClock::at(later));
    let store = Store::builder(client.clone(), tables(TABLES), clock).build();
    let ledger = store.ledger();
    for _ in 0..2 {
        ledger.sweep(later).await?;
    }
    let spend = ledger.spend(&key.hash, Window::default()).await?;
    let filter = RowFilter {
        key: Some(key.hash),
        from: now.plus(-86_400_000),
        to: later,
        limit: usize::MAX,
    };
    let rows: HashMap<String, i64> = store
        .usage()
        .query(&filter)
        .await?
        .into_iter()
        .map(|row| (row.call.to_string(), row.spend.nanos()))
        .collect();
    let mut found = Findings { spent: spend.spent.nanos(), ..Findings::default() };
    found.overspend = (found.spent - BUDGET).max(0);
    found.leaked = spend.reserved.nanos();
    for (call, said) in told {
        match rows.get(call) {
            Some(row) => found.double_settled += usize::from(*row != said.cost),
            None => found.lost += usize::from(said.written),
        }
    }
    // A charge that is in the account and not in the rows, or the other way round.
    found.double_settled += usize::from(rows.values().sum::<i64>() != found.spent);

    // What is left can be spent, all of it; and no more.
    let left = BUDGET - found.spent;
    let mut tried = 0;
    for (worst, fits) in [(left + 1, false), (left, left > 0)] {
        tried += 1;
        let mut random = [0; 10];
        random[9] = tried;
        let call = CallId::mint(later, &key.hash, random);
        let (team, none) = (team(), shares(0));
        let others = others(&team, &none);
        let ask = Ask {
            call: &call,
            key: &key.hash,
            version: key.version,
            max: key.allowance.max_budget,
            base: key.allowance.max_budget.unwrap_or_default(),
            window: Window::default(),
            worst: NanoUsd::from_nanos(worst),
            floor: NanoUsd::from_nanos(worst),
            now: later,
            until: None,
            lease: lease(),
            limits: &limits(),
            others: &others,
        };
        let admitted = match ledger.reserve(&ask).await? {
            Admission::Granted(grant) => {
                // Of the slots only its own is taken.
                let slots = grant.readings.iter().find(|reading| reading.limit == 2);
                found.leaked += slots.map_or(0, |reading| reading.used - 1);
                ledger.release(&grant).await?;
                true
            }
            Admission::Refused(_) => false,
        };
        if admitted != fits && worst > 0 {
            found.leaked += left;
        }
    }
    // All calls are the team's as well: its account is that of the key, but for calls that were being
    // admitted by the one and the other when their callers were killed. Each is charged to who had.
    let of_team = of_team(&store, key, later).await?;
    found.overspend += of_team.saturating_sub(OF_TEAM).max(0);
    let halves = MOST.saturating_mul(i64::try_from(AT_ONCE.saturating_mul(killed))?);
    let apart = found.spent.abs_diff(of_team).cast_signed();
    found.leaked += apart.saturating_sub(halves).max(0);
    Ok(found)
}

/// What the team has spent.
async fn of_team(store: &Store, key: &KeyRecord, now: Millis) -> Result<i64, Failure> {
    let call = CallId::mint(now, &key.hash, [7; 10]);
    let (team, probe) = (team(), [limit(Measure::Money, i64::MAX, 1)]);
    let ask = Ask {
        call: &call,
        key: &key.hash,
        version: key.version,
        max: None,
        base: NanoUsd::ZERO,
        window: Window::default(),
        worst: NanoUsd::ZERO,
        floor: NanoUsd::ZERO,
        now,
        until: None,
        lease: lease(),
        limits: &[],
        others: &others(&team, &probe),
    };
    match store.ledger().reserve(&ask).await? {
        Admission::Granted(grant) => {
            let used = grant.readings.first().map_or(0, |reading| reading.used - 1);
            store.ledger().release(&grant).await?;
            Ok(used)
        }
        Admission::Refused(refusal) => Err(format!("{refusal:?}").into()),
    }
}
