//! Ids of tool calls. The API takes `^[a-zA-Z0-9_-]+$` only; other providers' ids may hold anything.

use std::borrow::Cow;

/// The id as the API takes it. The same id always becomes the same, so that a call and its result
/// still meet; ids that differ only in what is replaced stay apart by a hash.
pub(super) fn sanitise(id: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !id.is_empty() && id.chars().all(fits) {
        return Cow::Borrowed(id);
    }
    // FNV-1a.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let kept: String = id.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    Cow::Owned(format!("{}_{hash:016x}", if kept.is_empty() { "toolu" } else { kept.as_str() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_valid_ids_and_keeps_replaced_ones_apart() {
        assert_eq!(sanitise("toolu_01-aB"), "toolu_01-aB");
        let (dot, colon) = (sanitise("call.1"), sanitise("call:1"));
        assert_ne!(dot, colon);
        assert_eq!(dot, sanitise("call.1"));
        for id in [dot, colon, sanitise(""), sanitise("\u{e9}")] {
            assert!(!id.is_empty());
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'), "{id}");
        }
    }
}
