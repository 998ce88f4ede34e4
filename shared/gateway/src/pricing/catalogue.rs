//! The price list in the binary, searched without reading it.

use super::{Rate, RateTable, Slot};

/// Written by `tests/tools/catalogue.py`: a header line `#version`, then lines sorted by the
/// bytes of their key.
const BUILTIN: &str = include_str!("../../data/catalogue.tsv");

/// Prices and limits of models by the id that LiteLLM's price map knows them by.
///
/// Nothing is read at start: a look-up is a binary search over the text.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue {
    version: &'static str,
    lines: &'static str,
}

/// One model of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// Its id, `gpt-4o` or `groq/llama-3.3-70b-versatile`.
    pub key: &'static str,
    /// The provider in LiteLLM's spelling, `bedrock_converse`; empty where unknown.
    pub provider: &'static str,
    /// `chat`, `embedding`, `image_generation` ...; empty where unknown.
    pub mode: &'static str,
    /// Prompt tokens it takes at most.
    pub max_input: Option<u64>,
    /// Completion tokens it gives at most.
    pub max_output: Option<u64>,
    /// Its prices; empty where only limits are known.
    pub rates: RateTable,
}

// === impl Catalogue ===

impl Catalogue {
    /// The catalogue in this binary.
    #[must_use]
    pub fn builtin() -> Self {
        let (header, lines) = BUILTIN.split_once('\n').unwrap_or(("", BUILTIN));
        Self { version: header.trim_start_matches('#'), lines }
    }

    /// Day and content hash, `2026-11-25-6f05edd1`. Each usage row names it.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The model with exactly this id.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<CatalogueEntry> {
        parse(self.find(key)?)
    }

    /// All models, by id.
    pub fn entries(&self) -> impl Iterator<Item = CatalogueEntry> + use<> {
        self.lines.lines().filter_map(parse)
    }

    /// The line of a key. Halves the text: everything before `low` is smaller than the key,
    /// everything from `high` on is greater, and both are starts of lines.
    fn find(&self, key: &str) -> Option<&'static str> {
        let bytes = self.lines.as_bytes();
        let (mut low, mut high) = (0, bytes.len());
        while low < high {
            let middle = low.midpoint(high);
            let before = bytes.get(low..middle)?;
            let start =
                before.iter().rposition(|byte| *byte == b'\n').map_or(low, |at| low + at + 1);
            // A tab or line break is ASCII, so that these offsets are on character boundaries.
            let rest = self.lines.get(start..)?;
            let line = rest.split('\n').next()?;
            let (known, _) = line.split_once('\t')?;
            match known.as_bytes().cmp(key.as_bytes()) {
                std::cmp::Ordering::Equal => return Some(line),
                std::cmp::Ordering::Less => {
                    low = start.saturating_add(line.len()).saturating_add(1)
                }
                std::cmp::Ordering::Greater => high = start,
            }
        }
        None
    }
}

/// Reads a line. Every line of the file in this binary is read by a test.
fn parse(line: &'static str) -> Option<CatalogueEntry> {
    let mut columns = line.split('\t');
    let (key, provider, mode) = (columns.next()?, columns.next()?, columns.next()?);
    let (max_input, max_output) = (limit(columns.next()?)?, limit(columns.next()?)?);
    let mut rates = RateTable::default();
    for item in columns.next()?.split_ascii_whitespace() {
        let (code, pico) = item.split_once('=')?;
        rates.set(Slot::from_code(code)?, Rate::from_pico(pico.parse().ok()?));
    }
    Some(CatalogueEntry { key, provider, mode, max_input, max_output, rates })
}

/// `Some(None)` for an empty column, `None` for a bad one.
fn limit(text: &str) -> Option<Option<u64>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_key_and_reads_every_line() {
        let catalogue = Catalogue::builtin();
        let mut last = "";
        let mut count = 0;
        for line in catalogue.lines.lines() {
            let (key, _) = line.split_once('\t').unwrap();
            assert!(last.as_bytes() < key.as_bytes(), "{last} before {key}");
            let entry = catalogue.entry(key).unwrap_or_else(|| panic!("{key} is not found"));
            assert_eq!(entry.key, key);
            last = key;
            count += 1;
        }
        assert!(count > 4000, "{count} models");
        assert_eq!(catalogue.entries().count(), count);
    }

    #[test]
    fn finds_nothing_between_the_keys() {
        let catalogue = Catalogue::builtin();
        for key in
            ["", "\0", "zzzzzz", "gpt-4", "gpt-4o", "gpt-4o\t", "gpt-4o ", "GPT-4O", "\u{10ffff}"]
        {
            let found = catalogue.entry(key).map(|entry| entry.key);
            assert_eq!(found.unwrap_or(key), key);
        }
        for line in catalogue.lines.lines() {
            let key = line.split('\t').next().unwrap();
            assert!(catalogue.entry(&format!("{key}\u{1}")).is_none());
        }
    }

    #[test]
    fn names_its_version() {
        let version = Catalogue::builtin().version();
        let (day, hash) = version.rsplit_once('-').unwrap();
        assert_eq!((day.len(), hash.len()), (10, 8), "{version}");
    }
}
