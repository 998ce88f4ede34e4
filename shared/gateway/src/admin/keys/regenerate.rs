//! `POST /key/regenerate` and `/key/{key}/regenerate`.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_store::{KeyRole, lifetime_end};

use super::{
    draft::Draft,
    generate::{checked, conflict, fresh},
    naming, rights, view,
};
use crate::{
    App,
    admin::{
        access::forbidden,
        door::Visit,
        reply::{Refused, invalid},
    },
};

/// Gives a key another plaintext. Its account, what is reserved and its rows stay; the plaintext that
/// it had opens it until `grace_period` is over, or no more.
pub(in crate::admin) async fn regenerate(
    app: Arc<App>,
    mut visit: Visit,
) -> Result<Value, Refused> {
    let now = app.clock.now();
    let fields = &mut visit.fields;
    let given = fields.text("key").value();
    let plaintext = match fields.text("new_key").value() {
        Some(key) => checked(key)?,
        None => fresh(&app)?,
    };
    let until = match fields.text("grace_period").value().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(
            lifetime_end(&text, now)
                .map_err(|error| invalid(format!("grace_period: {error}"), "grace_period"))?,
        ),
    };
    let draft = Draft::take(&app, fields)?;
    fields.finish()?;
    let Some(named) = visit.named.or(given) else {
        return Err(invalid("Missing required parameter: 'key'.", "key"));
    };
    let record = naming::find(&app, &named).await?;
    if record.role == KeyRole::Admin {
        return Err(forbidden("The master key is not changed through the API.", "key"));
    }
    if record.vouched.is_some() {
        let message = "The record stands for somebody whom another authority vouches for: there is no \
                       key to regenerate.";
        return Err(forbidden(message, "key"));
    }
    rights::reach(&app, &visit.actor, &record).await?;
    if record.rotation.is_some() {
        let message = "This key gets its plaintexts by itself, and its holders read them from a secret. Set \
                       auto_rotate to false first.";
        return Err(invalid(message, "key"));
    }
    let mut wanted = record.clone();
    draft.apply(&mut wanted);
    rights::vet(&app, &visit.actor, &wanted).await?;
    rights::stays(&visit.actor, &record, &wanted)?;
    let records = app.store.keys();
    let changed = records.by(&visit.actor.deed).rotate(&record.hash, &plaintext, |record| {
        draft.apply(record);
        record.rotate(&plaintext, until, now);
        record.updated_at = now;
        record.updated_by = Some(visit.actor.name());
    });
    let record = changed.await.map_err(|error| conflict(&app, error))?;
    app.forget_key(&record.hash);
    let mut row = view::row(&app, &record).await?;
    if let Some(fields) = row.as_object_mut() {
        fields.insert("key".to_owned(), json!(plaintext));
        fields.insert("token_id".to_owned(), json!(record.hash.to_string()));
    }
    Ok(row)
}
