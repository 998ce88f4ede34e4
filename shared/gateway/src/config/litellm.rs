//! `litellm_settings`.

use std::time::Duration;

use jiff::tz::TimeZone;
use sluice_providers::MediaPolicy;
use sluice_store::{ModelBudget, NanoUsd};

use super::{
    Priorities, capacity, field::Field, fraction::Fraction, known, media, pass_through::dollars,
    section::Section,
};

/// Unprocessable content: what LiteLLM's clients expect of an exhausted budget.
const DEFAULT_BUDGET_STATUS: u16 = 422;

/// `litellm_settings`, as far as it has an effect.
#[derive(Debug, Clone)]
pub struct LitellmSettings {
    /// `drop_params`: leave out, instead of refusing, what a provider's dialect cannot carry.
    pub drop_params: bool,
    /// `request_timeout`: the longest that a call may take altogether.
    pub request_timeout: Option<Duration>,
    /// `num_retries`: attempts after the first.
    pub num_retries: Option<u32>,
    /// `budget_exceeded_status_code`: what a call is answered that its budget does not pay for.
    pub budget_exceeded_status_code: u16,
    /// `max_budget` and `budget_duration`: what may be spent by all together.
    pub budget: Option<ModelBudget>,
    /// `priority_reservation` and its settings.
    pub priorities: Option<Priorities>,
    /// `budget_exceeded_throttle_percentage`: at which part of their rates calls go on where a budget is
    /// used up and says that they do. Nothing goes on where none is set.
    pub budget_exceeded_throttle: Option<Fraction>,
    /// `max_end_user_budget`: what may be spent for a customer who has no budget, in dollars.
    pub max_end_user_budget: Option<NanoUsd>,
    /// `max_end_user_budget_id`: the budget by name that such a customer has.
    pub max_end_user_budget_id: Option<String>,
    /// `timezone`: by which clock budgets reset.
    pub timezone: TimeZone,
    /// `user_url_validation`, `user_url_allowed_hosts`, `max_image_url_download_size_mb`: what is
    /// fetched by URL for providers that need bytes.
    pub media: MediaPolicy,
}

// === impl LitellmSettings ===

impl Default for LitellmSettings {
    fn default() -> Self {
        Self {
            drop_params: false,
            request_timeout: None,
            num_retries: None,
            budget_exceeded_status_code: DEFAULT_BUDGET_STATUS,
            budget: None,
            priorities: None,
            budget_exceeded_throttle: None,
            max_end_user_budget: None,
            max_end_user_budget_id: None,
            timezone: TimeZone::UTC,
            media: MediaPolicy::default(),
        }
    }
}

impl LitellmSettings {
    pub(super) fn read(field: &Field<'_, '_>) -> Self {
        let mut settings = Self::default();
        let Some(mut section) = Section::open(field) else { return settings };
        if let Some(field) = section.take("drop_params") {
            settings.drop_params = field.flag().unwrap_or_default();
        }
        if let Some(field) = section.take("request_timeout") {
            settings.request_timeout = field.seconds();
        }
        if let Some(field) = section.take("num_retries") {
            settings.num_retries = field.retries();
        }
        if let Some(field) = section.take("budget_exceeded_status_code") {
            let status = field.whole(400..=599).and_then(|status| u16::try_from(status).ok());
            settings.budget_exceeded_status_code = status.unwrap_or(DEFAULT_BUDGET_STATUS);
        }
        settings.budget = capacity::budget(&mut section);
        settings.priorities = Priorities::take(&mut section);
        if let Some(field) = section.take("budget_exceeded_throttle_percentage") {
            settings.budget_exceeded_throttle = Fraction::read(&field);
        }
        if let Some(field) = section.take("max_end_user_budget") {
            settings.max_end_user_budget = dollars(&field);
        }
        if let Some(field) = section.take("max_end_user_budget_id") {
            settings.max_end_user_budget_id = field.text();
        }
        if let Some(field) = section.take("timezone") {
            settings.timezone = zone(&field).unwrap_or(TimeZone::UTC);
        }
        media::read(&mut section, &mut settings.media);
        section.finish(known::LITELLM_SETTINGS);
        settings
    }
}

fn zone(field: &Field<'_, '_>) -> Option<TimeZone> {
    let name = field.text()?;
    let zone = TimeZone::get(&name).ok();
    if zone.is_none() {
        field.wrong(
            format!("`{}` is not a time zone", field.shown()),
            "write an IANA name, such as Europe/Berlin",
        );
    }
    zone
}
