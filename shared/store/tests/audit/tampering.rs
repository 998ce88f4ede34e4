//! Whoever reaches the table leaves traces.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use sluice_store::Head;

use crate::log::{Log, deed, text};

/// The number of the chain in which [`Log::filled`] writes.
async fn chain(log: &Log) -> u8 {
    log.verify().await.heads[0].chain
}

#[tokio::test]
async fn an_untouched_log_is_whole_and_says_where_it_ends() {
    let log = Log::filled(5).await;
    let report = log.verify().await;
    assert_eq!((report.rows, report.expired, report.findings.as_slice()), (5, 0, &[][..]));
    assert_eq!((report.heads.len(), report.heads[0].number), (1, 5));
}

#[tokio::test]
async fn a_row_that_is_taken_out_leaves_a_gap() {
    let log = Log::filled(6).await;
    let chain = chain(&log).await;
    let items = log.items().await;
    log.remove(&items[1]).await;
    log.remove(&items[3]).await;
    log.remove(&items[4]).await;
    let expected = [
        format!("chain {chain}: row 2 is missing"),
        format!("chain {chain}: rows 4 to 5 are missing"),
    ];
    assert_eq!(log.findings().await, expected);
}

#[tokio::test]
async fn a_tail_or_a_beginning_that_is_cut_off_is_missed() {
    let log = Log::filled(4).await;
    let chain = chain(&log).await;
    let items = log.items().await;
    log.remove(&items[3]).await;
    log.remove(&items[0]).await;
    let expected = [1, 4].map(|row| format!("chain {chain}: row {row} is missing"));
    assert_eq!(log.findings().await, expected);
}

#[tokio::test]
async fn any_edit_of_any_field_of_a_row_is_found() {
    for field in ["d", "h", "p", "pe", "e", "ttl"] {
        let log = Log::filled(3).await;
        let chain = chain(&log).await;
        let mut row = log.items().await.swap_remove(1);
        let edited = match &row[field] {
            AttributeValue::N(number) => AttributeValue::N(format!("1{number}")),
            _ if field == "d" => AttributeValue::S(text(&row, "d").replace("t1", "t9")),
            _ => AttributeValue::S("0".repeat(64)),
        };
        row.insert(field.to_owned(), edited);
        log.put(row).await;
        let found = log.findings().await;
        assert!(
            found.contains(&format!("chain {chain}: row 2 is not as it was written")),
            "{field} {found:?}"
        );
    }
}

#[tokio::test]
async fn an_edit_with_a_hash_that_fits_it_breaks_the_link_of_the_next_row() {
    // The whole item of another log at the same place: sound in itself.
    let log = Log::filled(3).await;
    let chain = chain(&log).await;
    let other = Log::new().await;
    for team in ["t0", "other", "t2"] {
        other.team(team, &deed("same")).await;
    }
    log.put(other.items().await.swap_remove(1)).await;
    assert_eq!(log.findings().await, [format!("chain {chain}: row 2 is not as it was written")]);
}

#[tokio::test]
async fn rows_that_change_places_are_found_both() {
    let log = Log::filled(4).await;
    let chain = chain(&log).await;
    let items = log.items().await;
    for (from, to) in [(1, 2), (2, 1)] {
        let mut moved = items[from].clone();
        moved.insert("sk".to_owned(), items[to]["sk"].clone());
        log.put(moved).await;
    }
    let expected = [2, 3].map(|row| format!("chain {chain}: row {row} is not as it was written"));
    let found = log.findings().await;
    assert!(expected.iter().all(|finding| found.contains(finding)), "{found:?}");
}

#[tokio::test]
async fn a_row_that_is_put_in_is_found() {
    let log = Log::filled(3).await;
    let chain = chain(&log).await;
    let items = log.items().await;
    let mut forged = items[2].clone();
    forged.insert("sk".to_owned(), AttributeValue::S("001795700000000#000000000007".to_owned()));
    log.put(forged).await;
    let mut twin = items[1].clone();
    twin.insert("sk".to_owned(), AttributeValue::S("001700000000000#000000000002".to_owned()));
    log.put(twin).await;
    let expected = [2, 7].map(|row| format!("chain {chain}: row {row} was never written there"));
    let found = log.findings().await;
    assert!(expected.iter().all(|finding| found.contains(finding)), "{found:?}");
}

#[tokio::test]
async fn a_head_that_is_taken_away_or_set_back_is_found() {
    let log = Log::filled(3).await;
    let chain = chain(&log).await;
    let head = log.items().await.pop().unwrap();
    log.remove(&head).await;
    let headless = format!("chain {chain}: it ends with row 3, and no head says so");
    assert_eq!(log.findings().await, [headless]);

    let mut back = head.clone();
    back.insert("seq".to_owned(), AttributeValue::N("2".to_owned()));
    log.put(back).await;
    let found = log.findings().await;
    let foreign = format!("chain {chain}: row 3 was never written there");
    assert!(found.contains(&foreign), "{found:?}");
}

#[tokio::test]
async fn a_tail_that_is_cut_off_with_its_head_is_missed_by_who_noted_it() {
    let log = Log::filled(3).await;
    let shorter = log.items().await;
    let noted = log.verify().await.heads;
    log.team("t3", &deed("same")).await;
    let later = log.verify().await.heads;
    let verify = async |noted: &[Head]| {
        let report = log.store.audit().verify(noted).await.unwrap();
        report.findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(verify(&noted).await, [""; 0], "a log that has grown leads to what was noted");

    let chain = noted[0].chain;
    log.remove(&log.items().await[3]).await;
    log.put(shorter[3].clone()).await;
    assert_eq!(log.findings().await, [""; 0], "nothing else tells");
    assert_eq!(verify(&later).await, [format!("chain {chain}: row 4 is missing")]);

    // All of it is taken, and another one written.
    for item in log.items().await {
        log.remove(&item).await;
    }
    for n in 10..14 {
        log.team(&format!("t{n}"), &deed("same")).await;
    }
    assert_eq!(log.findings().await, [""; 0]);
    assert_eq!(
        verify(&noted).await,
        [format!("chain {chain}: row 3 is not the one that was noted")]
    );
}

#[tokio::test]
async fn what_has_expired_may_go_and_nothing_else() {
    let log = Log::new().await;
    let day = Duration::from_hours(24);
    for (n, keep_days) in [(0, 30), (1, 30), (2, 10), (3, 30)] {
        log.team(&format!("t{n}"), &sluice_store::Deed { keep_days, ..deed("same") }).await;
        log.clock.advance(day);
    }
    // The third asked for less, and stays as long as those before it.
    log.clock.advance(day * 26);
    let items = log.items().await;
    assert_eq!(log.rows().await.len(), 3, "an expired row is shown no more");
    assert_eq!(log.findings().await, [""; 0], "also if the database has not deleted it yet");
    log.remove(&items[0]).await;
    let report = log.verify().await;
    assert_eq!((report.findings.len(), report.rows, report.expired), (0, 3, 1));
    let chain = report.heads[0].chain;

    log.remove(&items[1]).await;
    assert_eq!(log.findings().await, [format!("chain {chain}: rows 1 to 2 are missing")]);
    log.clock.advance(day * 30);
    assert_eq!(log.findings().await, [""; 0]);
    for item in &items[2..4] {
        log.remove(item).await;
    }
    let report = log.verify().await;
    assert_eq!((report.findings.len(), report.rows, report.expired), (0, 0, 4));
    // The chain goes on from its head.
    log.team("t9", &deed("same")).await;
    assert_eq!((log.findings().await, log.verify().await.heads[0].number), (Vec::new(), 5));
}
