//! Prompt-cache markers that are put in on request (LiteLLM's `cache_control_injection_points`).

use serde_json::Value;

use super::{CachePoint, Part, Request, Role, Tool, Turn};

/// Providers take no more than this many markers in one request.
const MOST_POINTS: usize = 4;

/// Where a marker goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheInjection {
    place: Place,
    point: CachePoint,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// After one message, counted from the end where negative.
    Index(i64),
    /// After every message of a role.
    Role(Role),
    /// After the last tool.
    Tools,
}

// === impl CacheInjection ===

impl CacheInjection {
    /// Reads a list of injection points: `{"location": "message", "role": "system"}`, `{"location":
    /// "message", "index": -1}`, `{"location": "tool_config"}`, each with a `control` in
    /// Anthropic's shape where it wants another lifetime.
    ///
    /// # Errors
    /// What is wrong, and with which point.
    pub fn read(points: &Value) -> Result<Vec<Self>, String> {
        let list = points.as_array().ok_or("is not a list")?;
        let each = list.iter().enumerate();
        each.map(|(at, point)| Self::one(point).map_err(|wrong| format!("[{at}]: {wrong}")))
            .collect()
    }

    fn one(point: &Value) -> Result<Self, String> {
        let word = |name: &str| point.get(name).and_then(Value::as_str);
        let lifetime = point.get("control").and_then(|control| control.get("ttl"));
        let cache = match lifetime.map(Value::as_str) {
            None | Some(Some("5m")) => CachePoint::FiveMinutes,
            Some(Some("1h")) => CachePoint::OneHour,
            Some(_) => return Err("`control.ttl` is neither `5m` nor `1h`".to_owned()),
        };
        let place = match word("location") {
            Some("tool_config") => Place::Tools,
            Some("message") => Self::message(point)?,
            _ => return Err("`location` is neither `message` nor `tool_config`".to_owned()),
        };
        Ok(Self { place, point: cache })
    }

    fn message(point: &Value) -> Result<Place, String> {
        // LiteLLM takes the number as text, too.
        match point.get("index") {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => {
                let index = text.trim().parse().map_err(|_| "`index` is not a whole number")?;
                return Ok(Place::Index(index));
            }
            Some(index) => {
                return Ok(Place::Index(index.as_i64().ok_or("`index` is not a whole number")?));
            }
        }
        match point.get("role").and_then(Value::as_str) {
            Some("system" | "developer") => Ok(Place::Role(Role::System)),
            Some("user") => Ok(Place::Role(Role::User)),
            Some("assistant") => Ok(Place::Role(Role::Assistant)),
            _ => {
                Err("has neither an `index` nor a `role` of `system`, `user` or `assistant`"
                    .to_owned())
            }
        }
    }
}

// === impl Request ===

impl Request {
    /// Puts markers in, as far as there is something to mark and providers take as many. Messages
    /// are counted as the caller wrote them: with the leading instructions as the first where
    /// `system_counts` (OpenAI's dialect writes them among the messages).
    pub fn inject(&mut self, points: &[CacheInjection], system_counts: bool) {
        let mut left = MOST_POINTS.saturating_sub(self.cache_points());
        for CacheInjection { place, point } in points {
            match place {
                Place::Tools => {
                    if let Some(Tool::Function { cache: cache @ None, .. }) = self.tools.last_mut()
                        && left > 0
                    {
                        *cache = Some(*point);
                        left -= 1;
                    }
                }
                Place::Index(index) => {
                    if let Some(parts) = self.message(*index, system_counts) {
                        mark(parts, *point, &mut left);
                    }
                }
                Place::Role(role) => {
                    if *role == Role::System {
                        mark(&mut self.system, *point, &mut left);
                    }
                    let turns = self.turns.iter_mut().filter(|turn| turn.role == *role);
                    for turn in turns.filter(|turn| !only_results(turn)) {
                        mark(&mut turn.parts, *point, &mut left);
                    }
                }
            }
        }
    }

    fn message(&mut self, index: i64, system_counts: bool) -> Option<&mut Vec<Part>> {
        let first = usize::from(system_counts && !self.system.is_empty());
        let count = self.turns.len() + first;
        let back = usize::try_from(index.unsigned_abs()).ok()?;
        let at = if index < 0 { count.checked_sub(back)? } else { back };
        match at.checked_sub(first) {
            None => Some(&mut self.system),
            Some(at) => self.turns.get_mut(at).map(|turn| &mut turn.parts),
        }
    }

    fn cache_points(&self) -> usize {
        let is_point = |part: &&Part| matches!(part, Part::CachePoint(_));
        let parts = self.turns.iter().flat_map(|turn| &turn.parts).chain(&self.system);
        let marked = |tool: &&Tool| matches!(tool, Tool::Function { cache: Some(_), .. });
        parts.filter(is_point).count() + self.tools.iter().filter(marked).count()
    }
}

fn mark(parts: &mut Vec<Part>, point: CachePoint, left: &mut usize) {
    let markable = parts.last().is_some_and(|part| !matches!(part, Part::CachePoint(_)));
    if markable && *left > 0 {
        parts.push(Part::CachePoint(point));
        *left -= 1;
    }
}

/// What tools returned is the caller's turn here, and a message of another role in OpenAI's dialect.
fn only_results(turn: &Turn) -> bool {
    turn.parts.iter().all(|part| matches!(part, Part::ToolResult(_) | Part::CachePoint(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Dialect, Line};

    fn request() -> Request {
        let body = json!({"model": "m", "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u1"},
            {"role": "assistant", "content": "a"},
            {"role": "user", "content": "u2"},
        ], "tools": [{"type": "function", "function": {"name": "t"}}]});
        Dialect::OpenAiChat.decode_request(body.to_string().as_bytes(), Line::default()).unwrap()
    }

    /// Where markers are: `s` for the system prompt, `t` for tools, else the turn.
    fn marked(points: &Value, system_counts: bool) -> Vec<String> {
        let mut request = request();
        request.inject(&CacheInjection::read(points).unwrap(), system_counts);
        let has = |parts: &[Part]| matches!(parts.last(), Some(Part::CachePoint(_)));
        let mut out = Vec::new();
        out.extend(has(&request.system).then(|| "s".to_owned()));
        let turns = request.turns.iter().enumerate();
        out.extend(turns.filter(|(_, turn)| has(&turn.parts)).map(|(at, _)| at.to_string()));
        let tool = matches!(request.tools[0], Tool::Function { cache: Some(_), .. });
        out.extend(tool.then(|| "t".to_owned()));
        out
    }

    #[test]
    fn marks_by_role_by_index_and_after_the_tools() {
        let message = |more: Value| {
            let mut point = json!({"location": "message"});
            point.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([point])
        };
        for (points, system_counts, places) in [
            (message(json!({"role": "system"})), true, vec!["s"]),
            (message(json!({"role": "user"})), true, vec!["0", "2"]),
            (message(json!({"role": "assistant"})), true, vec!["1"]),
            (message(json!({"index": 0})), true, vec!["s"]),
            (message(json!({"index": 0})), false, vec!["0"]),
            (message(json!({"index": "-1"})), true, vec!["2"]),
            (message(json!({"index": -4})), true, vec!["s"]),
            (message(json!({"index": -5})), true, vec![]),
            (message(json!({"index": 9})), true, vec![]),
            (json!([{"location": "tool_config"}]), true, vec!["t"]),
        ] {
            assert_eq!(marked(&points, system_counts), places, "{points}");
        }
    }

    #[test]
    fn puts_in_no_more_than_providers_take_and_none_twice() {
        let all = json!([{"location": "message", "role": "user"}, {"location": "message", "role": "system"},
            {"location": "message", "role": "user"}, {"location": "message", "role": "assistant"},
            {"location": "tool_config"}]);
        assert_eq!(marked(&all, true), ["s", "0", "1", "2"]);
        let mut request = request();
        let hour = json!([{"location": "message", "role": "system", "control": {"type": "ephemeral", "ttl": "1h"}}]);
        request.inject(&CacheInjection::read(&hour).unwrap(), true);
        assert_eq!(request.system.last(), Some(&Part::CachePoint(CachePoint::OneHour)));
    }

    #[test]
    fn says_what_is_wrong_with_a_point() {
        for (points, wrong) in [
            (json!({}), "is not a list"),
            (json!([{"location": "here"}]), "[0]: `location` is neither"),
            (json!([{"location": "message"}]), "[0]: has neither"),
            (json!([{"location": "message", "index": 1.5}]), "[0]: `index` is not"),
            (json!([{"location": "tool_config", "control": {"ttl": "2h"}}]), "[0]: `control.ttl`"),
        ] {
            let said = CacheInjection::read(&points).unwrap_err();
            assert!(said.starts_with(wrong), "{points}: {said}");
        }
    }
}
