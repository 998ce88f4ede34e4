//! Probes, read from `tests/probes`.

use std::{fs, path::Path};

use serde_json::{Map, Value};
use sluice_wire::{Dialect, Line, Target};

/// Of what the probes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A caller's request.
    Request,
    /// A provider's whole answer.
    Answer,
}

/// The probes of one dialect.
#[derive(Debug)]
pub(crate) struct Probes {
    pub(crate) dialect: Dialect,
    base: Map<String, Value>,
    features: Map<String, Value>,
    /// Features that say what leaving them out means, too.
    implied: Vec<String>,
    /// The dialect that the probes are written in, where it is another.
    written_in: Dialect,
}

/// The line of a caller whose path names the model.
pub(crate) const LINE: Line<'_> = Line { model: Some("group"), stream: None };

// === impl Probes ===

impl Probes {
    pub(crate) fn of(dialect: Dialect, kind: Kind) -> Self {
        let (file, written_in) = match read(dialect, kind) {
            Some(file) => (file, dialect),
            None => (read(lender(dialect), kind).unwrap(), lender(dialect)),
        };
        let map = |name: &str| file.get(name).and_then(Value::as_object).cloned().unwrap();
        let implied = file.get("implied").and_then(Value::as_array);
        Self {
            dialect,
            base: map("base"),
            features: map("features"),
            implied: implied
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            written_in,
        }
    }

    pub(crate) fn features(&self) -> impl Iterator<Item = &str> {
        self.features.keys().map(String::as_str)
    }

    pub(crate) fn is_implied(&self, feature: &str) -> bool {
        self.implied.iter().any(|name| name == feature)
    }

    /// The body of the base alone.
    pub(crate) fn base(&self) -> Vec<u8> {
        self.written(&self.base)
    }

    /// The body with the feature.
    pub(crate) fn with(&self, feature: &str) -> Vec<u8> {
        let mut body = self.base.clone();
        body.extend(self.features[feature].as_object().unwrap().clone());
        self.written(&body)
    }

    fn written(&self, body: &Map<String, Value>) -> Vec<u8> {
        let body = serde_json::to_vec(body).unwrap();
        if self.written_in == self.dialect {
            return body;
        }
        // An answer is read by a caller, so that only requests need the other's words.
        let Ok(request) = self.written_in.decode_request(&body, LINE) else { return body };
        let target = Target {
            model: "group",
            max_output: None,
            max_completion_tokens: true,
            ..Target::default()
        };
        self.dialect.encode_request(&request, target).map_or(body, |encoded| encoded.body)
    }

    /// The dialect that the probes were borrowed from, if any.
    pub(crate) fn borrowed(&self) -> Option<Dialect> {
        (self.written_in != self.dialect).then_some(self.written_in)
    }
}

/// Whose probes are asked where a dialect has none: those of the one it is nearest to.
fn lender(dialect: Dialect) -> Dialect {
    match dialect.name() {
        "bedrock_invoke" => Dialect::AnthropicMessages,
        _ => Dialect::OpenAiChat,
    }
}

fn read(dialect: Dialect, kind: Kind) -> Option<Value> {
    let folder = match kind {
        Kind::Request => "requests",
        Kind::Answer => "answers",
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/probes").join(folder);
    let text = fs::read_to_string(path.join(format!("{}.json", dialect.name()))).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}
