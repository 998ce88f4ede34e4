//! `credential_list`: credentials under a name, for the deployments that name them
//! (`litellm_credential_name`).

use std::collections::BTreeMap;

use super::{
    field::{Context, Field},
    known,
    section::Section,
    suggest,
    tree::Node,
};

/// What says where a deployment is.
const ADDRESSES: [&str; 2] = ["api_base", "base_url"];

/// The named credentials: mappings of `litellm_params` keys.
#[derive(Default)]
pub(super) struct Credentials<'n, 'c>(BTreeMap<String, Field<'n, 'c>>);

// === impl Credentials ===

impl<'n, 'c> Credentials<'n, 'c> {
    pub(super) fn read(list: &Field<'n, 'c>) -> Self {
        let mut found = BTreeMap::new();
        for item in list.items().unwrap_or_default() {
            let Some(mut section) = Section::open(&item) else { continue };
            let name = section.take("credential_name");
            let values = section.take("credential_values");
            // What it is for a person to know.
            section.take("credential_info");
            section.finish(known::NOTHING);
            let (Some(name), Some(values)) = (name, values) else {
                item.wrong("is no credential", "set credential_name and credential_values");
                continue;
            };
            if !values.is_mapping() {
                values.wrong("is not a mapping", "write `api_key: ...` lines below it");
                continue;
            }
            let Some(text) = name.name() else { continue };
            if found.insert(text.clone(), values).is_some() {
                name.wrong(format!("`{text}` stands twice"), "names are unique");
            }
        }
        Self(found)
    }

    /// The same of nodes that are kept.
    pub(super) fn of(context: &'c Context<'c>, nodes: &'n BTreeMap<&str, Node>) -> Self {
        let field = |(name, node): (&&str, &'n Node)| {
            let path = format!("credential `{name}`");
            ((*name).to_owned(), Field::at(context, path, node))
        };
        Self(nodes.iter().map(field).collect())
    }

    /// What they say, to be kept.
    pub(super) fn nodes(&self) -> BTreeMap<String, Node> {
        self.0.iter().map(|(name, field)| (name.clone(), field.node().clone())).collect()
    }

    /// Lets the credential that a section names say what the section does not.
    /// Returns the credential's name.
    pub(super) fn stand_behind(&self, section: &mut Section<'n, 'c>) -> Option<String> {
        let field = section.take("litellm_credential_name")?;
        let name = field.name()?;
        match self.0.get(&name) {
            Some(values) => {
                if section.field().is_outside() && !values.is_outside() {
                    keep_in_place(section);
                }
                section.back(values);
            }
            None => {
                let near = suggest::nearest(&name, self.0.keys().map(String::as_str));
                field.wrong(
                    format!("`{}` is no `credential_name` of `credential_list`", field.shown()),
                    near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default(),
                );
            }
        }
        Some(name)
    }
}

/// A credential of the file goes where the file says, and nowhere else.
fn keep_in_place(section: &mut Section<'_, '_>) {
    for field in ADDRESSES.into_iter().filter_map(|name| section.take(name)) {
        field.wrong(
            "is not where this credential may be sent: it is the configuration file's",
            "leave it out, or name a credential that was added through the API",
        );
    }
}
