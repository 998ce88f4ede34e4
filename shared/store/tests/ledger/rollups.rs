//! Roll-ups are what the rows add up to, whenever and however often they are made.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use sluice_store::{Hour, KeyRecord, LedgerMode, NanoUsd, TableNames, Tally};

use crate::books::{Books, usd};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn call(books: &Books, key: &KeyRecord, spend: &str) {
    let grant = books.granted(key, usd("0.01")).await;
    books.settle(&grant, usd(spend)).await;
}

async fn hours(books: &Books) -> Vec<Hour> {
    let now = books.now();
    books.store.rollups().hours(now.plus(-2 * 86_400_000), now.plus(1)).await.unwrap()
}

async fn sums(books: &Books) -> Tally {
    let mut all = Tally::default();
    for hour in hours(books).await {
        hour.cells.iter().for_each(|cell| all.merge(&cell.sums));
    }
    all
}

async fn spent(books: &Books) -> NanoUsd {
    sums(books).await.spend
}

async fn roll(books: &Books) -> (usize, usize) {
    let report = books.store.rollups().roll(books.now()).await.unwrap();
    (report.hours, report.again)
}

#[tokio::test]
async fn a_roll_up_says_what_the_rows_say_before_and_after_it_is_made() {
    let books = Books::new().await;
    let (one, two) = (books.key(None).await, books.key(None).await);
    for spend in ["0.001", "0.002", "0.0035"] {
        call(&books, &one, spend).await;
    }
    call(&books, &two, "0.004").await;
    let before = hours(&books).await;
    assert_eq!(before.len(), 1);
    assert_eq!(before[0].cells.len(), 2);
    assert_eq!(spent(&books).await, usd("0.0105"));
    // Not a minute after the hour: what was being written may still be on its way.
    books.advance(HOUR + Duration::from_secs(119));
    roll(&books).await;
    assert_eq!(roll(&books).await, (0, 0));
    books.advance(Duration::from_secs(1));
    assert_eq!(roll(&books).await, (1, 0));
    assert_eq!(roll(&books).await, (0, 0));
    assert_eq!(hours(&books).await, before);
    let verified = books.store.rollups().verify().await.unwrap();
    assert_eq!((verified.keys, verified.rows, verified.hours), (2, 4, 1));
    assert_eq!(verified.differences, []);
}

#[tokio::test]
async fn a_call_that_settles_long_after_its_lease_moves_to_the_hour_it_ended_in() {
    let books = Books::new().await;
    let key = books.key(Some(usd("1"))).await;
    let slow = books.granted(&key, usd("0.3")).await;
    call(&books, &key, "0.01").await;
    books.advance(Duration::from_secs(120));
    assert_eq!(books.store.ledger().sweep(books.now()).await.unwrap().expired, 1);
    books.advance(2 * HOUR);
    roll(&books).await;
    assert_eq!(spent(&books).await, usd("0.31"));
    // Now its settlement comes: the charge of 0.3 goes from an hour that is rolled up.
    books.settle(&slow, usd("0.05")).await;
    assert_eq!(spent(&books).await, usd("0.06"));
    assert_eq!(roll(&books).await, (0, 0), "what is being written may not be there yet");
    books.advance(Duration::from_secs(120));
    assert_eq!(roll(&books).await, (0, 1));
    assert_eq!(roll(&books).await, (0, 0));
    assert_eq!(spent(&books).await, usd("0.06"));
    books.advance(HOUR);
    roll(&books).await;
    let all = sums(&books).await;
    assert_eq!((all.spend, all.requests, all.failures), (usd("0.06"), 2, 0));
    assert_eq!(books.store.rollups().verify().await.unwrap().differences, []);
}

#[tokio::test]
async fn two_rollers_at_once_and_a_row_that_comes_late_count_everything_once() {
    let books = Books::new().await;
    let key = books.key(None).await;
    let (early, late) = (books.granted(&key, usd("1")).await, books.granted(&key, usd("1")).await);
    let late_row = books.row(&late, usd("0.2"));
    books.settle(&early, usd("0.1")).await;
    books.advance(HOUR + Duration::from_secs(150));
    let (first, second) = (books.process(LedgerMode::Strict), books.process(LedgerMode::Strict));
    tokio::join!(roll(&first), roll(&second));
    assert_eq!(spent(&books).await, usd("0.1"));
    // It ended in the hour that is over; the database was out of reach until now.
    books.store.ledger().settle(&late, late_row).await.unwrap();
    assert_eq!(spent(&books).await, usd("0.3"));
    books.advance(Duration::from_secs(120));
    tokio::join!(roll(&first), roll(&second));
    assert_eq!(spent(&books).await, usd("0.3"));
    assert_eq!(books.store.rollups().verify().await.unwrap().differences, []);
}

#[tokio::test]
async fn what_a_batched_process_has_not_written_yet_is_in_the_sums() {
    let books = Books::batched().await;
    let key = books.key(Some(usd("5"))).await;
    for _ in 0..30 {
        call(&books, &key, "0.002").await;
    }
    let all = sums(&books).await;
    assert_eq!((all.spend, all.requests), (usd("0.06"), 30));
    books.store.ledger().flush().await.unwrap();
    books.advance(HOUR + Duration::from_secs(150));
    roll(&books).await;
    assert_eq!(spent(&books).await, usd("0.06"));
    let verified = books.store.rollups().verify().await.unwrap();
    assert_eq!((verified.rows, verified.differences), (30, vec![]));
}

#[tokio::test]
async fn a_counter_that_was_tampered_with_is_named_to_the_nano_dollar() {
    let books = Books::new().await;
    let (key, other) = (books.key(Some(usd("1"))).await, books.key(None).await);
    for key in [&key, &other] {
        call(&books, key, "0.003").await;
    }
    // A call that is under way, and one that was charged in full, are no differences.
    let _open = books.granted(&other, usd("0.1")).await;
    let _lost = books.granted(&key, usd("0.1")).await;
    books.advance(Duration::from_secs(120));
    books.store.ledger().sweep(books.now()).await.unwrap();
    assert_eq!(books.store.rollups().verify().await.unwrap().differences, []);

    books.alter_guard(&key, "SET spent = spent + :by", -1).await;
    let found = books.store.rollups().verify().await.unwrap().differences;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].subject.clone(), found[0].measure),
        (format!("key {}", key.hash), "spent")
    );
    assert_eq!((found[0].kept, found[0].rows), (102_999_999, 103_000_000));
}

#[tokio::test]
async fn a_roll_up_that_was_tampered_with_is_named_and_made_again() {
    let books = Books::new().await;
    let key = books.key(None).await;
    call(&books, &key, "0.003").await;
    books.advance(HOUR + Duration::from_secs(150));
    roll(&books).await;
    let usage = TableNames::from_prefix("t").usage;
    let day = AttributeValue::S("ROLL#20261125".to_owned());
    let kept = books.client().query().table_name(&usage).key_condition_expression("pk = :day");
    let kept = kept.expression_attribute_values(":day", day).send().await.unwrap();
    let mut piece = kept.items().iter().find(|item| item.contains_key("d")).unwrap().clone();
    let cells = piece["d"].as_s().unwrap().replace("3000000", "3000007");
    piece.insert("d".to_owned(), AttributeValue::S(cells));
    books.client().put_item().table_name(&usage).set_item(Some(piece)).send().await.unwrap();

    let rollups = books.store.rollups();
    let found = rollups.verify().await.unwrap().differences;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].measure, found[0].kept, found[0].rows), ("spend", 3_000_007, 3_000_000));
    rollups.repair(&[found[0].hour.unwrap()]).await.unwrap();
    assert_eq!(rollups.verify().await.unwrap().differences, []);
    assert_eq!(spent(&books).await, usd("0.003"));
}
