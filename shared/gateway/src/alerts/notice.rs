//! What is told: LiteLLM's webhook event, and the same in words.

use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use sluice_store::{BudgetDuration, Millis, NanoUsd, Subject};

use super::{budgets::Budget, judge::Event};

/// Digits of an alert's id that receivers see.
const DIGITS: usize = 32;

/// An event in LiteLLM's form (`WebhookEvent`), with our fields beside its own: `alert_id`, `threshold`,
/// `model`, `budget_duration`, `budget_reset_at`, `alert_emails`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Notice(Value);

// === impl Notice ===

impl Notice {
    /// Of what happened to a budget.
    pub(super) fn of(budget: &Budget, event: &Event, id: &str) -> Self {
        let Budget { subject, holder, standing, .. } = budget;
        let (group, title) = party(subject);
        let dollars = |amount: NanoUsd| amount.to_json_number();
        let (key, customer) = match subject {
            Subject::Key(hash) => (Some(hash.to_string()), None),
            Subject::EndUser(id) => (None, Some(id.as_str())),
            _ => (None, None),
        };
        let projected = match event {
            Event::Projected { spend, exceeded } => Some((*spend, *exceeded)),
            _ => None,
        };
        let emails: Vec<&String> = holder.user_email.iter().chain(&holder.emails).collect();
        let percent = match event {
            Event::Threshold(percent) => Some(*percent),
            Event::Crossed => Some(100),
            _ => None,
        };
        Self(json!({
            "spend": dollars(standing.spent),
            "max_budget": standing.max.map(dollars),
            "soft_budget": standing.soft.map(dollars),
            "token": key,
            "customer_id": customer,
            "user_id": holder.user_id,
            "team_id": holder.team_id,
            "team_alias": holder.team_alias,
            "organization_id": holder.organization_id,
            "user_email": holder.user_email,
            "key_alias": holder.key_alias,
            "projected_exceeded_date": projected.map(|(_, at)| at.rfc3339()),
            "projected_spend": projected.map(|(spend, _)| dollars(spend)),
            "event": event.name(),
            "event_group": group,
            "event_message": format!("{title} Budget: {}", said(budget, event)),
            "alert_id": receivers_id(id),
            "threshold": percent,
            "model": budget.model,
            "budget_duration": budget.duration.as_ref().map(BudgetDuration::as_str),
            "budget_reset_at": standing.window.resets_at.map(Millis::rfc3339),
            "alert_emails": emails,
        }))
    }

    /// As it was kept.
    pub(crate) fn from_json(notice: Value) -> Self {
        Self(notice)
    }

    /// As LiteLLM's receivers read it.
    pub(crate) fn json(&self) -> &Value {
        &self.0
    }

    pub(crate) fn into_json(self) -> Value {
        self.0
    }

    /// A field's text; empty where it has none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Addresses of whose budget it is.
    pub(crate) fn emails(&self) -> impl Iterator<Item = &str> {
        self.0
            .get("alert_emails")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .flat_map(Value::as_str)
    }

    /// In one line.
    pub(crate) fn subject(&self) -> String {
        let first = self.text("event_message").lines().next().unwrap_or_default();
        format!("Sluice: {first}")
    }

    /// As LiteLLM writes to Slack.
    pub(crate) fn for_slack(&self, now: Millis) -> Value {
        let lines = self.lines(|name, value| format!("*{name}:* `{value}`\n"));
        let message = self.text("event_message");
        let at = now.rfc3339();
        json!({
            "text": format!("Level: `High`\nTimestamp: `{at}`\n\nMessage: {message}\n\n{lines}"),
        })
    }

    /// As a letter.
    pub(crate) fn letter(&self) -> String {
        let lines = self.lines(|name, value| format!("{name}: {value}\n"));
        format!("{}\n\n{lines}", self.text("event_message"))
    }

    /// The fields that say something.
    fn lines(&self, line: impl Fn(&str, &str) -> String) -> String {
        let empty = Map::new();
        let fields = self.0.as_object().unwrap_or(&empty).iter();
        let told = fields.filter(|(name, _)| name.as_str() != "event_message");
        told.filter_map(|(name, value)| match value {
            Value::String(text) => Some(line(name, text)),
            Value::Number(number) => Some(line(name, &number.to_string())),
            _ => None,
        })
        .collect()
    }
}

/// A notice that tells of nothing, to try a channel.
pub(crate) fn trial(now: Millis) -> Notice {
    Notice(json!({
        "event": "threshold_crossed",
        "event_group": "proxy",
        "event_message": "Proxy Budget: This is a test alert, no budget was crossed",
        "spend": 0,
        "max_budget": 0,
        "alert_id": receivers_id(&format!("trial|{}", now.get())),
        "alert_emails": [],
    }))
}

fn said(budget: &Budget, event: &Event) -> String {
    let told = |amount: Option<NanoUsd>| amount.unwrap_or_default().to_decimal();
    let mut text = match event {
        Event::Threshold(percent) => format!("{percent}% Threshold Crossed"),
        Event::Crossed => {
            format!("Budget Crossed\n Total Budget:`{}`", told(budget.standing.max))
        }
        Event::Soft => {
            format!("Soft Budget Crossed\n Total Soft Budget:`{}`", told(budget.standing.soft))
        }
        Event::Projected { spend, exceeded } => format!(
            "Projected Limit Exceeded\n Projected Spend:`{}`, Budget Exceeded At:`{exceeded}`",
            spend.to_decimal()
        ),
    };
    if let Some(model) = &budget.model {
        text.push_str(&format!("\n Model:`{model}`"));
    }
    text
}

/// LiteLLM's word for whose budget it is, and how a message begins.
fn party(subject: &Subject) -> (&'static str, &'static str) {
    match subject {
        Subject::Key(_) => ("key", "Key"),
        Subject::User(_) => ("user", "User"),
        Subject::Team(_) => ("team", "Team"),
        Subject::Member { .. } => ("team_member", "Team Member"),
        Subject::Organisation(_) => ("organization", "Organization"),
        Subject::Associate { .. } => ("organization_member", "Organization Member"),
        Subject::EndUser(_) => ("customer", "Customer"),
        Subject::Tag(_) => ("tag", "Tag"),
        Subject::Model(_) => ("model", "Model"),
        Subject::Provider(_) => ("provider", "Provider"),
        Subject::Deployment(_) => ("deployment", "Deployment"),
        Subject::Gateway => ("proxy", "Proxy"),
    }
}

/// An id of letters and digits, as receivers may compare it.
fn receivers_id(id: &str) -> String {
    let digits = digest(&SHA256, id.as_bytes());
    let digits = digits.as_ref().iter().map(|byte| format!("{byte:02x}"));
    digits.take(DIGITS / 2).collect()
}
