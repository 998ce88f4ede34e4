//! `GET /key/list`.

use std::{collections::HashSet, sync::Arc};

use serde_json::{Value, json};
use sluice_store::{KeyRecord, KeyRole, TeamRecord};

use super::{naming, view};
use crate::{
    App,
    admin::{access::Actor, door::Visit, page::Page, reply::Refused},
};

/// Lists keys, newest first, page by page: all of them, or those of one's own and of teams one leads.
pub(in crate::admin) async fn list(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let page = Page::asked(&visit, "size", 10)?;
    let full = visit.switch("return_full_object");
    let hash = visit.asked("key_hash").map(naming::hash_of);
    let same = |asked: &str, has: Option<&String>| {
        visit.asked(asked).is_none_or(|asked| has.is_some_and(|has| has == asked))
    };
    let aliased = |record: &KeyRecord| {
        let alias = record.alias.as_deref().unwrap_or_default();
        visit.asked("key_alias").is_none_or(|asked| {
            if visit.switch("substring_matching") { alias.contains(asked) } else { alias == asked }
        })
    };
    let of_organisation = match visit.asked("organization_id") {
        Some(id) => {
            let teams = app.store.teams().all().await.map_err(|error| app.store_fault(&error))?;
            Some(move |record: &KeyRecord| {
                let is_its = |team: &&TeamRecord| Some(&team.team_id) == record.team_id.as_ref();
                record.organisation(teams.iter().find(is_its)) == Some(id)
            })
        }
        None => None,
    };
    let wanted = |record: &KeyRecord| {
        aliased(record)
            && same("user_id", record.user_id.as_ref())
            && same("team_id", record.team_id.as_ref())
            && of_organisation.as_ref().is_none_or(|of| of(record))
            && visit.asked("status").is_none_or(|status| status == view::status(&app, record))
            && hash.as_ref().is_none_or(|hash| record.hash == *hash || record.opener() == *hash)
    };
    let mut records = visible(&app, &visit.actor).await?;
    records.retain(wanted);
    if visit.asked("sort_order").is_some_and(|order| order == "asc") {
        records.reverse();
    }
    let total = records.len();
    let shown = page.of(records);
    let keys = if full {
        view::rows(&app, &shown).await?
    } else {
        shown.iter().map(|record| Value::from(record.hash.to_string())).collect()
    };
    Ok(json!({
        "keys": keys,
        "total_count": total,
        "current_page": page.number(),
        "total_pages": page.pages(total),
    }))
}

/// The aliases of the keys that the caller may see, in the order of the alphabet, page by page.
pub(in crate::admin) async fn aliases(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let page = Page::asked(&visit, "size", 50)?;
    let search = visit.asked("search").unwrap_or_default().to_lowercase();
    let records = visible(&app, &visit.actor).await?;
    let mut aliases: Vec<String> = records.into_iter().filter_map(|record| record.alias).collect();
    aliases.retain(|alias| alias.to_lowercase().contains(&search));
    aliases.sort_unstable();
    let total = aliases.len();
    Ok(json!({
        "aliases": page.of(aliases),
        "total_count": total,
        "current_page": page.number(),
        "total_pages": page.pages(total),
        "size": page.size(),
    }))
}

/// The keys that the caller may see.
async fn visible(app: &App, actor: &Actor) -> Result<Vec<KeyRecord>, Refused> {
    let records = app.store.keys().list().await.map_err(|error| app.store_fault(&error))?;
    let led: HashSet<&str> = actor.led_teams().collect();
    let seen = |record: &KeyRecord| {
        actor.reaches_all()
            || record.hash == actor.caller.record.hash
            || record.user_id.as_deref().is_some_and(|user| actor.is_self(user))
            || record.team_id.as_deref().is_some_and(|team| led.contains(team))
            || record.organization_id.as_deref().is_some_and(|id| actor.leads(id))
    };
    let live = records.into_iter().filter(|record| record.role != KeyRole::Admin);
    Ok(live.filter(seen).collect())
}
