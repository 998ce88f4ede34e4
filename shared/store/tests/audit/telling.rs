//! What the log tells.

use std::collections::HashSet;

use serde_json::json;
use sluice_store::{
    Action, AuditFilter, Deed, KeyRecord, Millis, NanoUsd, Refused, Stamp, TeamRecord, UserRecord,
};
use tokio::task::JoinSet;

use crate::log::{Log, deed};

#[tokio::test]
async fn a_change_is_told_by_its_fields_alone_and_what_is_written_is_what_is_told() {
    let log = Log::new().await;
    let (keys, now) = (log.store.keys(), Millis::default());
    let mut key = KeyRecord::new("sk-0123456789abcdef", now);
    key.metadata.insert("api_key".to_owned(), "very secret".into());
    keys.by(&deed("1")).create(&key).await.unwrap();
    let change = |record: &mut KeyRecord| {
        record.alias = Some("a".to_owned());
        record.allowance.max_budget = Some(NanoUsd::from_decimal("2.5").unwrap());
    };
    keys.by(&deed("2")).update(&key.hash, change).await.unwrap();
    keys.by(&deed("3")).update(&key.hash, |record| record.blocked = true).await.unwrap();
    keys.by(&deed("4")).update(&key.hash, |record| record.blocked = false).await.unwrap();
    let rotate = |record: &mut KeyRecord| record.rotate("sk-fedcba9876543210", None, now);
    keys.by(&deed("5")).rotate(&key.hash, "sk-fedcba9876543210", rotate).await.unwrap();
    keys.by(&deed("6")).delete(&[key.hash], now).await.unwrap();

    let mut rows = log.rows().await;
    rows.sort_by(|a, b| a.deed.call.cmp(&b.deed.call));
    let actions: Vec<Action> = rows.iter().map(|row| row.action).collect();
    assert_eq!(
        actions,
        [
            Action::Created,
            Action::Updated,
            Action::Blocked,
            Action::Unblocked,
            Action::Rotated,
            Action::Deleted
        ]
    );
    assert!(rows.iter().all(|row| row.kind == "KEYS" && row.object == key.hash.to_string()));
    assert_eq!(rows[0].after["metadata"], json!({"api_key": "****"}));
    assert!(rows[0].before.is_empty());
    let changed = json!({"alias": "a", "max_budget": rows[1].after["max_budget"]});
    assert_eq!(json!(rows[1].after), changed);
    assert_eq!(json!(rows[1].before), json!({}));
    assert_eq!(
        (json!(rows[2].before), json!(rows[2].after)),
        (json!({"blocked": false}), json!({"blocked": true}))
    );
    assert!(!json!(rows).to_string().contains("very secret"));
    assert_eq!(rows[5].before["alias"], "a");
}

#[tokio::test]
async fn a_write_that_is_refused_leaves_no_row_and_a_row_in_the_way_no_write() {
    let log = Log::new().await;
    log.team("t", &deed("1")).await;
    let team = TeamRecord::new("t", Stamp::new(Millis::default(), None));
    log.store.teams().by(&deed("2")).create(&team).await.unwrap_err();
    assert_eq!(log.rows().await.len(), 1);
    assert!(log.store.teams().by(&deed("3")).delete(&TeamRecord::at("x")).await.unwrap().is_none());
    assert_eq!(log.rows().await.len(), 1);
}

#[tokio::test]
async fn writers_of_many_processes_lose_no_row_and_fork_no_chain() {
    let log = Log::new().await;
    let mut writers = JoinSet::new();
    for process in 0..6 {
        let other = log.other();
        writers.spawn(async move {
            for n in 0..12 {
                let name = format!("{process}-{n}");
                other.team(&name, &deed(&name)).await;
            }
        });
    }
    writers.join_all().await;
    let rows = log.rows().await;
    let told: HashSet<&str> = rows.iter().map(|row| row.object.as_str()).collect();
    assert_eq!((rows.len(), told.len()), (72, 72));
    let report = log.verify().await;
    assert_eq!((report.rows, report.findings.as_slice()), (72, &[][..]));
    assert_eq!(report.heads.iter().map(|head| head.number).sum::<u64>(), 72);
    assert!(report.heads.len() > 8, "they go on beside each other");
}

#[tokio::test]
async fn a_thousand_records_at_once_have_a_row_each() {
    let log = Log::new().await;
    let users: Vec<UserRecord> = (0..1_000)
        .map(|n| UserRecord {
            email: Some(format!("u{n}@example.org")),
            ..UserRecord::new(&format!("u{n}"), Stamp::new(Millis::default(), None))
        })
        .collect();
    log.store.users().by(&deed("many")).create_all(&users).await.unwrap();
    let (rows, total) = log.store.audit().list(&AuditFilter::newest(10)).await.unwrap();
    assert_eq!((rows.len(), total), (10, 1_000));
    assert!(log.verify().await.findings.is_empty());
}

#[tokio::test]
async fn rows_are_found_by_who_what_and_when() {
    let log = Log::new().await;
    let who = |call: &str, user: &str| {
        let mut deed = deed(call);
        deed.who.user = Some(user.to_owned());
        deed
    };
    for (n, user) in ["ada", "bob", "ada"].into_iter().enumerate() {
        log.team(&format!("t{n}"), &who(user, user)).await;
        log.clock.advance(std::time::Duration::from_secs(60));
    }
    let refused = Refused { status: 403, reason: "no".to_owned(), object: "t1".to_owned() };
    log.store.audit().refused(&who("x", "bob"), &refused).await.unwrap();

    let all = AuditFilter::newest(100);
    let found = async |filter: AuditFilter| {
        let (rows, total) = log.store.audit().list(&filter).await.unwrap();
        assert_eq!(rows.len(), total.min(filter.newest));
        rows.iter().map(|row| row.object.clone()).collect::<Vec<_>>()
    };
    assert_eq!(found(all.clone()).await, ["t1", "t2", "t1", "t0"]);
    assert_eq!(found(AuditFilter { by: Some("ada".into()), ..all.clone() }).await, ["t2", "t0"]);
    assert_eq!(found(AuditFilter { action: Some(Action::Refused), ..all.clone() }).await, ["t1"]);
    assert_eq!(found(AuditFilter { object: Some("t2".into()), ..all.clone() }).await, ["t2"]);
    assert_eq!(
        found(AuditFilter { ascending: true, newest: 2, ..all.clone() }).await,
        ["t0", "t1"]
    );
    let from = Millis::parse("2026-11-25T10:01:00Z").unwrap();
    let to = Millis::parse("2026-11-25T10:02:00Z").unwrap();
    assert_eq!(found(AuditFilter { from, to, ..all.clone() }).await, ["t1"]);
    let row = log.rows().await.remove(0);
    assert_eq!(log.store.audit().get(&row.id).await.unwrap(), Some(row));
    for nothing in ["", "x", "99-1-1", "00-000-000", "é-é-é"] {
        assert_eq!(log.store.audit().get(nothing).await.unwrap(), None);
    }
}

#[test]
fn what_callers_say_of_themselves_is_cut() {
    assert_eq!(Deed::text(&"x".repeat(1_000)).len(), 256);
    assert_eq!(Deed::text("a\nb\u{1b}[31m"), "ab[31m");
}
