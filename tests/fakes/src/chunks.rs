//! How a text is cut into the pieces of a stream.

/// Words with the space that follows each; never within a character.
pub(crate) fn words(text: &str) -> Vec<&str> {
    text.split_inclusive(' ').collect()
}

/// Pieces of `size` characters, as tool arguments come: without regard to what they mean.
pub(crate) fn bits(text: &str, size: usize) -> Vec<&str> {
    let mut rest = text;
    let mut out = Vec::new();
    while !rest.is_empty() {
        let end = rest.char_indices().nth(size).map_or(rest.len(), |(at, _)| at);
        let (bit, after) = rest.split_at(end);
        out.push(bit);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_to_the_text() {
        for text in ["", "one", "Zürich  is fine ", "日本語テキスト"] {
            assert_eq!(words(text).concat(), text);
            assert_eq!(bits(text, 3).concat(), text);
        }
    }
}
