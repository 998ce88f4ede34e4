//! A change of a guard, in DynamoDB's expressions.
//!
//! The grammar has no arithmetic in conditions, which is why `rem` is kept at all. An attribute's
//! name stands for itself only where it is no reserved word (`total` is one).

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::machine::{Change, Do, If, Late, Lease};
use crate::item::{Item, money, n};

/// The parts of an `UpdateItem`.
#[derive(Debug, Default)]
pub(super) struct Expression {
    pub(super) update: String,
    pub(super) condition: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

// === impl Expression ===

impl Expression {
    pub(super) fn of(change: &Change) -> Self {
        let mut expression = Self::default();
        let conditions: Vec<String> =
            change.conditions.iter().map(|condition| expression.condition(*condition)).collect();
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        for effect in &change.effects {
            expression.effect(*effect, &mut set, &mut remove);
        }
        expression.condition = conditions.join(" AND ");
        for (word, clauses) in [("SET", set), ("REMOVE", remove)] {
            if !clauses.is_empty() {
                expression.update.push_str(&format!("{word} {} ", clauses.join(", ")));
            }
        }
        // A name that no expression uses is refused.
        if expression.condition.contains("#id") || expression.update.contains("#id") {
            expression.names.insert("#id".to_owned(), change.id.clone());
        }
        if expression.update.contains("#total") {
            expression.names.insert("#total".to_owned(), "total".to_owned());
        }
        expression
    }

    fn condition(&mut self, condition: If) -> String {
        match condition {
            If::Version(version) => format!("ver = {}", self.value("v", n(version))),
            If::Window(window) => format!("w = {}", self.value("w", n(window.number()))),
            If::Current(window) => {
                let value = self.value("c", n(window.number()));
                format!("(w = {value} OR contains(v, {value}))")
            }
            If::Past(window) => {
                let value = self.value("c", n(window.number()));
                format!("NOT (w = {value} OR contains(v, {value}))")
            }
            If::Left(amount) => format!("rem >= {}", self.value("e", money(amount))),
            If::Free => "attribute_not_exists(r.#id) AND attribute_not_exists(x.#id)".to_owned(),
            If::Held => "attribute_exists(r.#id)".to_owned(),
            If::Charged(amount) => format!("x.#id.a = {}", self.value("k", money(amount))),
        }
    }

    fn effect(&mut self, effect: Do, set: &mut Vec<String>, remove: &mut Vec<String>) {
        match effect {
            Do::Left(more) => {
                set.push(format!("rem = rem + {}", self.value("rem", money(more))));
            }
            Do::Spent(more) => {
                set.push(format!("spent = spent + {}", self.value("spent", money(more))));
            }
            Do::Total(more) => {
                set.push(format!("#total = #total + {}", self.value("total", money(more))));
            }
            Do::Begin(window, left) => {
                set.push(format!("w = {}", self.value("begin", n(window.number()))));
                set.push(format!("rem = {}", self.value("rem", money(left))));
                set.push(format!("spent = {}", self.value("spent", n(0))));
                remove.push("v".to_owned());
            }
            Do::Name(window) => {
                set.push(format!("w = {}", self.value("begin", n(window.number()))));
            }
            Do::Hold(lease) => {
                set.push(format!("r.#id = {}", self.value("lease", lease_value(&lease))));
            }
            Do::Drop => remove.push("r.#id".to_owned()),
            Do::Charge(late) => {
                set.push(format!("x.#id = {}", self.value("late", late_value(&late))));
            }
            Do::Forget => remove.push("x.#id".to_owned()),
        }
    }

    fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let name = format!(":{name}");
        self.values.insert(name.clone(), value);
        name
    }
}

fn lease_value(lease: &Lease) -> AttributeValue {
    AttributeValue::M(Item::from([
        ("a".to_owned(), money(lease.amount)),
        ("x".to_owned(), n(lease.expires.get())),
        ("w".to_owned(), n(lease.window.number())),
    ]))
}

fn late_value(late: &Late) -> AttributeValue {
    AttributeValue::M(Item::from([
        ("a".to_owned(), money(late.amount)),
        ("t".to_owned(), n(late.at.get())),
        ("w".to_owned(), n(late.window.number())),
    ]))
}
