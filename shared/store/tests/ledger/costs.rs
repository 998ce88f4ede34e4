//! What a call asks of the database: round trips one after the other, and writes. The table in
//! SPECIFICATION.md is this test's.

use crate::{books::Books, limits::limit};
use sluice_embedded::{Engine, Faulty, client_over};
use sluice_store::{Admission, LedgerMode, Limit, Measure, NanoUsd, Share, Subject, UsageRow};

/// Writes before the call and after it, by counting at the connector.
async fn counted(
    mode: LedgerMode,
    limits: usize,
    subjects: usize,
    calls: usize,
) -> Vec<[usize; 2]> {
    let faulty = Faulty::new(Engine::memory().unwrap().connector());
    let books = Books::kept(client_over(faulty.clone()), mode).await;
    let key = books.key(Some(NanoUsd::from_nanos(1_000_000_000))).await;
    let all = [
        limit(Measure::Requests, 1_000, 1),
        limit(Measure::Tokens, 1_000_000, 100),
        limit(Measure::Parallel, 100, 1),
        Limit { model: Some("gpt-4o"), ..limit(Measure::Requests, 1_000, 1) },
        Limit { model: Some("gpt-4o"), ..limit(Measure::Tokens, 1_000_000, 100) },
    ];
    // The budget is the first limit.
    let own = all.get(..limits - 1).unwrap();
    let teams: Vec<Subject> = (1..subjects).map(|n| Subject::Team(format!("t{n}"))).collect();
    let others: Vec<Share<'_>> = teams
        .iter()
        .map(|team| Share { subject: team, version: None, limits: all.get(..1).unwrap() })
        .collect();
    let mut seen = Vec::new();
    for _ in 0..calls {
        let writes =
            || ["UpdateItem", "PutItem", "BatchWriteItem", "GetItem"].map(|name| faulty.seen(name));
        let sum = |from: [usize; 4]| writes().iter().sum::<usize>() - from.iter().sum::<usize>();
        let before = writes();
        let Admission::Granted(grant) = books.admit(&key, own, &others).await.unwrap() else {
            panic!("there is enough of everything")
        };
        let asked = sum(before);
        let before = writes();
        let row = UsageRow { prompt_tokens: 9, ..books.row(&grant, NanoUsd::ZERO) };
        books.store.ledger().settle(&grant, row).await.unwrap();
        seen.push([asked, sum(before)]);
    }
    seen
}

#[tokio::test]
async fn a_call_asks_the_database_as_often_as_the_table_says() {
    use LedgerMode::{Batched, Strict};
    for (mode, limits, subjects, cold, warm) in [
        // The budget alone: one write of the guard, then the row and the guard.
        (Strict, 1, 1, [1, 2], [1, 2]),
        // Any number of limits of one subject are in the same write; a window that begins is seen
        // first.
        (Strict, 3, 1, [2, 2], [1, 2]),
        (Strict, 6, 1, [2, 2], [1, 2]),
        // Each other subject has a write of its own, at the same time; its guard is made once.
        (Strict, 3, 3, [10, 4], [3, 4]),
        // A process that holds a slice of the budget asks for nothing.
        (Batched, 1, 1, [1, 0], [0, 0]),
    ] {
        let seen = counted(mode, limits, subjects, 4).await;
        let place = format!("{mode:?}, {limits} limits, {subjects} subjects: {seen:?}");
        assert_eq!((seen[0], seen[3]), (cold, warm), "{place}");
    }
}
