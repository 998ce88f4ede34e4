//! `include:`: files that are put together with the main one.

use super::{
    Source,
    field::{Context, Field},
    section::Section,
    tree::{At, Complaint, Entry, Kind, Node, load},
};

/// Reads the main file and those that it includes as one tree. Lists of the same key are joined,
/// mappings are put together; a value that two files give is an error.
pub(super) fn gather(context: &Context<'_>, text: &str, file: &str, source: &dyn Source) -> Node {
    let mut main = read(context, text, file);
    for (name, at) in names(context, &main) {
        match source.read(&name) {
            Err(reason) => {
                complain(context, at, format!("`{name}` cannot be included: {reason}"), None)
            }
            Ok(text) => {
                let included = read(context, &text, &name);
                if let Some(entry) = entries(&included).iter().find(|entry| entry.key == "include")
                {
                    let hint = "include all files from the main one";
                    complain(
                        context,
                        entry.at,
                        "an included file includes others".to_owned(),
                        Some(hint),
                    );
                }
                merge(context, &mut main, included);
            }
        }
    }
    main
}

/// One file's tree; an empty mapping where there is none.
fn read(context: &Context<'_>, text: &str, file: &str) -> Node {
    let index = context.files.borrow().len();
    context.files.borrow_mut().push(file.to_owned());
    let mut complaints = Vec::new();
    let tree = load(text, index, &mut complaints);
    complaints.into_iter().for_each(|complaint| context.complain(complaint));
    let at = At { file: index, line: 1 };
    let nothing = Node { at, kind: Kind::Mapping(Vec::new()) };
    match tree {
        Some(node) if matches!(node.kind, Kind::Mapping(_)) => node,
        Some(node) if node.is_null() => nothing,
        Some(node) => {
            let message = format!("the file is {}, not a mapping", node.describe());
            complain(context, node.at, message, Some("begin with `model_list:`"));
            nothing
        }
        // Why has been said, or the file is empty.
        None => nothing,
    }
}

fn names(context: &Context<'_>, main: &Node) -> Vec<(String, At)> {
    let Some(mut section) = Section::open(&Field::root(context, main)) else { return Vec::new() };
    let items = section.take("include").and_then(|field| field.items()).unwrap_or_default();
    items.iter().filter_map(|item| Some((item.name()?, item.node().at))).collect()
}

fn merge(context: &Context<'_>, main: &mut Node, included: Node) {
    let (Kind::Mapping(own), Kind::Mapping(given)) = (&mut main.kind, included.kind) else {
        return;
    };
    for entry in given.into_iter().filter(|entry| entry.key != "include") {
        match own.iter_mut().find(|known| known.key == entry.key) {
            None => own.push(entry),
            Some(known) => join(context, known, entry),
        }
    }
}

fn join(context: &Context<'_>, known: &mut Entry, given: Entry) {
    match (&mut known.value.kind, given.value.kind) {
        (Kind::Sequence(own), Kind::Sequence(items)) => own.extend(items),
        (Kind::Mapping(own), Kind::Mapping(entries)) => {
            for entry in entries {
                match own.iter().find(|known| known.key == entry.key) {
                    None => own.push(entry),
                    Some(first) => twice(context, first, &entry.key, entry.at),
                }
            }
        }
        _ => twice(context, known, &given.key, given.at),
    }
}

fn twice(context: &Context<'_>, first: &Entry, key: &str, at: At) {
    let file = context.files.borrow().get(first.at.file).cloned().unwrap_or_default();
    let message = format!("`{key}` is set in {file} as well, in line {}", first.at.line);
    complain(context, at, message, Some("set it in one of the files"));
}

fn entries(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Mapping(entries) => entries,
        _ => &[],
    }
}

fn complain(context: &Context<'_>, at: At, message: String, hint: Option<&str>) {
    context.complain(Complaint { at, message, hint: hint.map(str::to_owned) });
}
