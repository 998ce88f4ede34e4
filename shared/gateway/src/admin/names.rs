//! Names and ids that people choose.

use super::{
    body::Given,
    reply::{Refused, invalid},
};
use crate::{App, random};
use sluice_wire::{Fault, FaultKind};

/// Most characters of a name.
const LONGEST: usize = 256;

/// A name as given; an empty one is none.
pub(super) fn checked(given: Given<String>, field: &'static str) -> Result<Given<String>, Refused> {
    match &given {
        Given::Value(name) if name.is_empty() => Ok(Given::Null),
        Given::Value(name) if name.chars().count() > LONGEST || name.chars().any(is_deceptive) => {
            let message = format!(
                "{field} must have at most {LONGEST} characters, without control or direction marks"
            );
            Err(invalid(message, field))
        }
        _ => Ok(given),
    }
}

/// An id of one's own, or a fresh one.
pub(super) fn id(app: &App, given: Given<String>, field: &'static str) -> Result<String, Refused> {
    match checked(given, field)?.value() {
        Some(id) => Ok(id),
        None => fresh(app),
    }
}

/// A random UUID (version 4).
pub(super) fn fresh(app: &App) -> Result<String, Refused> {
    let name = random::uuid(&*app.random);
    Ok(name.map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))?)
}

/// Control characters, and marks that make one name look like another.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
