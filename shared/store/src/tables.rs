//! The tables: one definition for the laptop, the tests and, compared by a test, the template.

/// The names of the three tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableNames {
    /// Keys, guards, unique names.
    pub core: String,
    /// Usage rows.
    pub usage: String,
    /// Whatever may be lost.
    pub cache: String,
}

// === impl TableNames ===

impl TableNames {
    /// `<prefix>-core`, `<prefix>-usage`, `<prefix>-cache`.
    pub fn from_prefix(prefix: &str) -> Self {
        Self {
            core: format!("{prefix}-core"),
            usage: format!("{prefix}-usage"),
            cache: format!("{prefix}-cache"),
        }
    }
}
