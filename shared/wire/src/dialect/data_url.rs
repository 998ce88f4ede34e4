//! `data:` URLs (RFC 2397), which every dialect wants as a media type and base64.

use base64::Engine as _;

/// What a URL without a media type holds.
const DEFAULT_TYPE: &str = "text/plain";

/// A data URL taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataUrl {
    /// The media type, lower case, without parameters; `None` where the URL names none.
    pub(crate) media_type: Option<String>,
    /// The content in base64: standard alphabet, padded, on one line.
    pub(crate) base64: String,
}

/// What stands after `data:`, in whatever case that is written.
pub(crate) fn strip(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    scheme.trim_start().eq_ignore_ascii_case("data").then_some(rest)
}

// === impl DataUrl ===

impl DataUrl {
    /// Reads a URL; `None` where it is no data URL, or its content is not what it says.
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (head, content) = strip(url)?.split_once(',')?;
        let mut words = head.split(';').map(str::trim);
        let media_type =
            words.next().filter(|word| word.contains('/')).map(str::to_ascii_lowercase);
        let encoded = words.next_back().is_some_and(|word| word.eq_ignore_ascii_case("base64"));
        let base64 = if encoded {
            match standard(content) {
                Some(base64) => base64,
                // Some clients escape the padding, as in a query.
                None => standard(std::str::from_utf8(&unescape(content)).ok()?)?,
            }
        } else {
            base64::engine::general_purpose::STANDARD.encode(unescape(content))
        };
        Some(Self { media_type, base64 })
    }

    /// The media type, or what one without it is.
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.media_type.unwrap_or_else(|| DEFAULT_TYPE.to_owned()), self.base64)
    }
}

/// Base64 in the standard alphabet, padded and on one line, as every dialect takes it; `None`
/// where it is not base64 of any kind. What is standard already is only checked and copied.
pub(crate) fn standard(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 3);
    let body = text.trim_end_matches(['=', '\n', '\r']);
    if body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')) {
        out.push_str(body);
    } else {
        for letter in body.chars() {
            match letter {
                '-' => out.push('+'),
                '_' => out.push('/'),
                '\n' | '\r' => {}
                '+' | '/' => out.push(letter),
                _ if letter.is_ascii_alphanumeric() => out.push(letter),
                _ => return None,
            }
        }
    }
    let padding = match out.len() % 4 {
        0 => "",
        2 => "==",
        3 => "=",
        _ => return None,
    };
    out.push_str(padding);
    Some(out)
}

/// Percent-escapes undone; a `%` that begins none stands for itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        let escaped = match (byte, tail) {
            (b'%', [high, low, after @ ..]) => hex(*high).zip(hex(*low)).map(|pair| (pair, after)),
            _ => None,
        };
        match escaped {
            Some(((high, low), after)) => {
                out.push(high << 4 | low);
                rest = after;
            }
            None => out.push(*byte),
        }
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<(Option<String>, String)> {
        DataUrl::parse(url).map(|url| (url.media_type, url.base64))
    }

    #[test]
    fn reads_parameters_cases_and_both_encodings() {
        let png = Some("image/png".to_owned());
        for url in [
            "data:image/png;base64,aGk=",
            "DATA:Image/PNG;charset=utf-8;name=a.png;BASE64,aGk",
            "data:image/png; base64,aGk%3D",
            "data:image/png,hi",
            "data:image/png;x=y,h%69",
        ] {
            assert_eq!(read(url), Some((png.clone(), "aGk=".to_owned())), "{url}");
        }
        assert_eq!(read("data:,a%b"), Some((None, "YSVi".to_owned())));
        assert_eq!(DataUrl::parse("data:;base64,").unwrap().into_parts().0, "text/plain");
        // `base64` is only an encoding where it stands last.
        assert_eq!(read("data:base64,hi"), Some((None, "aGk=".to_owned())));
    }

    #[test]
    fn refuses_what_is_none() {
        for url in ["https://x.test/a", "data:image/png;base64", "data:image/png;base64,a!b", ""] {
            assert_eq!(read(url), None, "{url}");
        }
    }

    #[test]
    fn writes_any_base64_in_the_standard_alphabet() {
        assert_eq!(standard("a-_b\nYQ").as_deref(), Some("a+/bYQ=="));
        assert_eq!(standard("YWJj").as_deref(), Some("YWJj"));
        for wrong in ["a", "a b=", "\u{e9}"] {
            assert_eq!(standard(wrong), None, "{wrong}");
        }
    }
}
