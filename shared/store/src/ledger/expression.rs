//! A change of a guard, in DynamoDB's expressions.
//!
//! The grammar has no arithmetic in conditions, which is why `rem` is kept at all. An attribute's
//! name stands for itself only where it is no reserved word (`total` is one).

use std::{collections::HashMap, fmt::Write as _};

use aws_sdk_dynamodb::types::AttributeValue;

use super::machine::{Change, Do, Holds, If, Late, Lease, Mark};
use crate::{
    Millis, NanoUsd, WindowId,
    item::{Item, money, n},
};

/// The parts of an `UpdateItem`.
#[derive(Debug, Default)]
pub(super) struct Expression {
    pub(super) update: String,
    pub(super) condition: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
    /// Meters that have a placeholder.
    meters: Vec<String>,
    /// What tells the placeholders of one lease from those of another.
    suffix: String,
}

// === impl Expression ===

impl Expression {
    /// All of these, as one: what they say of the guard itself is in the first.
    pub(super) fn of(changes: &[Change]) -> Self {
        let mut expression = Self::default();
        let (mut conditions, mut set, mut remove) = (Vec::new(), Vec::new(), Vec::new());
        for (place, change) in changes.iter().enumerate() {
            if place > 0 {
                expression.suffix = place.to_string();
            }
            conditions.extend(change.conditions.iter().map(|what| expression.condition(what)));
            for effect in &change.effects {
                expression.effect(effect, &mut set, &mut remove);
            }
            let own = expression.own();
            expression.names.insert(own, change.id.clone());
        }
        expression.condition = conditions.join(" AND ");
        for (word, clauses) in [("SET", set), ("REMOVE", remove)] {
            if !clauses.is_empty() {
                let _ = write!(expression.update, "{word} {} ", clauses.join(", "));
            }
        }
        if expression.update.contains("#total") {
            expression.names.insert("#total".to_owned(), "total".to_owned());
        }
        expression
    }

    /// The placeholder of the lease's id.
    fn own(&self) -> String {
        format!("#id{}", self.suffix)
    }

    fn condition(&mut self, condition: &If) -> String {
        let own = self.own();
        match *condition {
            If::Version(version) => format!("ver = {}", self.value("v", n(version))),
            If::Window(window) => format!("w = {}", self.value("w", n(window.number()))),
            If::Current(window) => {
                let value = self.value("c", n(window.number()));
                format!("(w = {value} OR contains(v, {value}))")
            }
            If::Past(window) => {
                let value = self.value("p", n(window.number()));
                format!("NOT (w = {value} OR contains(v, {value}))")
            }
            If::Left(amount) => format!("rem >= {}", self.value("e", money(amount))),
            If::Free => format!("attribute_not_exists(r.{own}) AND attribute_not_exists(x.{own})"),
            If::Held => format!("attribute_exists(r.{own})"),
            If::Flushed(flush) => format!("r.{own}.n = {}", self.value("n", n(flush))),
            If::Charged(amount) => format!("x.{own}.a = {}", self.value("k", money(amount))),
            If::Room { ref id, since, at, most } => {
                let name = self.meter(id);
                let since = self.value(&format!("f{name}"), n(since.get()));
                let at = self.value(&format!("t{name}"), n(at.get()));
                let most = self.value(&format!("m{name}"), n(most));
                format!("#{name}.w BETWEEN {since} AND {at} AND #{name}.u <= {most}")
            }
            If::Metered(ref id, None) => format!("attribute_not_exists(#{})", self.meter(id)),
            If::Metered(ref id, Some(window)) => {
                let name = self.meter(id);
                let value = self.value(&format!("w{name}"), n(window.number()));
                format!("#{name}.w = {value}")
            }
            If::Counts(ref id, at) => {
                let name = self.meter(id);
                format!("#{name}.w <= {}", self.value(&format!("c{name}"), n(at.get())))
            }
            If::Holds(ref id, amount) => {
                let name = self.meter(id);
                let value = self.value(&format!("a{name}"), n(amount));
                format!("r.{own}.h.#{name}.a = {value}")
            }
            If::Passed(ref id, at) => {
                let name = self.meter(id);
                format!("#{name}.w > {}", self.value(&format!("p{name}"), n(at.get())))
            }
            // Of a map it is the number of its entries.
            If::Fewer(most) => format!("size(r) < {}", self.value("few", n(most))),
        }
    }

    fn effect(&mut self, effect: &Do, set: &mut Vec<String>, remove: &mut Vec<String>) {
        let own = self.own();
        match *effect {
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
            Do::Hold(ref lease) => {
                set.push(format!("r.{own} = {}", self.value("lease", lease_value(lease))));
            }
            Do::Drop => remove.push(format!("r.{own}")),
            Do::Charge(ref late) => {
                set.push(format!("x.{own} = {}", self.value("late", late_value(late))));
            }
            Do::Forget => remove.push(format!("x.{own}")),
            Do::Recharge(amount) => {
                set.push(format!("x.{own}.a = {}", self.value("late", money(amount))));
            }
            Do::Grow(more) => {
                set.push(format!("r.{own}.a = r.{own}.a + {}", self.value("more", money(more))));
            }
            Do::Flush(mark, expires) => {
                set.push(format!("r.{own}.n = {}", self.value("flush", n(mark.flush))));
                set.push(format!("r.{own}.o = {}", self.value("since", n(mark.since.get()))));
                set.push(format!("r.{own}.x = {}", self.value("expires", n(expires.get()))));
            }
            Do::ChargeOf(ref id, ref late) => {
                self.names.insert("#of".to_owned(), id.clone());
                set.push(format!("x.#of = {}", self.value("late", late_value(late))));
            }
            Do::Count(ref id, used, settled) => {
                let name = self.meter(id);
                for (field, more) in [("u", used), ("s", settled)] {
                    // What does not change is not written: it may be all there is.
                    if more != 0 {
                        let more = self.value(&format!("{field}{name}"), n(more));
                        set.push(format!("#{name}.{field} = #{name}.{field} + {more}"));
                    }
                }
            }
            Do::Open(ref id, window, used) => {
                let name = self.meter(id);
                let meter = Item::from([
                    ("w".to_owned(), n(window.number())),
                    ("u".to_owned(), n(used)),
                    ("s".to_owned(), n(0)),
                ]);
                let value = self.value(&format!("o{name}"), AttributeValue::M(meter));
                set.push(format!("#{name} = {value}"));
            }
            Do::Keep(ref id, amount) => {
                let name = self.meter(id);
                let value = self.value(&format!("k{name}"), n(amount));
                set.push(format!("r.{own}.h.#{name}.a = {value}"));
            }
            Do::RechargeOf(ref id, amount) => {
                let name = self.meter(id);
                let value = self.value(&format!("h{name}"), n(amount));
                set.push(format!("x.{own}.h.#{name}.a = {value}"));
            }
            Do::Until(expires) => {
                set.push(format!("r.{own}.x = {}", self.value("expires", n(expires.get()))));
            }
        }
    }

    /// The placeholder of a meter's name, without its mark.
    fn meter(&mut self, id: &str) -> String {
        let place = self.meters.iter().position(|known| known == id).unwrap_or_else(|| {
            self.meters.push(id.to_owned());
            self.meters.len() - 1
        });
        let name = format!("m{place}");
        self.names.entry(format!("#{name}")).or_insert_with(|| id.to_owned());
        name
    }

    fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let name = format!(":{name}{}", self.suffix);
        self.values.insert(name.clone(), value);
        name
    }
}

fn lease_value(lease: &Lease) -> AttributeValue {
    entry(lease.amount, ("x", lease.expires), lease.window, lease.mark, &lease.holds)
}

fn late_value(late: &Late) -> AttributeValue {
    entry(late.amount, ("t", late.at), late.window, late.mark, &late.holds)
}

fn entry(
    amount: NanoUsd,
    (time, at): (&str, Millis),
    window: WindowId,
    mark: Option<Mark>,
    holds: &Holds,
) -> AttributeValue {
    let mut entry = Item::from([
        ("a".to_owned(), money(amount)),
        (time.to_owned(), n(at.get())),
        ("w".to_owned(), n(window.number())),
    ]);
    if let Some(mark) = mark {
        entry.insert("n".to_owned(), n(mark.flush));
        entry.insert("o".to_owned(), n(mark.since.get()));
    }
    if !holds.is_empty() {
        let holds = holds.iter().map(|(id, hold)| {
            let hold =
                Item::from([("a".to_owned(), n(hold.amount)), ("t".to_owned(), n(hold.at.get()))]);
            (id.clone(), AttributeValue::M(hold))
        });
        entry.insert("h".to_owned(), AttributeValue::M(holds.collect()));
    }
    AttributeValue::M(entry)
}
