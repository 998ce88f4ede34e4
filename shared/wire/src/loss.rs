//! What could not be carried from one dialect to another.

use std::borrow::Cow;

/// One thing a translation had to leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The field, in the caller's dialect, e.g. `logit_bias` or `messages[2].name`.
    pub field: Cow<'static, str>,
    /// Whether leaving it out changes what the caller asked for. Then the call is refused unless
    /// `drop_params` is on; otherwise it is only named in the `x-sluice-dropped` header.
    pub changes_meaning: bool,
}

impl Loss {
    /// A loss that changes the meaning of the request.
    #[must_use]
    pub fn of_meaning(field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), changes_meaning: true }
    }

    /// A loss that does not change what is generated.
    #[must_use]
    pub fn minor(field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), changes_meaning: false }
    }
}
