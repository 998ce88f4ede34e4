//! Prices in `litellm_params` and `model_info`.

use super::{field::Field, section::Section};
use crate::pricing::{Class, Override, Rate, RateTable, ServiceTier, Slot};

/// Takes every price of a section.
pub(super) fn take(section: &mut Section<'_, '_>, own: &mut Override) {
    for (slot, field) in section.take_each(Slot::from_field) {
        set(&mut own.rates, slot, &field);
    }
    if let Some(field) = section.take("tiered_pricing") {
        tiers(&field, &mut own.rates);
    }
}

fn set(rates: &mut RateTable, slot: Slot, field: &Field<'_, '_>) {
    let Some(rate) = rate(field) else { return };
    if !slot.class.is_charged() {
        field.warn("is not charged in this version", "no call is priced by the page");
    }
    rates.set(slot, rate);
}

/// A price as dollars per unit.
fn rate(field: &Field<'_, '_>) -> Option<Rate> {
    let text = field.text()?;
    match Rate::parse(&text) {
        Ok(rate) => Some(rate),
        Err(error) => {
            field.wrong(format!("`{}` {error}", field.shown()), "");
            None
        }
    }
}

/// `tiered_pricing: [{range: [from, to], input_cost_per_token: ...}]`: prices of the whole request
/// for prompts of more than `from` tokens.
fn tiers(field: &Field<'_, '_>, rates: &mut RateTable) {
    for item in field.items().unwrap_or_default() {
        let Some(mut section) = Section::open(&item) else { continue };
        let from = section.take("range").and_then(|field| {
            let items = field.items()?;
            match items.as_slice() {
                [from, to] => to.whole(0..=u64::MAX).and(from.whole(0..=u64::MAX)),
                _ => {
                    field
                        .wrong("is not a range of tokens", "write [from, to], such as [0, 128000]");
                    None
                }
            }
        });
        let plain = |name: &str| {
            let slot = Slot::from_field(name)?;
            (slot.above == 0 && slot.tier == ServiceTier::Standard).then_some(slot)
        };
        for (slot, field) in section.take_each(plain) {
            if let Some(above) = from {
                set(rates, Slot { above, ..slot }, &field);
            }
        }
        section.finish(super::known::LITELLM_PARAMS);
    }
}

/// Says what an override leaves open.
pub(super) fn check(own: &Override, field: &Field<'_, '_>, listed: bool) {
    if own.free && !own.rates.is_empty() {
        field.warn("is free and has prices", "`model_info.free: true` wins; take one of them out");
    }
    let base = |class| own.rates.get(Slot::base(class)).is_some();
    if !listed && !own.free && base(Class::Input) != base(Class::Output) {
        let (has, lacks) = match base(Class::Input) {
            true => (Class::Input, Class::Output),
            false => (Class::Output, Class::Input),
        };
        field.warn(
            format!(
                "has `{}` but no `{}`, so that these tokens cost nothing",
                has.field(),
                lacks.field()
            ),
            format!("set `{}`, to 0 if that is meant", lacks.field()),
        );
    }
}
