//! `auto_rotate` and `rotation_interval` of a key.

use sluice_store::{KeyRecord, Rotation, lifetime_end};

use crate::{
    App,
    admin::{
        body::{Fields, Given},
        reply::{Refused, invalid},
    },
};

/// By which rule a key shall get another plaintext by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Rotating(Given<Rotation>);

// === impl Rotating ===

impl Rotating {
    /// Takes both fields: they say something together alone.
    pub(super) fn take(app: &App, fields: &mut Fields) -> Result<Self, Refused> {
        let (on, interval) = (fields.flag("auto_rotate"), fields.text("rotation_interval"));
        let interval = interval.value().filter(|text| !text.is_empty());
        match (on, interval) {
            (Given::Value(true), Some(interval)) => {
                if app.config.general.key_rotation.is_none() {
                    let message = "auto_rotate: nobody would learn the new plaintext. Set \
                                   general_settings.key_rotation, which says where it is put.";
                    return Err(invalid(message, "auto_rotate"));
                }
                let due = lifetime_end(&interval, app.clock.now()).map_err(|error| {
                    invalid(format!("rotation_interval: {error}"), "rotation_interval")
                })?;
                Ok(Self(Given::Value(Rotation { interval, due, claim: None })))
            }
            (Given::Value(true), None) => {
                let message = "rotation_interval is required where auto_rotate is true";
                Err(invalid(message, "rotation_interval"))
            }
            (_, Some(_)) => {
                let message = "rotation_interval has no effect unless auto_rotate is true";
                Err(invalid(message, "rotation_interval"))
            }
            (Given::Absent, None) => Ok(Self(Given::Absent)),
            (_, None) => Ok(Self(Given::Null)),
        }
    }

    pub(super) fn apply(&self, record: &mut KeyRecord) {
        match &self.0 {
            Given::Absent => {}
            Given::Null => record.rotation = None,
            Given::Value(rotation) => record.rotation = Some(rotation.clone()),
        }
    }
}
