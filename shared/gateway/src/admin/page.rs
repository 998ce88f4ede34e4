//! Lists, page by page.

use serde_json::{Value, json};

use super::{
    door::Visit,
    reply::{Refused, Wrong},
};

/// Most entries of a page.
const LARGEST: usize = 100;

/// Which page, and how large.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

// === impl Page ===

impl Page {
    /// Reads `page` and the size by its name.
    pub(super) fn asked(visit: &Visit, size: &str, default: usize) -> Result<Self, Refused> {
        Self::asked_of(visit, size, default, LARGEST)
    }

    /// The same where a page may have another number of entries at most.
    pub(super) fn asked_of(
        visit: &Visit,
        size: &str,
        default: usize,
        most: usize,
    ) -> Result<Self, Refused> {
        Ok(Self {
            number: number(visit, "page", 1, usize::MAX)?,
            size: number(visit, size, default, most)?,
        })
    }

    /// The entries of the page.
    pub(super) fn of<T>(self, all: Vec<T>) -> Vec<T> {
        let before = (self.number - 1).saturating_mul(self.size);
        all.into_iter().skip(before).take(self.size).collect()
    }

    /// How many pages there are.
    pub(super) fn pages(self, total: usize) -> usize {
        total.div_ceil(self.size)
    }

    /// The page's number.
    pub(super) fn number(self) -> usize {
        self.number
    }

    /// The most entries of a page.
    pub(super) fn size(self) -> usize {
        self.size
    }

    /// `total`, `page`, `page_size`, `total_pages`, beside the entries.
    pub(super) fn told(self, name: &str, entries: &[Value], total: usize) -> Value {
        json!({
            (name): entries,
            "total": total,
            "page": self.number,
            "page_size": self.size,
            "total_pages": self.pages(total),
        })
    }
}

/// A positive whole number of the query.
fn number(visit: &Visit, name: &str, default: usize, most: usize) -> Result<usize, Refused> {
    let Some(text) = visit.asked(name) else { return Ok(default) };
    match text.parse::<usize>() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(Refused::Fields(vec![Wrong {
            place: "query",
            field: name.to_owned(),
            kind: "int_parsing",
            message: format!("Input should be a whole number from 1 to {most}"),
        }])),
    }
}
