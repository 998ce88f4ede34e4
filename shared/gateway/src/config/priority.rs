//! `priority_reservation`: which part of a model's rates is whose, while there is a crowd.

use std::collections::BTreeMap;

use super::{field::Field, known, section::Section};

/// What a priority without an entry has (LiteLLM's).
const DEFAULT: f64 = 0.25;
/// From which part of its rates on a model is crowded (LiteLLM's).
const SATURATED: f64 = 0.5;

/// Whose share is how large, and from when on that matters.
#[derive(Debug, Clone, PartialEq)]
pub struct Priorities {
    /// Shares by the name of the priority.
    pub shares: BTreeMap<String, Portion>,
    /// `default_priority`: of all together that have none.
    pub default: f64,
    /// `saturation_threshold`: below it whoever comes is served.
    pub threshold: f64,
}

/// A part of a model's rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Portion {
    /// Of whatever they are.
    Part(f64),
    /// So many calls a minute of them.
    Requests(f64),
    /// So many tokens a minute of them.
    Tokens(f64),
}

// === impl Priorities ===

impl Priorities {
    /// Takes it from `litellm_settings`; none where nothing is reserved.
    pub(super) fn take(section: &mut Section<'_, '_>) -> Option<Self> {
        let settings = section.take("priority_reservation_settings");
        let reserved = section.take("priority_reservation");
        let Some(reserved) = reserved else {
            if let Some(settings) = settings {
                settings.warn("has no effect without `priority_reservation`", "");
            }
            return None;
        };
        let shares = Section::open(&reserved)?;
        let shares =
            shares.each().filter_map(|(name, field)| Some((name.to_owned(), portion(&field)?)));
        let mut all = Self { shares: shares.collect(), default: DEFAULT, threshold: SATURATED };
        if let Some(mut section) = settings.as_ref().and_then(Section::open) {
            let mut part = |name| section.take(name).and_then(|field| part(&field));
            all.default = part("default_priority").unwrap_or(DEFAULT);
            all.threshold = part("saturation_threshold").unwrap_or(SATURATED);
            if let Some(field) = section.take("saturation_check_cache_ttl") {
                field.warn("is not needed: how crowded a model is, each call is told", "");
            }
            section.finish(known::NOTHING);
        }
        Some(all)
    }
}

/// `0.9`, or `{type: percent, value: 0.9}`, or of type `rpm` or `tpm`.
fn portion(field: &Field<'_, '_>) -> Option<Portion> {
    if !field.is_mapping() {
        return part(field).map(Portion::Part);
    }
    let mut section = Section::open(field)?;
    let (kind, value) = (section.take("type"), section.take("value"));
    section.finish(known::NOTHING);
    let (Some(kind), Some(value)) = (kind, value) else {
        field.wrong("is no share", "write a part such as 0.9, or `type` and `value`");
        return None;
    };
    match kind.text()?.as_str() {
        "percent" => part(&value).map(Portion::Part),
        "rpm" => amount(&value).map(Portion::Requests),
        "tpm" => amount(&value).map(Portion::Tokens),
        other => {
            kind.wrong(format!("`{other}` is no kind of share"), "write percent, rpm or tpm");
            None
        }
    }
}

fn part(field: &Field<'_, '_>) -> Option<f64> {
    let part = field.number()?;
    let fits = (0.0..=1.0).contains(&part);
    if !fits {
        field.wrong(format!("`{}` is not a part", field.shown()), "write a number from 0 to 1");
    }
    fits.then_some(part)
}

fn amount(field: &Field<'_, '_>) -> Option<f64> {
    let amount = field.number()?;
    if amount < 0.0 {
        field.wrong(format!("`{}` is negative", field.shown()), "write 0 or more");
    }
    (amount >= 0.0).then_some(amount)
}
