//! Records that people edit, over the embedded engine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::{Arc, LazyLock};

use sluice_embedded::Engine;
use sluice_store::{
    Deed, ManualClock, MemberRecord, MemberRole, Millis, RecordError, Stamp, Store, TableNames,
    TeamRecord, UserRecord,
};

async fn store() -> Store {
    let clock = Arc::new(ManualClock::at(now()));
    let client = Engine::memory().unwrap().client();
    let store = Store::builder(client, TableNames::from_prefix("t"), clock).build();
    store.create_tables().await.unwrap();
    store
}

fn deed() -> &'static Deed {
    static DEED: LazyLock<Deed> = LazyLock::new(|| Deed::own("test"));
    &DEED
}

fn now() -> Millis {
    Millis::parse("2026-11-25T10:00:00Z").unwrap()
}

fn user(id: &str, email: Option<&str>) -> UserRecord {
    UserRecord { email: email.map(str::to_owned), ..UserRecord::new(id, Stamp::new(now(), None)) }
}

#[tokio::test]
async fn no_two_users_have_one_id_or_one_address() {
    let users = store().await.users();
    users.by(deed()).create(&user("a", Some("A@x.org"))).await.unwrap();
    let again = users.by(deed()).create(&user("a", None)).await;
    assert!(matches!(again, Err(RecordError::Exists)), "{again:?}");
    let taken = users.by(deed()).create(&user("b", Some("a@X.org"))).await;
    assert!(matches!(taken, Err(RecordError::Taken(_))), "{taken:?}");
    assert!(users.get(&UserRecord::at("b")).await.unwrap().is_none(), "half of it was written");
    let found = users.named(&UserRecord::by_email("a@x.ORG")).await.unwrap();
    assert_eq!(found.unwrap().user_id, "a");
    // An address is free again when its user has another one, or is gone.
    let (a, b) = (UserRecord::at("a"), UserRecord::at("b"));
    let moved = users.by(deed()).update(&a, |user| user.email = Some("c@x.org".into()));
    moved.await.unwrap();
    users.by(deed()).create(&user("b", Some("a@x.org"))).await.unwrap();
    let taken = users.by(deed()).update(&b, |user| user.email = Some("c@x.org".into()));
    assert!(matches!(taken.await, Err(RecordError::Taken(_))));
    assert!(users.by(deed()).delete(&UserRecord::at("a")).await.unwrap().is_some());
    assert!(users.by(deed()).delete(&UserRecord::at("a")).await.unwrap().is_none());
    users.by(deed()).create(&user("c", Some("c@x.org"))).await.unwrap();
    assert_eq!(users.all().await.unwrap().len(), 2);
}

#[tokio::test]
async fn edits_of_different_fields_at_once_all_hold() {
    let store = store().await;
    let team = TeamRecord::new("t", Stamp::new(now(), None));
    store.teams().by(deed()).create(&team).await.unwrap();
    let place = TeamRecord::at("t");
    let first = store.versions(std::slice::from_ref(&place)).await.unwrap();
    let edits = (0..8).map(|n| {
        let (teams, place) = (store.teams(), place.clone());
        async move {
            teams
                .by(deed())
                .update(&place, |team| team.models.push(format!("m{n}")))
                .await
                .unwrap();
        }
    });
    futures_util::future::join_all(edits).await;
    let mut models = store.teams().get(&place).await.unwrap().unwrap().models;
    models.sort();
    assert_eq!(models, ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"]);
    let gone = TeamRecord::at("nobody");
    let after = store.versions(&[place, gone]).await.unwrap();
    assert_eq!(after, [first.first().unwrap() + 8, 0]);
}

#[tokio::test]
async fn members_are_found_by_team_and_by_person() {
    let store = store().await;
    let stamp = || Stamp::new(now(), None);
    let member = |team: &str, user: &str| MemberRecord::new(team, user, MemberRole::User, stamp());
    let many: Vec<MemberRecord> = (0..120).map(|n| member("t", &format!("u{n:03}"))).collect();
    store.members().by(deed()).create_all(&many).await.unwrap();
    store.members().by(deed()).create(&member("other", "u007")).await.unwrap();
    let found = store.members().of_team("t").await.unwrap();
    assert_eq!(found.len(), 120);
    assert_eq!(found.first().unwrap().user_id, "u000");
    let teams = store.members().of_user("u007").await.unwrap();
    let teams: Vec<&str> = teams.iter().map(|member| member.team_id.as_str()).collect();
    assert_eq!(teams, ["t", "other"]);
    assert_ne!(MemberRecord::at("a", "b#c"), MemberRecord::at("a#b", "c"));
}
