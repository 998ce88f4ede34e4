//! Names with `*`, which stands for any text: `openai/*`, `bedrock/us.*`, `*`.

use std::cmp::Reverse;

/// A name with one or more `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    written: String,
}

// === impl Pattern ===

impl Pattern {
    /// `None` for a name without `*`.
    pub(crate) fn new(written: &str) -> Option<Self> {
        written.contains('*').then(|| Self { written: written.to_owned() })
    }

    /// As it was written.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// Sorts the more particular one first: that with more literal text, then that with fewer `*`.
    pub(crate) fn particularity(&self) -> (Reverse<usize>, usize) {
        let stars = self.written.bytes().filter(|byte| *byte == b'*').count();
        (Reverse(self.written.len().saturating_sub(stars)), stars)
    }

    /// Whether a name fits.
    pub(crate) fn fits(&self, name: &str) -> bool {
        self.read(name).is_some()
    }

    /// What the stars stand for in a name, the first one for as much as it can. `None` where the
    /// name does not fit.
    pub(crate) fn read<'a>(&self, name: &'a str) -> Option<Vec<&'a str>> {
        let mut literals = self.written.split('*');
        let mut rest = name.strip_prefix(literals.next()?)?;
        let mut found = Vec::new();
        // From the end on, each literal as far right as it goes.
        let literals: Vec<&str> = literals.collect();
        for (at, literal) in literals.iter().enumerate().rev() {
            let last = at + 1 == literals.len();
            let from = match last {
                true => rest.ends_with(literal).then(|| rest.len() - literal.len())?,
                false => rest.rfind(literal)?,
            };
            let end = from + literal.len();
            if !last {
                found.push(rest.get(end..)?);
            }
            rest = rest.get(..from)?;
        }
        found.push(rest);
        found.reverse();
        Some(found)
    }

    /// This pattern with texts in the place of its stars. With too few of them the last stars stay;
    /// with too many there is no answer.
    pub(crate) fn write(&self, texts: &[&str]) -> Option<String> {
        let mut out = String::with_capacity(self.written.len());
        let mut texts = texts.iter();
        let mut literals = self.written.split('*').peekable();
        while let Some(literal) = literals.next() {
            out.push_str(literal);
            if literals.peek().is_some() {
                out.push_str(texts.next().copied().unwrap_or("*"));
            }
        }
        texts.next().is_none().then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(written: &str) -> Pattern {
        Pattern::new(written).unwrap()
    }

    #[test]
    fn reads_what_stars_stand_for() {
        for (written, name, found) in [
            ("openai/*", "openai/gpt-4o", Some(vec!["gpt-4o"])),
            ("openai/*", "openai/", Some(vec![""])),
            ("openai/*", "azure/gpt-4o", None),
            ("*", "anything/at/all", Some(vec!["anything/at/all"])),
            ("*-mini", "gpt-4o-mini", Some(vec!["gpt-4o"])),
            ("*-mini", "gpt-4o-minimal", None),
            ("fo::*::static::*", "fo::a::static::b", Some(vec!["a", "b"])),
            ("*/*", "a/b/c", Some(vec!["a/b", "c"])),
            ("a*a", "a", None),
            ("*.*", "é.ü", Some(vec!["é", "ü"])),
        ] {
            assert_eq!(pattern(written).read(name), found, "{written} {name}");
        }
        assert_eq!(Pattern::new("gpt-4o"), None);
    }

    #[test]
    fn writes_names() {
        assert_eq!(pattern("openai/*").write(&["gpt-4o"]).as_deref(), Some("openai/gpt-4o"));
        assert_eq!(pattern("a/*::*").write(&["x", "y"]).as_deref(), Some("a/x::y"));
        assert_eq!(pattern("a/*").write(&["x", "y"]), None);
    }

    #[test]
    fn the_more_particular_comes_first() {
        let mut all: Vec<Pattern> =
            ["*", "openai/*", "openai/gpt-*", "*/*", "openai/*-*"].map(pattern).into();
        all.sort_by_key(Pattern::particularity);
        let order: Vec<&str> = all.iter().map(Pattern::written).collect();
        assert_eq!(order, ["openai/gpt-*", "openai/*-*", "openai/*", "*/*", "*"]);
    }
}
