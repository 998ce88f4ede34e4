//! What a deployment sets in its callers' place, or answers in its provider's.

use sluice_providers::{Deployment, Mock};
use sluice_wire::{Fault, canon::Defaults};

use super::{field::Field, section::Section};

pub(super) fn read(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    read_defaults(section, deployment);
    read_mock(section, deployment);
}

/// What is answered in its place.
fn read_mock(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    let fields = said(section, Mock::NAMES);
    let value = |wanted: &str| {
        let (_, field) = fields.iter().find(|(name, _)| *name == wanted)?;
        field.json()
    };
    match Mock::read(value) {
        Ok(mock) => deployment.mock = mock,
        Err(fault) => blame(section, &fields, fault),
    }
}

/// Parameters of a chat that the caller may leave to the deployment.
fn read_defaults(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    let fields = said(section, Defaults::NAMES);
    let values =
        fields.iter().filter_map(|(name, field)| Some(((*name).to_owned(), field.json()?)));
    match Defaults::read(values.collect()) {
        Ok(defaults) => deployment.defaults = defaults,
        Err(fault) => blame(section, &fields, fault),
    }
}

/// The fields of those names that the section has.
fn said<'n, 'c>(
    section: &mut Section<'n, 'c>,
    names: impl IntoIterator<Item = &'static str>,
) -> Vec<(&'static str, Field<'n, 'c>)> {
    names.into_iter().filter_map(|name| Some((name, section.take(name)?))).collect()
}

/// An error at the field that a fault names.
fn blame(section: &Section<'_, '_>, fields: &[(&'static str, Field<'_, '_>)], fault: Fault) {
    // The parameter's name may go on with a place in its value.
    let param = fault.param.as_deref().unwrap_or_default();
    let named = fields.iter().find(|(name, _)| param.starts_with(name));
    let field = named.map_or_else(|| section.field(), |(_, field)| field);
    field.wrong(fault.message, "");
}
