//! `general_settings.key_rotation` (Sluice's own): keys that get another plaintext by themselves.

use sluice_store::{Millis, lifetime_end};

use super::{field::Field, known, section::Section};

/// Where new plaintexts are put, and how long old ones go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// `secrets_prefix`: how the names of their secrets in AWS Secrets Manager begin.
    pub prefix: String,
    /// `grace_period`: how long the plaintext before opens a key.
    pub grace: String,
}

// === impl KeyRotation ===

impl KeyRotation {
    pub(super) fn read(field: &Field<'_, '_>) -> Option<Self> {
        let mut section = Section::open(field)?;
        let mut rotation = Self { prefix: "sluice-keys/".to_owned(), grace: "1d".to_owned() };
        if let Some(field) = section.take("secrets_prefix")
            && let Some(prefix) = field.name()
        {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b);
            if !prefix.bytes().all(plain) || prefix.len() > 256 {
                field.wrong(
                    "cannot be the beginning of a secret's name",
                    "write letters, digits and /_+=.@-",
                );
            }
            rotation.prefix = prefix;
        }
        if let Some(field) = section.take("grace_period")
            && let Some(grace) = field.name()
        {
            if let Err(error) = lifetime_end(&grace, Millis::default()) {
                field.wrong(format!("is no time: {error}"), "write 1d, or 12h");
            }
            rotation.grace = grace;
        }
        section.finish(known::NOTHING);
        Some(rotation)
    }
}
