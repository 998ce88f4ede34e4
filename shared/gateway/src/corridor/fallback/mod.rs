//! Models that a caller names for the case that the one it asks for fails.
//!
//! Each is asked as a call of its own: with its own access, reservation, limits and row. What the
//! first one reserved has been given back by then, and what it used has been paid for.

mod origin;
mod run;

use serde_json::{Map, Value};
use sluice_wire::{Fault, FaultKind};

pub(super) use origin::Origin;
pub(super) use run::{Asking, Outcome, check, through};

/// Models of one list (LiteLLM's `max_fallbacks`).
const MOST: usize = 5;
/// The lists, and the failures that they are for. The first is for all that have no list of their own.
const LISTS: [&str; 3] = ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];

/// What a body names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fallbacks {
    general: Vec<Entry>,
    context_window: Vec<Entry>,
    content_policy: Vec<Entry>,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq)]
enum Entry {
    /// For whatever model fails.
    One(Fallback),
    /// `{"gpt-4o": ["claude"]}`: for this model, or for all (`*`).
    For(String, Vec<Fallback>),
}

/// A model, and what is set in the request when it is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fallback {
    model: String,
    sets: Map<String, Value>,
}

// === impl Fallbacks ===

impl Fallbacks {
    /// Reads them from a body's values by their names; none where it says `disable_fallbacks`.
    ///
    /// # Errors
    /// When one is not what it must be, naming it.
    pub(super) fn read(value: impl Fn(&str) -> Option<Value>) -> Result<Self, Fault> {
        let disabled = match value("disable_fallbacks") {
            None => false,
            Some(flag) => flag.as_bool().ok_or_else(|| {
                let message = "Invalid 'disable_fallbacks': must be a boolean.";
                Fault::invalid(message, "disable_fallbacks")
            })?,
        };
        let [general, context_window, content_policy] = LISTS;
        let read =
            |name: &'static str| value(name).map_or(Ok(Vec::new()), |list| list_of(name, list));
        let all = Self {
            general: read(general)?,
            context_window: read(context_window)?,
            content_policy: read(content_policy)?,
        };
        Ok(if disabled { Self::default() } else { all })
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every model that may be asked instead of the one that was.
    fn all<'a>(&'a self, requested: &'a str) -> impl Iterator<Item = &'a Fallback> {
        let lists = [&self.general, &self.context_window, &self.content_policy];
        lists.into_iter().flat_map(move |list| meant(list, requested))
    }

    /// The models that are asked after a failure of this kind, in order.
    fn after<'a>(&'a self, kind: FaultKind, requested: &'a str) -> Vec<&'a Fallback> {
        let own = match kind {
            FaultKind::ContextWindow => &self.context_window,
            FaultKind::ContentPolicy => &self.content_policy,
            _ => &self.general,
        };
        let found = meant(own, requested);
        let found = if found.is_empty() { meant(&self.general, requested) } else { found };
        found.into_iter().take(MOST).collect()
    }
}

/// The models of a list that are for a model: those that are for any, and those by its name, or else
/// by `*`.
fn meant<'a>(list: &'a [Entry], requested: &str) -> Vec<&'a Fallback> {
    let by_name = |name: &str| {
        list.iter().find_map(|entry| match entry {
            Entry::For(group, models) if group == name => Some(models.as_slice()),
            _ => None,
        })
    };
    let any = list.iter().filter_map(|entry| match entry {
        Entry::One(fallback) => Some(fallback),
        Entry::For(..) => None,
    });
    any.chain(by_name(requested).or_else(|| by_name("*")).unwrap_or_default()).collect()
}

fn list_of(name: &'static str, list: Value) -> Result<Vec<Entry>, Fault> {
    let wrong = |why: &str| Fault::invalid(format!("Invalid '{name}': {why}."), name);
    let Value::Array(items) = list else {
        return Err(wrong("must be a list of models"));
    };
    if items.len() > MOST {
        return Err(wrong(&format!("must be at most {MOST} models")));
    }
    items
        .into_iter()
        .map(|item| match item {
            Value::Object(by_group) if !by_group.contains_key("model") => {
                let mut groups = by_group.into_iter();
                match (groups.next(), groups.next()) {
                    (Some((group, Value::Array(models))), None) => {
                        let models: Option<Vec<_>> = models.into_iter().map(Fallback::of).collect();
                        models.map(|models| Entry::For(group, models))
                    }
                    _ => None,
                }
            }
            one => Fallback::of(one).map(Entry::One),
        })
        .collect::<Option<_>>()
        .ok_or_else(|| {
            wrong(
                "each must be a model's name, an object with a `model`, or one of a model's models",
            )
        })
}

// === impl Fallback ===

impl Fallback {
    /// These models, with nothing set.
    fn all(models: Vec<String>) -> Vec<Self> {
        models.into_iter().map(|model| Self { model, sets: Map::new() }).collect()
    }

    /// A name, or an object that names one and sets more.
    fn of(value: Value) -> Option<Self> {
        let (model, sets) = match value {
            Value::String(model) => (model, Map::new()),
            Value::Object(mut sets) => match sets.remove("model")? {
                Value::String(model) => (model, sets),
                _ => return None,
            },
            _ => return None,
        };
        (!model.trim().is_empty()).then_some(Self { model, sets })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<Fallbacks, Fault> {
        Fallbacks::read(|name| body.get(name).cloned())
    }

    fn names(fallbacks: &Fallbacks, kind: FaultKind, requested: &str) -> Vec<String> {
        let after = fallbacks.after(kind, requested);
        after.into_iter().map(|fallback| fallback.model.clone()).collect()
    }

    #[test]
    fn the_failure_and_the_model_choose_the_list() {
        let fallbacks = read(&json!({
            "fallbacks": ["a", {"model": "b", "temperature": 0}, {"m": ["c"]}, {"*": ["d"]}],
            "context_window_fallbacks": [{"m": ["long"]}],
        }))
        .unwrap();
        assert_eq!(names(&fallbacks, FaultKind::Upstream, "m"), ["a", "b", "c"]);
        assert_eq!(names(&fallbacks, FaultKind::RateLimit, "n"), ["a", "b", "d"]);
        assert_eq!(names(&fallbacks, FaultKind::ContextWindow, "m"), ["long"]);
        assert_eq!(names(&fallbacks, FaultKind::ContextWindow, "n"), ["a", "b", "d"]);
        assert_eq!(names(&fallbacks, FaultKind::ContentPolicy, "m"), ["a", "b", "c"]);
        let off = json!({"fallbacks": ["a"], "disable_fallbacks": true});
        assert!(read(&off).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_list_of_models_is_refused_by_its_name() {
        for (name, value) in [
            ("fallbacks", json!("a")),
            ("fallbacks", json!([1])),
            ("fallbacks", json!([{"model": 1}])),
            ("fallbacks", json!([{"a": ["b"], "c": ["d"]}])),
            ("fallbacks", json!(["a", "b", "c", "d", "e", "f"])),
            ("content_policy_fallbacks", json!([" "])),
            ("disable_fallbacks", json!("yes")),
        ] {
            let fault = read(&json!({name: value})).unwrap_err();
            assert_eq!((fault.status, fault.param.as_deref()), (400, Some(name)), "{fault}");
        }
    }
}
