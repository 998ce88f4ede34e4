//! Parser events to a tree.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{At, Entry, Kind, Node};

/// Nodes that aliases may add. Nested anchors can ask for billions.
const ALIAS_NODES: usize = 100_000;
/// Collections within collections. The walkers recurse.
const DEPTH: usize = 64;

/// What keeps a text from being a tree, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Complaint {
    pub(in super::super) at: At,
    pub(in super::super) message: String,
    pub(in super::super) hint: Option<String>,
}

/// A document that is being read.
struct Builder<'c> {
    file: usize,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    alias_nodes: usize,
    documents: usize,
    complaints: &'c mut Vec<Complaint>,
}

/// A collection whose end is not reached.
struct Open {
    at: At,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<(String, At)>,
        /// What `<<` names, to be put in when all own keys are known.
        merged: Vec<Node>,
    },
}

/// Reads the one document of a text. Complaints are errors; a tree may be given beside them, so
/// that what else is wrong is told as well. `None` for a text that is empty or cannot be read.
pub(in super::super) fn load(
    text: &str,
    file: usize,
    complaints: &mut Vec<Complaint>,
) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder {
        file,
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        alias_nodes: 0,
        documents: 0,
        complaints,
    };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let at = At { file, line: span.start.line() };
                if !builder.event(event, at) {
                    return None;
                }
            }
            Err(error) => {
                let at = At { file, line: error.marker().line() };
                builder.complain(at, format!("is not YAML: {}", error.info()), None);
                return None;
            }
        }
    }
    builder.root
}

// === impl Builder ===

impl Builder<'_> {
    /// `false` when reading on makes no sense.
    fn event(&mut self, event: Event<'_>, at: At) -> bool {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                self.documents = self.documents.saturating_add(1);
                if self.documents > 1 {
                    let hint = "keep what is above the `---`, or put it all together";
                    self.complain(at, "is a second document".to_owned(), Some(hint));
                    return false;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain || is_text(tag.as_deref());
                self.check_tag(tag.as_deref(), at);
                let kind = Kind::Scalar { text: text.into_owned(), quoted };
                self.add(Node { at, kind }, anchor);
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                return self.begin(Open { at, anchor, kind: OpenKind::Sequence(Vec::new()) });
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                let kind = OpenKind::Mapping { entries: Vec::new(), key: None, merged: Vec::new() };
                return self.begin(Open { at, anchor, kind });
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => return self.alias(anchor, at),
        }
        true
    }

    fn begin(&mut self, open: Open) -> bool {
        if self.open.len() >= DEPTH {
            self.complain(open.at, format!("is nested more than {DEPTH} deep"), None);
            return false;
        }
        self.open.push(open);
        true
    }

    fn end(&mut self) {
        let Some(Open { at, anchor, kind }) = self.open.pop() else { return };
        let kind = match kind {
            OpenKind::Sequence(items) => Kind::Sequence(items),
            OpenKind::Mapping { mut entries, merged, .. } => {
                for node in merged {
                    self.merge(node, &mut entries);
                }
                Kind::Mapping(entries)
            }
        };
        self.add(Node { at, kind }, anchor);
    }

    fn alias(&mut self, anchor: usize, at: At) -> bool {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            self.complain(at, "is an alias of what it is itself a part of".to_owned(), None);
            return false;
        };
        self.alias_nodes = self.alias_nodes.saturating_add(count(&node));
        if self.alias_nodes > ALIAS_NODES {
            self.complain(
                at,
                format!("makes aliases expand to more than {ALIAS_NODES} values"),
                None,
            );
            return false;
        }
        self.add(Node { at, ..node }, 0);
        true
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.kind {
            OpenKind::Sequence(items) => items.push(node),
            OpenKind::Mapping { entries, key, merged } => match key.take() {
                None => {
                    *key = Some(match node.kind {
                        Kind::Scalar { text, .. } => (text, node.at),
                        _ => {
                            self.complaints.push(Complaint {
                                at: node.at,
                                message: format!("has {} for a key", node.describe()),
                                hint: Some("a key is a name".to_owned()),
                            });
                            ("?".to_owned(), node.at)
                        }
                    });
                }
                Some((key, _)) if key == "<<" => merged.push(node),
                Some((key, at)) => match entries.iter().find(|entry| entry.key == key) {
                    Some(first) => self.complaints.push(Complaint {
                        at,
                        message: format!("`{key}` stands twice, first in line {}", first.at.line),
                        hint: Some("remove one of them".to_owned()),
                    }),
                    None => entries.push(Entry { key, at, value: node }),
                },
            },
        }
    }

    /// Adds the keys of a merged mapping, or of each of a list of them, that are not there yet.
    fn merge(&mut self, node: Node, entries: &mut Vec<Entry>) {
        match node.kind {
            Kind::Mapping(given) => {
                for entry in given {
                    if !entries.iter().any(|own| own.key == entry.key) {
                        entries.push(entry);
                    }
                }
            }
            Kind::Sequence(items) => {
                for item in items {
                    self.merge(item, entries);
                }
            }
            Kind::Scalar { .. } => {
                let hint = "write `<<: *anchor` with the anchor of a mapping";
                self.complain(node.at, "`<<` merges what is no mapping".to_owned(), Some(hint));
            }
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, at: At) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            let name = format!("{}{}", tag.handle, tag.suffix);
            self.complain(at, format!("has the tag `{name}`, which means nothing here"), None);
        }
    }

    fn complain(&mut self, at: At, message: String, hint: Option<&str>) {
        let at = At { file: self.file, ..at };
        self.complaints.push(Complaint { at, message, hint: hint.map(str::to_owned) });
    }
}

/// `!!str`
fn is_text(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str")
}

fn count(node: &Node) -> usize {
    let inner: usize = match &node.kind {
        Kind::Scalar { .. } => 0,
        Kind::Sequence(items) => items.iter().map(count).sum(),
        Kind::Mapping(entries) => entries.iter().map(|entry| count(&entry.value)).sum(),
    };
    inner.saturating_add(1)
}
