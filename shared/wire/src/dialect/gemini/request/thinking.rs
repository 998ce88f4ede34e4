//! How much to think, both ways: by a budget in tokens up to 2.5, by a level from 3 on.

use serde_json::{Map, Value};

use super::{decode::Kept, loss::Losses};
use crate::{
    Fault,
    canon::{Effort, Thinking},
    dialect::gemini::{
        model::Thinks,
        reader::{At, take},
    },
};

/// Reads a `thinkingConfig`.
pub(super) fn decode(value: Value, at: At<'_>, kept: &mut Kept) -> Result<Option<Thinking>, Fault> {
    let mut map = at.object(value)?;
    let shown = match take(&mut map, "includeThoughts") {
        Some(flag) => Some(at.key("includeThoughts").boolean(&flag)?),
        None => None,
    };
    if shown == Some(false) {
        kept.insert(at.key("includeThoughts").to_string(), false.into());
    }
    if let Some(value) = take(&mut map, "thinkingBudget") {
        let here = at.key("thinkingBudget");
        return Ok(Some(match here.integer(&value)? {
            0 => Thinking::Off,
            -1 => Thinking::Adaptive(None),
            budget => Thinking::Budget(
                u64::try_from(budget)
                    .map_err(|_| here.fault("it must be -1, 0 or a number of tokens."))?,
            ),
        }));
    }
    if let Some(value) = take(&mut map, "thinkingLevel") {
        let here = at.key("thinkingLevel");
        let word = here.string(value)?.to_ascii_lowercase();
        return Ok(match word.as_str() {
            "minimal" => Some(Thinking::Effort(Effort::Minimal)),
            "low" => Some(Thinking::Effort(Effort::Low)),
            "medium" => Some(Thinking::Effort(Effort::Medium)),
            "high" => Some(Thinking::Effort(Effort::High)),
            "xhigh" => Some(Thinking::Effort(Effort::Max)),
            "thinking_level_unspecified" => None,
            _ => return Err(here.fault("it must be one of minimal, low, medium, high.")),
        });
    }
    Ok((shown == Some(true)).then_some(Thinking::Adaptive(None)))
}

/// Writes the `thinkingConfig` for what is asked, with the thoughts shown.
pub(super) fn encode(
    wanted: &Thinking,
    thinks: Thinks,
    losses: &mut Losses,
) -> Option<Map<String, Value>> {
    let mut out = Map::new();
    match thinks {
        Thinks::Never => {
            match wanted {
                Thinking::Off => {}
                Thinking::Adaptive(_) => losses.minor("thinking"),
                Thinking::Effort(_) => losses.meaning("reasoning_effort"),
                Thinking::Budget(_) => losses.meaning("thinking"),
            }
            return None;
        }
        Thinks::Budget { least, most, off } => {
            let tokens = match wanted {
                Thinking::Off if off => 0,
                Thinking::Off => {
                    losses.minor("thinking");
                    least
                }
                Thinking::Adaptive(None) => {
                    out.insert("thinkingBudget".into(), (-1).into());
                    out.insert("includeThoughts".into(), true.into());
                    return Some(out);
                }
                Thinking::Budget(tokens) => {
                    let fitting = (*tokens).clamp(least, most);
                    if fitting != *tokens {
                        losses.minor("thinking.budget_tokens");
                    }
                    fitting
                }
                Thinking::Effort(effort) | Thinking::Adaptive(Some(effort)) => {
                    budget(*effort, least).clamp(least, most)
                }
            };
            out.insert("thinkingBudget".into(), tokens.into());
        }
        Thinks::Level { minimal } => {
            if let Some(level) = level(wanted, minimal, losses) {
                out.insert("thinkingLevel".into(), level.into());
            }
        }
    }
    out.insert("includeThoughts".into(), (*wanted != Thinking::Off).into());
    Some(out)
}

/// LiteLLM's budgets for OpenAI's levels.
fn budget(effort: Effort, least: u64) -> u64 {
    match effort {
        Effort::Minimal => least,
        Effort::Low => 1024,
        Effort::Medium => 2048,
        Effort::High => 4096,
        Effort::Max => 16_384,
    }
}

fn level(wanted: &Thinking, minimal: bool, losses: &mut Losses) -> Option<&'static str> {
    Some(match wanted {
        Thinking::Adaptive(None) => return None,
        Thinking::Off => {
            // These models always think.
            losses.minor("thinking");
            if minimal { "minimal" } else { "low" }
        }
        Thinking::Effort(effort) | Thinking::Adaptive(Some(effort)) => match effort {
            Effort::Minimal if minimal => "minimal",
            Effort::Minimal => {
                losses.minor("reasoning_effort");
                "low"
            }
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
            Effort::Max => {
                losses.minor("reasoning_effort");
                "high"
            }
        },
        Thinking::Budget(tokens) => {
            losses.minor("thinking.budget_tokens");
            match tokens {
                0..=1024 => "low",
                1025..=8192 => "medium",
                _ => "high",
            }
        }
    })
}
