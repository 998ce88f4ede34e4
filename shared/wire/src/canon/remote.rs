//! Content that a request only names by its address, for providers that must be given bytes.

use super::{Data, Part, Request};
use crate::Dialect;

/// Sorts of content that may be elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Media {
    /// A picture.
    Image,
    /// A document.
    Document,
}

/// One part whose bytes are at an address.
#[derive(Debug)]
pub struct Remote<'a> {
    /// Where the part stands in the request, e.g. `messages[0].content[1]`.
    pub place: String,
    /// What it should be.
    pub media: Media,
    data: &'a mut Data,
    name: Option<&'a mut Option<String>>,
}

// === impl Media ===

impl Media {
    /// The word for it in a message.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
        }
    }
}

// === impl Remote ===

impl Remote<'_> {
    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        match &*self.data {
            Data::Url(url) => url,
            _ => "",
        }
    }

    /// Puts the content in the place of its address. A document without a name gets the address's
    /// last word.
    pub fn bring(self, media_type: String, base64: String) {
        if let Some(name) = self.name.filter(|name| name.is_none()) {
            let url = match &*self.data {
                Data::Url(url) => url.split(['?', '#']).next().unwrap_or_default(),
                _ => "",
            };
            *name = url
                .split_once("://")
                .and_then(|(_, path)| path.rsplit_once('/'))
                .map(|(_, last)| last.to_owned())
                .filter(|last| !last.is_empty());
        }
        *self.data = Data::Base64 { media_type, base64 };
    }
}

// === impl Request ===

impl Request {
    /// Whether something must be fetched before a provider of this dialect can be asked.
    #[must_use]
    pub fn needs_bytes(&self, to: Dialect) -> bool {
        let turns = self.turns.iter().map(|turn| &turn.parts);
        turns.chain([&self.system]).any(|parts| needs(parts, to))
    }

    /// Every part whose bytes are at an address.
    pub fn remotes(&mut self) -> Vec<Remote<'_>> {
        let mut out = Vec::new();
        walk(&mut self.system, "system", &mut out);
        for (at, turn) in self.turns.iter_mut().enumerate() {
            walk(&mut turn.parts, &format!("messages[{at}]"), &mut out);
        }
        out
    }
}

/// Google's own storage is Google's to read, and nobody else's.
fn is_remote(data: &Data) -> bool {
    matches!(data, Data::Url(url) if !url.starts_with("gs://"))
}

fn needs(parts: &[Part], to: Dialect) -> bool {
    parts.iter().any(|part| match part {
        Part::Image(image) => is_remote(&image.data) && to.takes_bytes_only(Media::Image),
        Part::Document(document) => {
            is_remote(&document.data) && to.takes_bytes_only(Media::Document)
        }
        Part::ToolResult(result) => needs(&result.parts, to),
        _ => false,
    })
}

fn walk<'a>(parts: &'a mut [Part], place: &str, out: &mut Vec<Remote<'a>>) {
    for (at, part) in parts.iter_mut().enumerate() {
        let place = || format!("{place}.content[{at}]");
        match part {
            Part::Image(image) if is_remote(&image.data) => out.push(Remote {
                place: place(),
                media: Media::Image,
                data: &mut image.data,
                name: None,
            }),
            Part::Document(document) if is_remote(&document.data) => {
                out.push(Remote {
                    place: place(),
                    media: Media::Document,
                    data: &mut document.data,
                    name: Some(&mut document.name),
                });
            }
            Part::ToolResult(result) => walk(&mut result.parts, &place(), out),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Line;

    #[test]
    fn finds_what_is_elsewhere_also_in_tool_results_and_puts_it_in_place() {
        let body = br#"{"model":"m","max_tokens":9,"messages":[
            {"role":"user","content":[{"type":"text","text":"a"},
              {"type":"document","source":{"type":"url","url":"https://x.test/d/r%20x.pdf?q=/z"}}]},
            {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{}}]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[
              {"type":"image","source":{"type":"url","url":"https://x.test/i.png"}}]}]}]}"#;
        let mut request = Dialect::AnthropicMessages.decode_request(body, Line::default()).unwrap();
        assert!(request.needs_bytes(Dialect::BedrockConverse));
        assert!(!request.needs_bytes(Dialect::AnthropicMessages));

        let found: Vec<_> = request
            .remotes()
            .iter()
            .map(|remote| (remote.place.clone(), remote.media, remote.url().to_owned()))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "messages[0].content[1]".to_owned(),
                    Media::Document,
                    "https://x.test/d/r%20x.pdf?q=/z".to_owned()
                ),
                (
                    "messages[2].content[0].content[0]".to_owned(),
                    Media::Image,
                    "https://x.test/i.png".to_owned()
                ),
            ]
        );
        for remote in request.remotes() {
            remote.bring("image/png".into(), "aGk=".into());
        }
        assert!(!request.needs_bytes(Dialect::BedrockConverse) && request.remotes().is_empty());
        let Part::Document(document) = &request.turns[0].parts[1] else { panic!() };
        assert_eq!(document.name.as_deref(), Some("r%20x.pdf"));
    }
}
