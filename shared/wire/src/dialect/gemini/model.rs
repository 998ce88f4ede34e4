//! Generations of models, as far as they take different fields.

/// What a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) thinking: Thinks,
    /// Takes `responseJsonSchema`.
    pub(super) json_schema: bool,
    /// Wants every call of the current turn signed.
    pub(super) signs_calls: bool,
}

/// How a model is told how much to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Thinks {
    /// Not at all: it does not think.
    Never,
    /// By a budget in tokens, within bounds. `off`: 0 is taken as well.
    Budget { least: u64, most: u64, off: bool },
    /// By a level. `minimal`: the lowest is taken.
    Level { minimal: bool },
}

// === impl Model ===

impl Model {
    /// Reads the model's id. One that does not say (a tuned model, an alias) is taken for a 2.5:
    /// later ones still take its fields.
    pub(super) fn of(id: &str) -> Self {
        let name = id.rsplit('/').next().unwrap_or(id);
        let version = name.strip_prefix("gemini-").and_then(version);
        let thinking = match version {
            Some((major, _)) if major >= 3 => Thinks::Level { minimal: name.contains("flash") },
            Some((2, minor)) if minor >= 5 => by_budget(name),
            Some(_) => Thinks::Never,
            None if name.starts_with("gemma") || name.starts_with("learnlm") => Thinks::Never,
            None if name.starts_with("gemini-") && name.ends_with("-latest") => {
                Thinks::Level { minimal: name.contains("flash") }
            }
            None => Thinks::Budget { least: 128, most: 24_576, off: true },
        };
        let major = version.map_or(2, |(major, _)| major);
        Self {
            thinking,
            json_schema: version.is_none_or(|version| version >= (2, 5)),
            signs_calls: major >= 3 || matches!(thinking, Thinks::Level { .. }),
        }
    }
}

fn by_budget(name: &str) -> Thinks {
    if name.contains("pro") {
        Thinks::Budget { least: 128, most: 32_768, off: false }
    } else if name.contains("lite") {
        Thinks::Budget { least: 512, most: 24_576, off: true }
    } else {
        Thinks::Budget { least: 1, most: 24_576, off: true }
    }
}

/// `2.5-flash` is (2, 5).
fn version(rest: &str) -> Option<(u32, u32)> {
    let number = rest.split('-').next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_generations_by_the_id() {
        let thinking = |id| Model::of(id).thinking;
        assert_eq!(
            thinking("gemini-2.5-pro"),
            Thinks::Budget { least: 128, most: 32_768, off: false }
        );
        assert_eq!(
            thinking("models/gemini-2.5-flash-lite"),
            Thinks::Budget { least: 512, most: 24_576, off: true }
        );
        assert_eq!(thinking("gemini-3-pro-preview"), Thinks::Level { minimal: false });
        assert_eq!(thinking("gemini-3.8-flash"), Thinks::Level { minimal: true });
        assert_eq!(thinking("gemini-flash-latest"), Thinks::Level { minimal: true });
        assert_eq!(thinking("gemini-2.0-flash"), Thinks::Never);
        assert_eq!(thinking("gemma-3-27b-it"), Thinks::Never);
        assert!(matches!(thinking("1234567890"), Thinks::Budget { .. }));
        assert!(Model::of("gemini-3-pro-preview").signs_calls);
        assert!(!Model::of("gemini-2.5-pro").signs_calls);
        assert!(!Model::of("gemini-2.0-flash").json_schema);
    }
}
