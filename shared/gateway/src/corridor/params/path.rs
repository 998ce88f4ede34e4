//! Paths into a body, in LiteLLM's notation: `field`, `field.inner`, `list[*].inner`, `list[0]`.

use serde_json::Value;

/// A step into a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'p> {
    /// A field of an object.
    Field(&'p str),
    /// An element of a list.
    Element(usize),
    /// Every element of a list.
    Each,
}

/// The top-level field, and the steps from there. `None` for what is no path.
pub(super) fn split(path: &str) -> Option<(&str, Vec<Step<'_>>)> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut indices) = match part.find('[') {
            Some(at) => part.split_at_checked(at)?,
            None => (part, ""),
        };
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Field(name));
        while let Some(rest) = indices.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            steps.push(match index {
                "*" => Step::Each,
                index => Step::Element(index.parse().ok()?),
            });
            indices = rest;
        }
        if !indices.is_empty() {
            return None;
        }
    }
    let Step::Field(field) = steps.first().copied()? else { return None };
    steps.remove(0);
    Some((field, steps))
}

/// A JSON text without what the steps lead to. `None` where they lead to nothing.
pub(super) fn without(text: &str, steps: &[Step<'_>]) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    remove(&mut value, steps).then(|| value.to_string())
}

fn remove(value: &mut Value, steps: &[Step<'_>]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return false };
    let last = rest.is_empty();
    match (step, value) {
        (Step::Field(name), Value::Object(fields)) if last => {
            // `shift`: the order of the others stays.
            fields.shift_remove(*name).is_some()
        }
        (Step::Field(name), Value::Object(fields)) => {
            fields.get_mut(*name).is_some_and(|inner| remove(inner, rest))
        }
        (Step::Element(at), Value::Array(items)) if last => {
            let there = *at < items.len();
            if there {
                items.remove(*at);
            }
            there
        }
        (Step::Element(at), Value::Array(items)) => {
            items.get_mut(*at).is_some_and(|inner| remove(inner, rest))
        }
        (Step::Each, Value::Array(items)) if last => {
            let any = !items.is_empty();
            items.clear();
            any
        }
        (Step::Each, Value::Array(items)) => {
            items.iter_mut().map(|inner| remove(inner, rest)).fold(false, |any, one| any | one)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str, path: &str) -> Option<String> {
        let (_, steps) = split(path)?;
        without(text, &steps)
    }

    #[test]
    fn reads_litellms_notation() {
        assert_eq!(split("seed"), Some(("seed", vec![])));
        assert_eq!(
            split("tools[*].function.strict"),
            Some(("tools", vec![Step::Each, Step::Field("function"), Step::Field("strict")]))
        );
        assert_eq!(split("a[0][1]"), Some(("a", vec![Step::Element(0), Step::Element(1)])));
        for bad in ["", ".", "a..b", "a[", "a[x]", "a[0]b", "[0]"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }

    #[test]
    fn takes_out_what_a_path_leads_to_and_nothing_else() {
        let tools = r#"[{"a":1,"strict":true,"z":{"strict":2}},{"b":1},{"strict":null}]"#;
        assert_eq!(
            left(tools, "tools[*].strict").as_deref(),
            Some(r#"[{"a":1,"z":{"strict":2}},{"b":1},{}]"#)
        );
        assert_eq!(left(tools, "tools[1]").as_deref().map(str::len), Some(tools.len() - 8));
        assert_eq!(left(r#"{"a":{"b":[1,2]}}"#, "x.a.b[*]").as_deref(), Some(r#"{"a":{"b":[]}}"#));
        for nowhere in ["tools[*].none", "tools[9]", "tools.strict", "tools[0].a.b"] {
            assert_eq!(left(tools, nowhere), None, "{nowhere}");
        }
    }
}
