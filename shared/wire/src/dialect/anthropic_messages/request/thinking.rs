//! How much the model may think and write, and how it samples while it does.
//!
//! Three generations of models say it in three ways (see [`Generation`]): a budget in tokens, a
//! budget or `adaptive`, `adaptive` only. A wish in one way becomes the nearest in another. The cap
//! on output is never raised to make room: money has been reserved for it. A budget that does not
//! fit under it is lowered, and one that cannot be lowered (1024 is the least) is dropped.

use serde_json::{Value, json};

use super::{loss::Losses, turns::Talk};
use crate::{
    Target,
    canon::{Effort, Request, Thinking, ToolChoice},
    dialect::anthropic_messages::model::Generation,
};

/// The least `budget_tokens` that the API takes.
pub(super) const LEAST_BUDGET: u64 = 1024;

/// Output cap where neither the caller nor the model's record names one.
const DEFAULT_CAP: u64 = 4096;

/// What is decided.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// `max_tokens`.
    pub(super) max_tokens: u64,
    /// `thinking`.
    pub(super) thinking: Option<Value>,
    /// `output_config.effort`.
    pub(super) effort: Option<&'static str>,
    /// Whether the model thinks: that restricts sampling.
    pub(super) thinks: bool,
}

/// Decides.
pub(super) fn plan(
    request: &Request,
    target: Target<'_>,
    generation: Generation,
    talk: &Talk<'_>,
    losses: &mut Losses,
) -> Plan {
    let default = target.max_output.unwrap_or(DEFAULT_CAP);
    let mut plan = Plan { max_tokens: request.max_output.unwrap_or(default), ..Plan::default() };
    let wish = match &request.thinking {
        None => return plan,
        Some(Thinking::Off) => {
            plan.thinking = Some(json!({ "type": "disabled" }));
            return plan;
        }
        Some(wish) => wish,
    };
    let forced = matches!(request.tool_choice, Some(ToolChoice::Required | ToolChoice::Named(_)));
    let by_budget =
        !generation.adaptive() || (generation.budgets() && matches!(wish, Thinking::Budget(_)));
    if !by_budget {
        plan.effort = effort(wish, losses);
        // Not while a tool is forced: the API refuses both together.
        if forced {
            losses.minor("thinking");
        } else {
            plan.thinking = Some(json!({ "type": "adaptive" }));
            plan.thinks = true;
        }
        return plan;
    }
    let wanted = budget(wish, losses);
    if request.max_output.is_none() && target.max_output.is_none() {
        plan.max_tokens = wanted.saturating_add(DEFAULT_CAP);
    }
    match fit(wanted, plan.max_tokens) {
        Some(budget) if !forced && !talk.thoughtless_tool_loop() => {
            if budget != wanted {
                losses.minor("thinking.budget_tokens");
            }
            plan.thinking = Some(json!({ "type": "enabled", "budget_tokens": budget }));
            plan.thinks = true;
        }
        _ => losses.minor("thinking"),
    }
    plan
}

/// The API's word for an effort.
pub(super) fn word(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Max => "max",
    }
}

/// Temperature, nucleus and candidates as the model takes them.
pub(super) fn sampling(
    request: &Request,
    generation: Generation,
    plan: &Plan,
    losses: &mut Losses,
) -> (Option<f64>, Option<f64>, Option<u64>) {
    let sampling = &request.sampling;
    let (mut temperature, mut top_p, mut top_k) =
        (sampling.temperature, sampling.top_p, sampling.top_k);
    if !generation.samples() {
        // 1 is what the model does anyway.
        if temperature.take().is_some_and(|n| n != 1.0) {
            losses.of_meaning("temperature");
        }
        if top_p.take().is_some_and(|n| n != 1.0) {
            losses.of_meaning("top_p");
        }
        if top_k.take().is_some() {
            losses.of_meaning("top_k");
        }
        return (None, None, None);
    }
    if temperature.is_some_and(|n| n > 1.0) {
        temperature = None;
        losses.of_meaning("temperature");
    }
    if plan.thinks {
        if temperature.take_if(|n| *n != 1.0).is_some() {
            losses.minor("temperature");
        }
        if top_p.take_if(|n| *n < 0.95).is_some() {
            losses.minor("top_p");
        }
        if top_k.take().is_some() {
            losses.minor("top_k");
        }
    }
    if !generation.samples_twice() && temperature.is_some() && top_p.is_some() {
        if top_p == Some(1.0) {
            top_p = None;
        } else if temperature == Some(1.0) {
            temperature = None;
        } else {
            top_p = None;
            losses.of_meaning("top_p");
        }
    }
    (temperature, top_p, top_k)
}

fn effort(wish: &Thinking, losses: &mut Losses) -> Option<&'static str> {
    match wish {
        Thinking::Off => None,
        Thinking::Effort(effort) => Some(word(*effort)),
        Thinking::Adaptive(effort) => effort.map(word),
        Thinking::Budget(tokens) => {
            losses.minor("thinking.budget_tokens");
            Some(match tokens {
                0..2048 => "low",
                2048..4096 => "medium",
                _ => "high",
            })
        }
    }
}

fn budget(wish: &Thinking, losses: &mut Losses) -> u64 {
    let of = |effort: Effort| match effort {
        Effort::Minimal | Effort::Low => 1024,
        Effort::Medium => 2048,
        Effort::High => 4096,
        Effort::Max => 8192,
    };
    match wish {
        Thinking::Off => 0,
        Thinking::Effort(effort) => of(*effort),
        Thinking::Adaptive(effort) => {
            losses.minor("thinking.type");
            of(effort.unwrap_or(Effort::High))
        }
        Thinking::Budget(tokens) => {
            if *tokens < LEAST_BUDGET {
                losses.minor("thinking.budget_tokens");
            }
            (*tokens).max(LEAST_BUDGET)
        }
    }
}

/// The budget that leaves room for an answer: as wanted, or else half of the cap.
fn fit(wanted: u64, cap: u64) -> Option<u64> {
    if wanted < cap {
        return Some(wanted);
    }
    Some((cap / 2).max(LEAST_BUDGET)).filter(|budget| *budget < cap)
}
