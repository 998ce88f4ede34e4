//! A mapping whose keys are read one by one, so that what nobody read can be told.

use std::cell::RefCell;

use super::{
    field::Field,
    known::{self, Sections},
    suggest,
    tree::{Entry, Kind},
};

/// A mapping that is being read.
pub(super) struct Section<'n, 'c> {
    field: Field<'n, 'c>,
    entries: &'n [Entry],
    /// What says the things that the mapping does not.
    behind: Option<(Field<'n, 'c>, &'n [Entry])>,
    /// Names that were asked for: they have an effect.
    asked: RefCell<Vec<&'static str>>,
    /// Keys that were read by something else than their name.
    read: RefCell<Vec<&'n str>>,
}

// === impl Section ===

impl<'n, 'c> Section<'n, 'c> {
    /// The keys of a mapping. `None` for nothing, and, with an error, for what is no mapping.
    pub(super) fn open(field: &Field<'n, 'c>) -> Option<Self> {
        match &field.node().kind {
            Kind::Mapping(entries) => Some(Self {
                field: field.clone(),
                entries,
                behind: None,
                asked: RefCell::default(),
                read: RefCell::default(),
            }),
            _ if field.node().is_null() => None,
            _ => {
                let found = field.node().describe();
                field.wrong(
                    format!("is {found}, not a mapping"),
                    "write `key: value` lines below it",
                );
                None
            }
        }
    }

    /// The mapping itself.
    pub(super) fn field(&self) -> &Field<'n, 'c> {
        &self.field
    }

    /// The value of a key that has an effect; `None` when nothing is said.
    pub(super) fn take(&mut self, name: &'static str) -> Option<Field<'n, 'c>> {
        self.asked.get_mut().push(name);
        let own = (&self.field, self.entries);
        let behind = self.behind.as_ref().map(|(field, entries)| (field, *entries));
        std::iter::once(own).chain(behind).find_map(|(field, entries)| {
            let entry = entries.iter().find(|entry| entry.key == name)?;
            (!entry.value.is_null()).then(|| field.below(entry))
        })
    }

    /// Lets another mapping say what this one does not.
    pub(super) fn back(&mut self, other: &Field<'n, 'c>) {
        if let Kind::Mapping(entries) = &other.node().kind {
            self.behind = Some((other.clone(), entries));
        }
    }

    /// Values of all keys for which `parse` finds a meaning.
    pub(super) fn take_each<T>(
        &mut self,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<(T, Field<'n, 'c>)> {
        let mut taken = Vec::new();
        for entry in self.entries {
            if let Some(meaning) = parse(&entry.key) {
                self.read.get_mut().push(&entry.key);
                if !entry.value.is_null() {
                    taken.push((meaning, self.field.below(entry)));
                }
            }
        }
        taken
    }

    /// All keys and values, of a mapping whose keys are names that the operator chose.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'n str, Field<'n, 'c>)> + '_ {
        self.entries.iter().map(|entry| (entry.key.as_str(), self.field.below(entry)))
    }

    /// Tells the keys that nobody read.
    pub(super) fn finish(self, sections: Sections) {
        let (asked, read) = (self.asked.borrow(), self.read.borrow());
        let own = self.entries.iter().map(|entry| (&self.field, entry));
        let behind =
            self.behind.iter().flat_map(|(field, all)| all.iter().map(move |e| (field, e)));
        for (field, entry) in own.chain(behind) {
            let name = entry.key.as_str();
            if asked.contains(&name) || read.contains(&name) {
                continue;
            }
            let field = field.below(entry);
            if known::is_known(sections, name) {
                let version = known::VERSION;
                field.warn_key(
                    entry.at,
                    format!("known to LiteLLM, not in effect in Sluice {version}"),
                    None,
                );
                continue;
            }
            let names = asked.iter().copied().chain(known::names(sections));
            let hint = suggest::nearest(name, names).map(|near| format!("did you mean `{near}`?"));
            field.warn_key(entry.at, "unknown key, it has no effect".to_owned(), hint);
        }
    }
}
