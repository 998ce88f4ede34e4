//! What is said about a configuration.

use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The gateway starts; something in the file has no effect, or not the one it looks to have.
    Warning,
    /// The gateway does not start.
    Error,
}

/// One thing that is to be said about one place of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The file that it is in.
    pub file: String,
    /// Its line there, from 1.
    pub line: usize,
    /// The key, `model_list[2].litellm_params.rpm`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

// === impl Level ===

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

// === impl Finding ===

impl Finding {
    /// Whether it keeps what it is about from being used.
    pub(crate) fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// What is wrong, where, and what would be right, in a sentence: where no file has lines.
    pub(crate) fn told(&self) -> String {
        let place = if self.path.is_empty() { String::new() } else { format!("{}: ", self.path) };
        let hint = self.hint.iter().map(|hint| format!("; {hint}")).collect::<String>();
        format!("{place}{}{hint}", self.message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: ", self.file, self.line, self.level)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}
