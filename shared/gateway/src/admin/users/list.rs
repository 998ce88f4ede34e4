//! `GET /user/list`.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;
use sluice_store::UserRecord;

use super::view;
use crate::{
    App,
    admin::{door::Visit, page::Page, reply::Refused},
};

/// Lists users, newest first, page by page.
pub(in crate::admin) async fn list(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let page = Page::asked(&visit, "page_size", 25)?;
    let ids: Option<Vec<&str>> = visit.asked("user_ids").map(|csv| csv.split(',').collect());
    let lower = |text: Option<&String>| text.map(|text| text.to_lowercase()).unwrap_or_default();
    let wanted = |user: &UserRecord| {
        ids.as_ref().is_none_or(|ids| ids.contains(&user.user_id.as_str()))
            && visit.asked("role").is_none_or(|role| role == user.role.as_str())
            && visit
                .asked("user_email")
                .is_none_or(|part| lower(user.email.as_ref()).contains(&part.to_lowercase()))
            && visit
                .asked("sso_user_ids")
                .is_none_or(|csv| csv.split(',').any(|id| user.sso_user_id.as_deref() == Some(id)))
    };
    let mut users = app.store.users().all().await.map_err(|error| app.store_fault(&error))?;
    users.retain(wanted);
    if !visit.actor.reaches_all() {
        let mut below: HashSet<String> = HashSet::new();
        for id in visit.actor.led_organisations() {
            let members = app.store.associates().of_organisation(id).await;
            let members = members.map_err(|error| app.store_fault(&error))?;
            below.extend(members.into_iter().map(|member| member.user_id));
        }
        users.retain(|user| below.contains(&user.user_id));
    }
    if visit.asked("sort_order").is_some_and(|order| order == "asc") {
        users.reverse();
    }
    let total = users.len();
    let mut counts: HashMap<String, usize> = HashMap::new();
    let keys = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
    for user in keys.into_iter().filter_map(|key| key.user_id) {
        *counts.entry(user).or_default() += 1;
    }
    let mut page_of_users = Vec::new();
    for user in page.of(users) {
        let teams = view::teams_of(&app, &user.user_id).await?;
        page_of_users.push((user, teams));
    }
    let mut shown = view::rows(&app, &page_of_users).await?;
    for (row, (user, _)) in shown.iter_mut().zip(&page_of_users) {
        if let Some(fields) = row.as_object_mut() {
            let count = counts.get(&user.user_id).copied().unwrap_or(0);
            fields.insert("key_count".to_owned(), count.into());
        }
    }
    Ok(page.told("users", &shown, total))
}
