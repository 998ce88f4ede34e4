//! `credential_list`: credentials under a name, for the deployments that name them
//! (`litellm_credential_name`).

use std::collections::BTreeMap;

use super::{field::Field, known, section::Section, suggest};

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

    /// Lets the credential that a section names say what the section does not.
    pub(super) fn stand_behind(&self, section: &mut Section<'n, 'c>) {
        let Some(field) = section.take("litellm_credential_name") else { return };
        let Some(name) = field.name() else { return };
        match self.0.get(&name) {
            Some(values) => section.back(values),
            None => {
                let near = suggest::nearest(&name, self.0.keys().map(String::as_str));
                field.wrong(
                    format!("`{}` is no `credential_name` of `credential_list`", field.shown()),
                    near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default(),
                );
            }
        }
    }
}
