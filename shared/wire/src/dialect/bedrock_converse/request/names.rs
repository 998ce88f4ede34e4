//! Names within the patterns that Converse demands. The same name is always written the same way,
//! so that a call, its result and its definition still belong together.

use std::borrow::Cow;

/// Longest tool name and call id.
const LONGEST: usize = 64;
/// Longest document name.
const LONGEST_DOCUMENT: usize = 200;

/// A tool's name: `[a-zA-Z0-9_-]{1,64}`.
pub(super) fn tool(name: &str) -> Cow<'_, str> {
    within(name, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// A call's id: `[a-zA-Z0-9_.:-]{1,64}`; models refuse dots and colons, so they are not written.
pub(super) fn call_id(id: &str) -> Cow<'_, str> {
    tool(id)
}

fn within(name: &str, allowed: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !name.is_empty() && name.len() <= LONGEST && name.chars().all(&allowed) {
        return Cow::Borrowed(name);
    }
    // The digest keeps apart what the replacement would make the same.
    let digest = format!("_{:08x}", fnv1a(name.as_bytes()));
    let kept = name.chars().map(|c| if allowed(c) { c } else { '_' }).take(LONGEST - digest.len());
    Cow::Owned(kept.chain(digest.chars()).collect())
}

/// FNV-1a, 32 bits: stable across builds and machines, and nobody gains by a collision.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// A document's name: letters, digits, single spaces, hyphens, parentheses and square brackets;
/// unlike those `taken`, to which it is added.
pub(super) fn document(name: Option<&str>, taken: &mut Vec<String>) -> String {
    let mut clean = String::new();
    for c in name.unwrap_or_default().chars() {
        let c = match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '(' | ')' | '[' | ']') => c,
            c if c.is_whitespace() => ' ',
            _ => '-',
        };
        if !(c == ' ' && clean.ends_with(' ')) {
            clean.push(c);
        }
    }
    // Room for the number that may follow.
    let clean: String = clean.trim().chars().take(LONGEST_DOCUMENT - 8).collect();
    let clean = if clean.is_empty() { "document".to_owned() } else { clean.trim().to_owned() };
    let mut unique = clean.clone();
    let mut number = 2_u32;
    while taken.contains(&unique) {
        unique = format!("{clean} ({number})");
        number = number.saturating_add(1);
    }
    taken.push(unique.clone());
    unique
}
