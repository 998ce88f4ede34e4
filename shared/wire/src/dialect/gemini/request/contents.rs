//! `contents` to turns.

use serde_json::Value;

use super::{calls::Calls, decode::Kept, parts};
use crate::{
    Fault,
    canon::{Role, Turn},
    dialect::gemini::reader::{At, take},
};

pub(super) fn decode(
    contents: Vec<Value>,
    at: At<'_>,
    kept: &mut Kept,
) -> Result<Vec<Turn>, Fault> {
    let mut calls = Calls::default();
    let mut turns = Vec::with_capacity(contents.len());
    for (index, content) in contents.into_iter().enumerate() {
        turns.push(turn(content, at.index(index), &mut calls, kept)?);
    }
    Ok(turns)
}

fn turn(value: Value, at: At<'_>, calls: &mut Calls, kept: &mut Kept) -> Result<Turn, Fault> {
    let mut map = at.object(value)?;
    let role = match take(&mut map, "role") {
        None => Role::User,
        Some(role) => match at.key("role").string(role)?.as_str() {
            // The last two are of older clients, for what tools returned.
            "" | "user" | "function" | "tool" => Role::User,
            "model" => Role::Assistant,
            _ => return Err(at.key("role").fault("Please use a valid role: user, model.")),
        },
    };
    let list = at.key("parts");
    let parts = list.list(take(&mut map, "parts").ok_or_else(|| list.missing())?)?;
    if parts.is_empty() {
        return Err(list.fault("it must not be empty."));
    }
    Ok(Turn { role, parts: parts::decode(parts, list, calls, kept)?, name: None })
}
