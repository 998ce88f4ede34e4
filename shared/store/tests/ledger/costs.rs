//! What a call asks of the database: requests before it and after it, and write units. The tables in
//! SPECIFICATION.md and docs/ledger.md are these tests'.

use std::time::Duration;

use crate::{books::Books, limits::limit};
use sluice_embedded::{Engine, Metered, Units, client_over};
use sluice_store::{
    Admission, KeyRecord, LedgerMode, Limit, Measure, NanoUsd, Share, Subject, UsageRow,
};

/// A budget, and requests, tokens, slots, and both rates of one model.
fn all() -> [Limit<'static>; 5] {
    [
        limit(Measure::Requests, 100_000, 1),
        limit(Measure::Tokens, 10_000_000, 100),
        limit(Measure::Parallel, 1_000, 1),
        Limit { model: Some("gpt-4o"), ..limit(Measure::Requests, 100_000, 1) },
        Limit { model: Some("gpt-4o"), ..limit(Measure::Tokens, 10_000_000, 100) },
    ]
}

async fn kept(mode: LedgerMode) -> (Books, KeyRecord, Metered) {
    let metered = Metered::new(Engine::memory().unwrap().connector());
    let books = Books::kept(client_over(metered.clone()), mode).await;
    let key = books.key(Some(NanoUsd::from_nanos(1_000_000_000))).await;
    let _ = metered.take();
    (books, key, metered)
}

/// One call: what it asked for before, and after.
async fn call(
    (books, key, metered): &(Books, KeyRecord, Metered),
    limits: &[Limit<'_>],
    others: &[Share<'_>],
) -> [Units; 2] {
    let Admission::Granted(grant) = books.admit(key, limits, others).await.unwrap() else {
        panic!("there is enough of everything")
    };
    let before = metered.take();
    let row = UsageRow { prompt_tokens: 9, ..books.row(&grant, NanoUsd::ZERO) };
    books.store.ledger().settle(&grant, row).await.unwrap();
    [before, metered.take()]
}

#[tokio::test]
async fn a_call_asks_the_database_as_often_as_the_table_says() {
    use LedgerMode::{Batched, Strict};
    for (mode, limits, subjects, cold, warm) in [
        // The budget alone: one write of the guard, then the row (with its index by day) and the guard.
        (Strict, 1, 1, [(1, 1.0), (2, 3.0)], [(1, 1.0), (2, 3.0)]),
        // Any number of limits of one subject are in the same write; a window that begins is seen
        // first.
        (Strict, 3, 1, [(2, 2.0), (2, 3.0)], [(1, 1.0), (2, 3.0)]),
        (Strict, 6, 1, [(2, 2.0), (2, 3.0)], [(1, 1.0), (2, 3.0)]),
        // Each other subject has a write of its own, at the same time; its guard is made once.
        (Strict, 3, 3, [(10, 12.0), (4, 5.0)], [(3, 3.0), (4, 5.0)]),
        // A process that holds a slice of the budget, and an allowance of rates, asks for nothing.
        (Batched, 1, 1, [(1, 1.0), (0, 0.0)], [(0, 0.0), (0, 0.0)]),
        (Batched, 3, 1, [(3, 3.0), (0, 0.0)], [(0, 0.0), (0, 0.0)]),
        (Batched, 6, 1, [(3, 3.0), (0, 0.0)], [(0, 0.0), (0, 0.0)]),
        // So it does with allowances of others' rates.
        (Batched, 3, 3, [(11, 13.0), (0, 0.0)], [(0, 0.0), (0, 0.0)]),
    ] {
        let house = kept(mode).await;
        // The budget is the first limit.
        let own = &all()[..limits - 1];
        let teams: Vec<Subject> = (1..subjects).map(|n| Subject::Team(format!("t{n}"))).collect();
        let first = all();
        let others: Vec<Share<'_>> = teams
            .iter()
            .map(|team| Share { subject: team, version: None, limits: &first[..1] })
            .collect();
        let mut seen = Vec::new();
        for _ in 0..4 {
            let asked = call(&house, own, &others).await;
            seen.push(asked.map(|units| (units.requests, units.write)));
        }
        let place = format!("{mode:?}, {limits} limits, {subjects} subjects: {seen:?}");
        assert_eq!((seen[0], seen[3]), (cold, warm), "{place}");
    }
}

/// Write units of 1,000 calls within ten seconds, all in all.
#[tokio::test]
async fn leases_save_the_writes_of_limits() {
    for (mode, limits, guards) in [
        (LedgerMode::Strict, 1, 2_000.0..=2_000.0),
        (LedgerMode::Strict, 6, 2_001.0..=2_001.0),
        (LedgerMode::Batched, 1, 10.0..=40.0),
        (LedgerMode::Batched, 3, 20.0..=80.0),
        (LedgerMode::Batched, 6, 20.0..=80.0),
    ] {
        let house = kept(mode).await;
        let mut units = 0.0;
        for n in 1..=1_000 {
            let asked = call(&house, &all()[..limits - 1], &[]).await;
            units += asked[0].write + asked[1].write;
            house.0.advance(Duration::from_millis(10));
            if n % 100 == 0 {
                house.0.catch_up().await;
                units += house.2.take().write;
            }
        }
        house.0.store.ledger().flush().await.unwrap();
        units += house.2.take().write;
        // The row, and its index by day.
        let of_guards = units - 2_000.0;
        assert!(guards.contains(&of_guards), "{mode:?}, {limits} limits: {of_guards} of guards");
    }
}
