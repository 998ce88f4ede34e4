//! Base64, of which Google's clients write two alphabets: the standard one and the one for URLs.

/// The text in the padded standard alphabet, which every other dialect wants; `None` where it is
/// base64 in neither.
pub(super) fn standard(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if digits.is_empty() || padding > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut out = String::with_capacity(digits.len() + 2);
    for letter in digits.chars() {
        out.push(match letter {
            '-' => '+',
            '_' => '/',
            '+' | '/' => letter,
            letter if letter.is_ascii_alphanumeric() => letter,
            _ => return None,
        });
    }
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_standard_alphabet_padded() {
        assert_eq!(standard("c2ln").as_deref(), Some("c2ln"));
        assert_eq!(standard("-_8").as_deref(), Some("+/8="));
        assert_eq!(standard("+/8=").as_deref(), Some("+/8="));
        for text in ["", "=", "a", "abcde", "ab c", "abc!", "ab==="] {
            assert_eq!(standard(text), None, "{text}");
        }
    }
}
