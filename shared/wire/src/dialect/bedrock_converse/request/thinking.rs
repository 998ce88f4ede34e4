//! Reasoning, in the words of each family of models.

use serde_json::{Map, Value};

use super::{
    family::Family,
    fields::{put, take_if},
};
use crate::{
    Loss,
    canon::{Effort, Thinking},
    dialect::anthropic_messages::model::Generation,
};

/// The least budget that Claude takes.
const LEAST_BUDGET: u64 = 1024;

/// Takes Claude's `thinking` out (`reasoning_config` is Converse's older name for it).
pub(super) fn take(fields: &mut Map<String, Value>) -> Option<Thinking> {
    ["thinking", "reasoning_config"].into_iter().find_map(|name| {
        let kind = fields.get(name)?.get("type")?.as_str()?;
        let thinking = match kind {
            "enabled" => {
                Thinking::Budget(take_if(fields, &[name, "budget_tokens"], Value::as_u64)?)
            }
            "disabled" => Thinking::Off,
            "adaptive" => Thinking::Adaptive(None),
            _ => return None,
        };
        take_if(fields, &[name, "type"], |_| Some(()));
        Some(thinking)
    })
}

/// Takes an effort out, by whichever family's name.
pub(super) fn take_effort(fields: &mut Map<String, Value>) -> Option<Effort> {
    let paths: [&[&str]; 4] = [
        &["output_config", "effort"],
        &["reasoning_effort"],
        &["reasoning", "effort"],
        &["reasoningConfig", "maxReasoningEffort"],
    ];
    let effort = paths
        .into_iter()
        .find_map(|path| take_if(fields, path, |word| read_effort(word.as_str()?)))?;
    take_if(fields, &["reasoningConfig", "type"], |kind| (kind == "enabled").then_some(()));
    Some(effort)
}

pub(super) fn read_effort(word: &str) -> Option<Effort> {
    Some(match word {
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" | "max" => Effort::Max,
        _ => return None,
    })
}

/// What else the request says that bears on whether a Claude may think.
#[derive(Debug, Clone, Copy)]
pub(super) struct Circumstances {
    /// The cap on the output, reasoning included.
    pub(super) cap: Option<u64>,
    /// A tool must be called: refused together with thinking.
    pub(super) forced: bool,
    /// The model is in the middle of using tools, without a thought to start with: then thinking by
    /// budget is refused. So it is with every caller who cannot keep signed reasoning.
    pub(super) thoughtless: bool,
}

/// Writes the reasoning asked for, or says what is lost. Returns whether the model is one of Claude's
/// and thinks: that restricts sampling.
pub(super) fn encode(
    wanted: &Thinking,
    family: Family,
    circumstances: Circumstances,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) -> bool {
    match family {
        Family::Claude(generation) | Family::Unknown(generation) => {
            return claude(wanted, generation, circumstances, fields, losses);
        }
        Family::Nova2 => match level(wanted) {
            Some(effort) => {
                put(fields, &["reasoningConfig", "type"], "enabled".into());
                let word = of_three(effort);
                put(fields, &["reasoningConfig", "maxReasoningEffort"], word.into());
                note_budget(wanted, losses);
            }
            None if *wanted == Thinking::Off => {
                put(fields, &["reasoningConfig", "type"], "disabled".into());
            }
            None => losses.push(Loss::minor("thinking")),
        },
        Family::GptOss | Family::DeepSeekV3 => match level(wanted) {
            Some(effort) => {
                put(fields, &["reasoning_effort"], of_three(effort).into());
                note_budget(wanted, losses);
            }
            None => losses.push(Loss::minor("thinking")),
        },
        Family::Gpt => {
            let word = match level(wanted) {
                Some(Effort::Minimal) => "minimal",
                Some(Effort::Max) => "xhigh",
                Some(effort) => of_three(effort),
                None if *wanted == Thinking::Off => "none",
                None => {
                    losses.push(Loss::minor("thinking"));
                    return false;
                }
            };
            put(fields, &["reasoning", "effort"], word.into());
            note_budget(wanted, losses);
        }
        Family::Nova | Family::Other => match wanted {
            Thinking::Off => {}
            Thinking::Adaptive(_) => losses.push(Loss::minor("thinking")),
            Thinking::Effort(_) => losses.push(Loss::of_meaning("reasoning_effort")),
            Thinking::Budget(_) => losses.push(Loss::of_meaning("thinking")),
        },
    }
    false
}

fn claude(
    wanted: &Thinking,
    generation: Generation,
    circumstances: Circumstances,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) -> bool {
    let adaptive = generation.adaptive();
    if *wanted == Thinking::Off {
        // A model that does not think unless told to is told nothing.
        if adaptive {
            put(fields, &["thinking", "type"], "disabled".into());
        }
        return false;
    }
    if !generation.thinks() {
        losses.push(Loss::of_meaning("thinking"));
        return false;
    }
    let by_budget = !adaptive || (generation.budgets() && matches!(wanted, Thinking::Budget(_)));
    if by_budget {
        return budget(wanted, circumstances, fields, losses);
    }
    if let Some(effort) = level(wanted) {
        let word = match effort {
            // Bedrock's ceiling is lower than Anthropic's from 4.7 on.
            Effort::Max if generation.budgets() => "max",
            Effort::Max => "xhigh",
            other => of_three(other),
        };
        put(fields, &["output_config", "effort"], word.into());
        note_budget(wanted, losses);
    }
    if circumstances.forced {
        losses.push(Loss::minor("thinking"));
        return false;
    }
    put(fields, &["thinking", "type"], "adaptive".into());
    true
}

/// A budget within what Claude takes: at least 1024 tokens and less than the output's cap.
fn budget(
    wanted: &Thinking,
    circumstances: Circumstances,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) -> bool {
    let tokens = match wanted {
        Thinking::Budget(tokens) => *tokens,
        other => level(other).map_or_else(|| tokens_of(Effort::Medium), tokens_of),
    };
    let most = circumstances.cap.map_or(u64::MAX, |cap| cap.saturating_sub(1));
    if circumstances.forced || circumstances.thoughtless || most < LEAST_BUDGET {
        losses.push(Loss::minor("thinking"));
        return false;
    }
    let fitting = tokens.clamp(LEAST_BUDGET, most);
    match wanted {
        Thinking::Budget(_) if fitting != tokens => {
            losses.push(Loss::minor("thinking.budget_tokens"));
        }
        Thinking::Adaptive(_) => losses.push(Loss::minor("thinking")),
        _ => {}
    }
    put(fields, &["thinking", "type"], "enabled".into());
    put(fields, &["thinking", "budget_tokens"], fitting.into());
    true
}

/// The level that comes nearest to what is asked for, where anything particular is.
fn level(wanted: &Thinking) -> Option<Effort> {
    match wanted {
        Thinking::Off | Thinking::Adaptive(None) => None,
        Thinking::Effort(effort) | Thinking::Adaptive(Some(effort)) => Some(*effort),
        Thinking::Budget(tokens) => Some(match tokens {
            0..=1024 => Effort::Low,
            1025..=8192 => Effort::Medium,
            _ => Effort::High,
        }),
    }
}

/// A budget said as a level is not quite what was asked for.
fn note_budget(wanted: &Thinking, losses: &mut Vec<Loss>) {
    if matches!(wanted, Thinking::Budget(_)) {
        losses.push(Loss::minor("thinking.budget_tokens"));
    }
}

/// LiteLLM's budgets for OpenAI's levels.
fn tokens_of(effort: Effort) -> u64 {
    match effort {
        Effort::Minimal | Effort::Low => 1024,
        Effort::Medium => 2048,
        Effort::High => 4096,
        Effort::Max => 16384,
    }
}

fn of_three(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::Max => "high",
    }
}
