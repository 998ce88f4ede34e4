//! The channels: each by its name, and how it is told.

use sluice_providers::{BusEvent, Letter, Redacted, Secret, TopicMessage};

use super::Notice;
use crate::{app::App, config::Alerting};

/// The names of all that have to be told of a notice.
pub(crate) fn channels(alerting: &Alerting, notice: &Notice) -> Vec<String> {
    let Alerting { slack, webhook, sns_topic, mail, event_bus, .. } = alerting;
    // Each of several webhooks is told, or tried again, by itself.
    let mut names: Vec<String> = (0..slack.len()).map(|place| format!("slack.{place}")).collect();
    let read = mail.as_ref().is_some_and(|mail| !mail.to.is_empty());
    let with_mail = mail.is_some() && (read || notice.emails().next().is_some());
    for (name, wanted) in [
        ("webhook", webhook.is_some()),
        ("sns", sns_topic.is_some()),
        ("email", with_mail),
        ("eventbridge", event_bus.is_some()),
    ] {
        if wanted {
            names.push(name.to_owned());
        }
    }
    names
}

/// Tells one channel.
///
/// # Errors
/// Why it could not be told, for the operator: no address, no secret.
pub(crate) async fn deliver(
    app: &App,
    alerting: &Alerting,
    channel: &str,
    notice: &Notice,
) -> Result<(), String> {
    let gone = || format!("`{channel}` is not among the channels of this configuration");
    let transport = &app.transport;
    let id = notice.text("alert_id");
    if let Some(place) = channel.strip_prefix("slack.") {
        let place: usize = place.parse().map_err(|_| gone())?;
        let address = address(app, alerting.slack.get(place).ok_or_else(gone)?).await?;
        return transport.post_hook(&address, id, &notice.for_slack(app.clock.now())).await;
    }
    match channel {
        "webhook" => {
            let address = address(app, alerting.webhook.as_ref().ok_or_else(gone)?).await?;
            transport.post_hook(&address, id, notice.json()).await
        }
        "sns" => {
            let message = TopicMessage {
                topic: alerting.sns_topic.as_deref().ok_or_else(gone)?,
                subject: &notice.subject(),
                message: &notice.json().to_string(),
                attributes: &[
                    ("event", notice.text("event")),
                    ("event_group", notice.text("event_group")),
                ],
                id,
            };
            transport.publish(&message).await
        }
        "email" => {
            let mail = alerting.mail.as_ref().ok_or_else(gone)?;
            let mut to = mail.to.clone();
            to.extend(notice.emails().map(str::to_owned));
            to.sort_unstable();
            to.dedup();
            if to.is_empty() {
                return Err("nobody's address is known".to_owned());
            }
            let letter = Letter {
                sender: &mail.sender,
                to: &to,
                subject: &notice.subject(),
                text: &notice.letter(),
            };
            transport.mail(&letter).await
        }
        "eventbridge" => {
            let event = BusEvent {
                bus: alerting.event_bus.as_deref().ok_or_else(gone)?,
                source: "sluice",
                kind: "Budget Alert",
                detail: notice.json(),
            };
            transport.put_event(&event).await
        }
        _ => Err(gone()),
    }
}

async fn address(app: &App, secret: &Secret) -> Result<Redacted<String>, String> {
    let read = app.transport.secret(secret).await;
    read.map_err(|fault| fault.detail.unwrap_or_else(|| fault.message.to_string()))
}
