//! Calls and their results, paired.
//!
//! Gemini pairs them by id where there are ids, else by name and order. Other dialects pair by id
//! alone, so a call without one is given one, and its result the same.

use crate::dialect::gemini::call_id::in_conversation;

/// The calls of a conversation so far.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// How many there were.
    seen: usize,
    /// Those that wait for their result.
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    id: String,
    name: String,
}

// === impl Calls ===

impl Calls {
    /// Notes a call; gives its id.
    pub(super) fn call(&mut self, id: Option<String>, name: &str) -> String {
        let number = self.seen;
        self.seen += 1;
        let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| in_conversation(number));
        self.open.push(Open { id: id.clone(), name: name.to_owned() });
        id
    }

    /// The id of the call that a result answers.
    pub(super) fn result(&mut self, id: Option<String>, name: &str) -> String {
        let given = id.filter(|id| !id.is_empty());
        let at = match &given {
            Some(id) => self.open.iter().position(|open| open.id == *id),
            None => self
                .open
                .iter()
                .position(|open| open.name == name)
                // A result under another name than its call's: the only one that waits is meant.
                .or_else(|| (self.open.len() == 1).then_some(0)),
        };
        match (at, given) {
            (Some(at), given) => {
                let open = self.open.remove(at);
                given.unwrap_or(open.id)
            }
            (None, Some(id)) => id,
            (None, None) => {
                let number = self.seen;
                self.seen += 1;
                in_conversation(number)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_by_name_and_order_where_there_are_no_ids() {
        let mut calls = Calls::default();
        let first = calls.call(None, "weather");
        let other = calls.call(None, "time");
        let second = calls.call(None, "weather");
        assert_eq!(calls.result(None, "weather"), first);
        assert_eq!(calls.result(None, "weather"), second);
        assert_eq!(calls.result(None, "misspelt"), other);
        let again = calls.call(None, "weather");
        assert!(![&first, &second, &other].contains(&&again));
        assert_eq!(calls.result(None, "weather"), again);
    }

    #[test]
    fn ids_of_the_caller_stand() {
        let mut calls = Calls::default();
        assert_eq!(calls.call(Some("a1".into()), "weather"), "a1");
        assert_eq!(calls.call(Some("a2".into()), "weather"), "a2");
        assert_eq!(calls.result(Some("a2".into()), "weather"), "a2");
        assert_eq!(calls.result(None, "weather"), "a1");
        assert_eq!(calls.result(Some("stray".into()), "x"), "stray");
    }
}
