//! `general_settings.alerting` and what goes with it: whom to tell of budgets that run out.

use sluice_providers::Secret;

use super::{field::Field, known, section::Section};

/// The one kind of alert that there is.
const KIND: &str = "budget_alerts";
/// Per cent of a budget of which is told.
const THRESHOLDS: [u8; 4] = [50, 80, 95, 100];

/// Whom to tell of budgets, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerting {
    /// `slack`: webhooks of Slack, by `alert_to_webhook_url.budget_alerts` or `SLACK_WEBHOOK_URL`.
    pub slack: Vec<Secret>,
    /// `webhook`: a program that takes LiteLLM's events, at `WEBHOOK_URL`.
    pub webhook: Option<Secret>,
    /// `sns` (Sluice's own): a topic, by `alerting_args.sns_topic_arn`.
    pub sns_topic: Option<String>,
    /// `email`: letters by SES.
    pub mail: Option<Mail>,
    /// `eventbridge` (Sluice's own): a bus, by `alerting_args.event_bus_name`.
    pub event_bus: Option<String>,
    /// `alerting_args.budget_thresholds` (Sluice's own): per cent of a budget, ascending.
    pub thresholds: Vec<u8>,
    /// `alerting_args.projected_alerts` (Sluice's own): whether it is told that a budget will be passed.
    pub projected: bool,
}

/// Letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `alerting_args.email_from`: an address that SES may send from.
    pub sender: String,
    /// `alerting_args.email_to`: who is told of every budget. Whose budget it is, is told as well.
    pub to: Vec<String>,
}

/// What is said of each channel.
#[derive(Debug, Default)]
struct Said {
    slack: Vec<Secret>,
    webhook: Option<Secret>,
    sns_topic: Option<String>,
    email_from: Option<String>,
    email_to: Vec<String>,
    event_bus: Option<String>,
    thresholds: Option<Vec<u8>>,
    projected: bool,
}

// === impl Alerting ===

impl Alerting {
    /// Reads the keys of `general_settings`; `None` where nobody is told.
    pub(super) fn read(general: &mut Section<'_, '_>) -> Option<Self> {
        let channels = general.take("alerting");
        let wanted = kinds(general.take("alert_types").as_ref());
        let hooks = general.take("alert_to_webhook_url");
        let arguments = general.take("alerting_args");
        let said = Said::read(hooks.as_ref(), arguments.as_ref(), general.field());
        let names = channels.as_ref().and_then(Field::items)?;
        if names.is_empty() || !wanted {
            return None;
        }
        let mut alerting = Self {
            slack: Vec::new(),
            webhook: None,
            sns_topic: None,
            mail: None,
            event_bus: None,
            thresholds: said.thresholds.clone().unwrap_or_else(|| THRESHOLDS.to_vec()),
            projected: said.projected,
        };
        for name in &names {
            alerting.open(name, &said);
        }
        Some(alerting)
    }

    /// Adds a channel.
    fn open(&mut self, name: &Field<'_, '_>, said: &Said) {
        let Some(written) = name.text() else { return };
        let lacking = |what: &str| name.wrong(format!("`{written}` does not say where to"), what);
        match written.as_str() {
            "slack" if said.slack.is_empty() => lacking(
                "set `alert_to_webhook_url.budget_alerts`, or the variable SLACK_WEBHOOK_URL",
            ),
            "slack" => self.slack.clone_from(&said.slack),
            "webhook" if said.webhook.is_none() => {
                lacking("set `alerting_args.webhook_url`, or the variable WEBHOOK_URL");
            }
            "webhook" => self.webhook.clone_from(&said.webhook),
            "sns" if said.sns_topic.is_none() => lacking("set `alerting_args.sns_topic_arn`"),
            "sns" => self.sns_topic.clone_from(&said.sns_topic),
            "eventbridge" if said.event_bus.is_none() => {
                lacking("set `alerting_args.event_bus_name`");
            }
            "eventbridge" => self.event_bus.clone_from(&said.event_bus),
            "email" => match &said.email_from {
                Some(sender) => {
                    self.mail = Some(Mail { sender: sender.clone(), to: said.email_to.clone() });
                }
                None => {
                    lacking("set `alerting_args.email_from`, an address that SES may send from")
                }
            },
            _ => name.wrong(
                format!("`{written}` is no way to tell of budgets"),
                "write slack, webhook, email, sns or eventbridge",
            ),
        }
    }
}

// === impl Said ===

impl Said {
    fn read(
        hooks: Option<&Field<'_, '_>>,
        arguments: Option<&Field<'_, '_>>,
        general: &Field<'_, '_>,
    ) -> Self {
        let variable = |name: &str| general.context().var(name).filter(|text| !text.is_empty());
        let mut said = Self { projected: true, ..Self::default() };
        if let Some(mut section) = hooks.and_then(Section::open) {
            if let Some(field) = section.take(KIND) {
                said.slack = addresses(&field);
            }
            section.finish(known::ALERT_TYPES);
        }
        if said.slack.is_empty() {
            said.slack.extend(variable("SLACK_WEBHOOK_URL").map(Secret::plain));
        }
        if let Some(mut section) = arguments.and_then(Section::open) {
            let text = |field: Option<Field<'_, '_>>| field.and_then(|field| field.name());
            said.webhook = section.take("webhook_url").and_then(|field| field.secret());
            said.sns_topic = text(section.take("sns_topic_arn"));
            said.email_from = text(section.take("email_from"));
            said.event_bus = text(section.take("event_bus_name"));
            let to = section.take("email_to").and_then(|field| field.one_or_many());
            said.email_to = to.unwrap_or_default();
            said.thresholds = section.take("budget_thresholds").and_then(|field| percents(&field));
            if let Some(field) = section.take("projected_alerts") {
                said.projected = field.flag().unwrap_or(true);
            }
            section.finish(known::ALERTING_ARGS);
        }
        said.webhook = said.webhook.or_else(|| variable("WEBHOOK_URL").map(Secret::plain));
        said
    }
}

/// Whether budgets are among what is to be told of: they are where nothing is said.
fn kinds(field: Option<&Field<'_, '_>>) -> bool {
    let Some(items) = field.and_then(Field::items) else { return true };
    let mut wanted = false;
    for item in &items {
        match item.text().as_deref() {
            Some(KIND) => wanted = true,
            Some(name) if known::is_known(known::ALERT_TYPES, name) => item.warn(
                format!("`{name}` is known to LiteLLM, not in effect in Sluice {}", known::VERSION),
                "",
            ),
            Some(name) => item.warn(format!("`{name}` is no kind of alert"), ""),
            None => {}
        }
    }
    wanted
}

/// One secret address or many.
fn addresses(field: &Field<'_, '_>) -> Vec<Secret> {
    if field.is_list() {
        return field.items().iter().flatten().filter_map(Field::secret).collect();
    }
    field.secret().into_iter().collect()
}

fn percents(field: &Field<'_, '_>) -> Option<Vec<u8>> {
    let items = field.items()?;
    let percent = |field: &Field<'_, '_>| u8::try_from(field.whole(1..=100)?).ok();
    let mut all: Vec<u8> = items.iter().filter_map(percent).collect();
    all.sort_unstable();
    all.dedup();
    Some(all)
}
