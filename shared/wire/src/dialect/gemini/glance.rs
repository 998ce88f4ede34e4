//! The verbatim path's look at a whole answer.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::usage;
use crate::{Fault, FaultKind, dialect::Glance};

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(default, borrow, rename = "responseId")]
    id: Option<Cow<'a, str>>,
    #[serde(default, borrow, rename = "usageMetadata")]
    usage: Option<&'a RawValue>,
}

pub(crate) fn glance(body: &[u8]) -> Result<Glance, Fault> {
    let fields: Fields<'_> = serde_json::from_slice(body).map_err(|error| {
        Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
            .with_status(502)
            .with_detail(error.to_string())
    })?;
    let raw = fields.usage.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    Ok(Glance {
        id: fields.id.map(Cow::into_owned),
        // `modelVersion` says which version answered; the caller's name is no version.
        model: None,
        usage: raw.filter(Value::is_object).map(|raw| usage::decode(&raw)),
    })
}
