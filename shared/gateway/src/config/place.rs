//! URLs and headers.

use http::{HeaderName, HeaderValue, Uri};

use super::{field::Field, section::Section};

// === impl Field ===

impl Field<'_, '_> {
    /// A URL of HTTP, as it is written.
    pub(super) fn url(&self) -> Option<String> {
        let text = self.name()?;
        let text = text.trim();
        let sound = text.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|h| !h.is_empty())
        });
        if !sound {
            let hint = "write one that begins with https:// or http:// and names a host";
            self.wrong(format!("`{}` is not a URL", self.shown()), hint);
            return None;
        }
        Some(text.to_owned())
    }

    /// Headers to send, by name.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        let Some(section) = Section::open(self) else { return Vec::new() };
        let header = |(name, field): (&str, Self)| {
            if name.parse::<HeaderName>().is_err() {
                field.wrong(format!("`{name}` is not a header name"), "");
                return None;
            }
            let value = field.text()?;
            if HeaderValue::from_str(&value).is_err() {
                field.wrong("holds a character that no header has, such as a line break", "");
                return None;
            }
            Some((name.to_owned(), value))
        };
        section.each().filter_map(header).collect()
    }
}
