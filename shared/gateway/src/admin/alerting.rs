//! `GET /alerting/settings` and `GET /health/services`: who is told of budgets, and a try of it.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::{door::Visit, reply::Refused};
use crate::{App, alerts, config::Alerting};

/// The settings that say something, their types and what they say.
const SETTINGS: [(&str, &str, &str); 8] = [
    ("alerting", "List", "Who is told: slack, webhook, email, sns, eventbridge."),
    ("alert_types", "List", "What they are told of."),
    ("budget_thresholds", "List", "Per cent of a budget of which they are told, once a window."),
    ("projected_alerts", "Boolean", "Whether they are told that a budget will be passed."),
    ("sns_topic_arn", "String", "The topic of sns."),
    ("email_from", "String", "Whose letters email sends."),
    ("email_to", "List", "Who gets them besides the holder of the budget."),
    ("event_bus_name", "String", "The bus of eventbridge."),
];

/// Tells how alerting is set. Addresses of webhooks are secrets, and are not told.
pub(super) async fn settings(app: Arc<App>, _: Visit) -> Result<Value, Refused> {
    let values = app.config.general.alerting.as_ref().map(values).unwrap_or_default();
    let setting = |(name, kind, description): (&str, &str, &str)| {
        json!({
            "field_name": name,
            "field_type": kind,
            "field_description": description,
            "field_value": values.get(name),
            "stored_in_db": false,
            "field_default_value": null,
            "premium_field": false,
        })
    };
    Ok(SETTINGS.map(setting).into_iter().collect())
}

fn values(alerting: &Alerting) -> Value {
    let Alerting { slack, webhook, sns_topic, mail, event_bus, thresholds, projected } = alerting;
    let channels = [
        ("slack", !slack.is_empty()),
        ("webhook", webhook.is_some()),
        ("email", mail.is_some()),
        ("sns", sns_topic.is_some()),
        ("eventbridge", event_bus.is_some()),
    ];
    let named = channels.into_iter().filter(|(_, open)| *open).map(|(name, _)| name);
    json!({
        "alerting": named.collect::<Vec<_>>(),
        "alert_types": ["budget_alerts"],
        "budget_thresholds": thresholds,
        "projected_alerts": projected,
        "sns_topic_arn": sns_topic,
        "email_from": mail.as_ref().map(|mail| &mail.sender),
        "email_to": mail.as_ref().map(|mail| &mail.to),
        "event_bus_name": event_bus,
    })
}

/// Tells a channel something that means nothing, at once.
pub(super) async fn services(app: Arc<App>, visit: Visit) -> Result<Value, Refused> {
    let service = visit.required("service")?;
    let notice = alerts::trial(app.clock.now());
    let alerting = app.config.general.alerting.as_ref();
    let open = |alerting| alerts::channels(alerting, &notice);
    let mut channels = alerting.map(open).unwrap_or_default();
    channels.retain(|channel| channel.split('.').next() == Some(service));
    let Some(alerting) = alerting.filter(|_| !channels.is_empty()) else {
        let message =
            format!("\"{service}\" not in proxy config: general_settings. Unable to test this.");
        return Err(Refused::detail(StatusCode::UNPROCESSABLE_ENTITY, message));
    };
    for channel in &channels {
        if let Err(reason) = alerts::deliver(&app, alerting, channel, &notice).await {
            tracing::error!(channel, reason, "a test alert could not be sent");
            let message = format!("{channel} could not be told: {reason}");
            return Err(Refused::detail(StatusCode::SERVICE_UNAVAILABLE, message));
        }
    }
    Ok(json!({
        "status": "success",
        "message": format!("Mock {service} alert sent, verify that it was received"),
    }))
}
