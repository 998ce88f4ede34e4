//! `enforced_params`: names of parameters that requests have to have, `user` or `metadata.generation_name`.

use super::{field::Field, known, section::Section};

/// Whether it is the name of a parameter, or of a field of one.
pub(crate) fn is_param(name: &str) -> bool {
    let mut parts = name.split('.');
    let is_name = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic());
    parts.by_ref().take(2).all(is_name) && parts.next().is_none()
}

/// A list of them.
pub(super) fn read(field: &Field<'_, '_>) -> Vec<String> {
    let mut names = field.names().unwrap_or_default();
    if let Some(wrong) = names.iter().find(|name| !is_param(name)) {
        field
            .wrong(format!("`{wrong}` is no parameter"), "write user, or metadata.generation_name");
        names.clear();
    }
    names
}

/// Those of `service_account_settings`.
pub(super) fn of_accounts(field: &Field<'_, '_>) -> Vec<String> {
    let Some(mut section) = Section::open(field) else { return Vec::new() };
    let names = section.take("enforced_params").map(|field| read(&field)).unwrap_or_default();
    section.finish(known::NOTHING);
    names
}
