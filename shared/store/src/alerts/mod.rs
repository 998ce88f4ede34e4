//! Alerts: each is made once, whoever makes it, and kept until all who are to be told have been.
//!
//! An alert's id says what happened, in which window and to which limit. Whoever finds that it happened
//! makes the alert under the condition that there is none of that id: of many processes one succeeds, and
//! that one sends it. While it is sent it is claimed. A channel that was told is taken off the alert at
//! once; what is left when the claim runs out (the process died, or the channel did not answer) is claimed
//! by whoever comes next. So a channel is told twice only where its process died between telling it and
//! taking it off, and then under the same id.

mod item;

use std::{collections::HashSet, sync::Arc};

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};
use serde_json::Value;

use self::item::{LISTED, alert_item, place, read_alert};
use crate::{
    Millis, StoreError,
    item::{Item, n, number, s, text, unless_refused},
    keys::read::{batch_get, index},
    store::Inner,
};

/// How long whoever sends an alert has for it.
const CLAIM_MS: i64 = 120_000;
/// Milliseconds until an alert that could not be sent is tried again, for the first time.
const AGAIN_MS: i64 = 60_000;
/// The same at most.
const AGAIN_MOST_MS: i64 = 60 * 60 * 1000;
/// How long an alert is tried.
const TRIED_MS: i64 = 24 * 60 * 60 * 1000;

/// The alerts.
#[derive(Debug, Clone)]
pub struct Alerts {
    pub(crate) inner: Arc<Inner>,
}

/// An alert, and whom it still has to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// What it is about; there is one of each.
    pub id: String,
    /// What is told.
    pub notice: Value,
    /// The channels that have not been told.
    pub channels: Vec<String>,
    /// When it was made.
    pub made: Millis,
    /// How often it could not be sent whole.
    pub attempts: u32,
    /// Until when it is remembered, so that it is not made again; none for ever.
    pub until: Option<Millis>,
    /// Who sends it has it until then.
    pub claimed: Millis,
}

/// What becomes of an alert that could not be sent whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// It is tried again from then on.
    Again(Millis),
    /// It was tried for a day: it is not tried any more.
    Never,
}

// === impl Alerts ===

impl Alerts {
    /// Which of these have been made.
    ///
    /// # Errors
    /// The database's.
    pub async fn made(&self, ids: &[String]) -> Result<HashSet<String>, StoreError> {
        let unique: HashSet<&String> = ids.iter().collect();
        let items =
            batch_get(&self.inner, unique.into_iter().map(|id| place(id)).collect()).await?;
        Ok(items.iter().filter_map(item::id).map(str::to_owned).collect())
    }

    /// Makes an alert, claimed by whoever makes it; `None` where there is one of its id.
    ///
    /// # Errors
    /// The database's. Whether it was made is then not known; if it was, it is sent when the claim is
    /// over.
    pub async fn make(&self, mut alert: Alert) -> Result<Option<Alert>, StoreError> {
        alert.claimed = self.inner.clock.now().plus(CLAIM_MS);
        let put = self
            .inner
            .client
            .put_item()
            .table_name(&self.inner.tables.core)
            .set_item(Some(alert_item(&alert)))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        Ok(unless_refused("PutItem", put)?.map(|_| alert))
    }

    /// Those that nobody is sending and that are due.
    ///
    /// # Errors
    /// The database's.
    pub async fn due(&self) -> Result<Vec<Alert>, StoreError> {
        let now = self.inner.clock.now();
        let listed = index(&self.inner, "gsi1", LISTED, true).await?;
        let places = listed.iter().filter_map(item::id).map(place).collect();
        let items = batch_get(&self.inner, places).await?;
        let due = |item: &&Item| number(item, "due").is_some_and(|due| due <= now.get());
        let mut alerts = items.iter().filter(due).map(read_alert).collect::<Result<Vec<_>, _>>()?;
        alerts.sort_by(|a, b| (a.made, &a.id).cmp(&(b.made, &b.id)));
        Ok(alerts)
    }

    /// Claims one of [`Self::due`]; `None` where somebody else has it.
    ///
    /// # Errors
    /// The database's; what was claimed is free again when the claim is over.
    pub async fn claim(&self, seen: &Alert) -> Result<Option<Alert>, StoreError> {
        let until = self.inner.clock.now().plus(CLAIM_MS);
        let sent = self
            .change(&seen.id, "SET due = :until")
            .condition_expression("due = :due")
            .expression_attribute_values(":until", n(until.get()))
            .expression_attribute_values(":due", n(seen.claimed.get()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let Some(claimed) = unless_refused("UpdateItem", sent)? else { return Ok(None) };
        claimed.attributes.as_ref().map(read_alert).transpose()
    }

    /// A channel has been told. The last one ends the alert: what is left is that it was made.
    ///
    /// # Errors
    /// The database's; the channel may then be told again.
    pub async fn told(&self, alert: &mut Alert, channel: &str) -> Result<(), StoreError> {
        alert.channels.retain(|other| other != channel);
        let update = if alert.channels.is_empty() {
            "REMOVE chans, gsi1pk, gsi1sk, due"
        } else {
            "DELETE chans :one"
        };
        let mut sent = self.change(&alert.id, update).condition_expression("attribute_exists(pk)");
        if !alert.channels.is_empty() {
            let one = AttributeValue::Ss(vec![channel.to_owned()]);
            sent = sent.expression_attribute_values(":one", one);
        }
        unless_refused("UpdateItem", sent.send().await).map(|_| ())
    }

    /// Some channel could not be told: the alert is tried again, for a day.
    ///
    /// # Errors
    /// The database's; it is then tried again when the claim is over.
    pub async fn put_off(&self, alert: &Alert, reason: &str) -> Result<Later, StoreError> {
        let now = self.inner.clock.now();
        let doubled = AGAIN_MS.saturating_mul(1 << alert.attempts.min(10)).min(AGAIN_MOST_MS);
        let next = now.plus(doubled);
        let given_up = next > alert.made.plus(TRIED_MS);
        let update = if given_up {
            "SET failed = :reason ADD tries :one REMOVE gsi1pk, gsi1sk, due"
        } else {
            "SET due = :next, failed = :reason ADD tries :one"
        };
        let mut sent = self
            .change(&alert.id, update)
            // Nobody else has claimed it since.
            .condition_expression("due = :claimed")
            .expression_attribute_values(":claimed", n(alert.claimed.get()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":reason", s(reason));
        if !given_up {
            sent = sent.expression_attribute_values(":next", n(next.get()));
        }
        unless_refused("UpdateItem", sent.send().await)?;
        Ok(if given_up { Later::Never } else { Later::Again(next) })
    }

    /// Why an alert could not be sent when it was last tried.
    ///
    /// # Errors
    /// The database's.
    pub async fn failure(&self, id: &str) -> Result<Option<String>, StoreError> {
        let item = self.inner.item(place(id)).await?;
        Ok(item.as_ref().and_then(|item| text(item, "failed")).map(str::to_owned))
    }

    fn change(&self, id: &str, update: &str) -> UpdateItemFluentBuilder {
        let Inner { client, tables, .. } = &*self.inner;
        let change = client.update_item().table_name(&tables.core).set_key(Some(place(id)));
        change.update_expression(update)
    }
}
