//! Reasoning, in the words of each family of models.

use serde_json::{Map, Value};

use super::{
    family::Family,
    fields::{put, take_if},
};
use crate::{
    Loss,
    canon::{Effort, Thinking},
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

/// Writes the reasoning asked for, or says what is lost. `cap` is the output's, reasoning included.
pub(super) fn encode(
    wanted: &Thinking,
    family: Family,
    cap: Option<u64>,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) {
    match family {
        Family::Claude(_) | Family::Unknown => claude(wanted, family, cap, fields, losses),
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
        Family::GptOss | Family::DeepSeekV3 | Family::Gpt => {
            let path: &[&str] = if family == Family::Gpt {
                &["reasoning", "effort"]
            } else {
                &["reasoning_effort"]
            };
            let word = match level(wanted) {
                Some(Effort::Minimal) if family == Family::Gpt => "minimal",
                Some(Effort::Max) if family == Family::Gpt => "xhigh",
                Some(effort) => of_three(effort),
                None if *wanted == Thinking::Off && family == Family::Gpt => "none",
                None => return losses.push(Loss::minor("thinking")),
            };
            put(fields, path, word.into());
            note_budget(wanted, losses);
        }
        Family::Nova | Family::Other => match wanted {
            Thinking::Off => {}
            Thinking::Adaptive(_) => losses.push(Loss::minor("thinking")),
            Thinking::Effort(_) => losses.push(Loss::of_meaning("reasoning_effort")),
            Thinking::Budget(_) => losses.push(Loss::of_meaning("thinking")),
        },
    }
}

fn claude(
    wanted: &Thinking,
    family: Family,
    cap: Option<u64>,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) {
    let adaptive = family.thinks_adaptively();
    match wanted {
        // A model that does not think unless told to is told nothing.
        Thinking::Off if adaptive => put(fields, &["thinking", "type"], "disabled".into()),
        Thinking::Off => {}
        Thinking::Budget(tokens) if family.thinks_by_budget() => {
            budget(*tokens, true, cap, fields, losses);
        }
        _ if adaptive => {
            put(fields, &["thinking", "type"], "adaptive".into());
            if let Some(effort) = level(wanted) {
                let word = match effort {
                    Effort::Max => family.highest_effort(),
                    other => of_three(other),
                };
                put(fields, &["output_config", "effort"], word.into());
            }
            note_budget(wanted, losses);
        }
        _ if family.thinks_by_budget() => {
            let effort = level(wanted).unwrap_or_else(|| {
                losses.push(Loss::minor("thinking"));
                Effort::Medium
            });
            budget(tokens_of(effort), false, cap, fields, losses);
        }
        _ => losses.push(Loss::of_meaning("thinking")),
    }
}

/// A budget within what Claude takes: at least 1024 tokens and less than the output's cap.
fn budget(
    tokens: u64,
    exact: bool,
    cap: Option<u64>,
    fields: &mut Map<String, Value>,
    losses: &mut Vec<Loss>,
) {
    let most = cap.map_or(u64::MAX, |cap| cap.saturating_sub(1));
    if most < LEAST_BUDGET {
        // The cap leaves no room to think.
        return losses.push(Loss::minor("thinking"));
    }
    let fitting = tokens.clamp(LEAST_BUDGET, most);
    if exact && fitting != tokens {
        losses.push(Loss::minor("thinking.budget_tokens"));
    }
    put(fields, &["thinking", "type"], "enabled".into());
    put(fields, &["thinking", "budget_tokens"], fitting.into());
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
