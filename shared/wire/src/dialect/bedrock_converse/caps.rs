//! Caps on the output among the model's own fields. `inferenceConfig.maxTokens` is the one that
//! counts, but a model's own name for it may slip past it, and money has been reserved for it.

use serde_json::{Map, Value};

use super::request::take_if;

/// Where models take a cap under names of their own.
const PATHS: [&[&str]; 6] = [
    &["max_tokens"],
    &["max_completion_tokens"],
    &["max_tokens_to_sample"],
    &["max_gen_len"],
    &["inferenceConfig", "maxTokens"],
    &["inferenceConfig", "max_new_tokens"],
];

/// The highest cap among the fields.
pub(super) fn highest(fields: &Value) -> Option<u64> {
    PATHS
        .iter()
        .filter_map(|path| {
            path.iter().try_fold(fields, |value, key| value.get(*key)).and_then(Value::as_u64)
        })
        .max()
}

/// Lowers every cap that is higher, or that is no number to compare; says whether there was one.
pub(super) fn lower(fields: &mut Value, cap: u64) -> bool {
    let mut lowered = false;
    for path in PATHS {
        let found = path.iter().try_fold(&mut *fields, |value, key| value.get_mut(*key));
        if let Some(value) = found
            && value.as_u64().is_none_or(|own| own > cap)
        {
            *value = cap.into();
            lowered = true;
        }
    }
    lowered
}

/// Takes the caps out and gives the highest of them.
pub(super) fn take(fields: &mut Map<String, Value>) -> Option<u64> {
    PATHS.iter().filter_map(|path| take_if(fields, path, Value::as_u64)).max()
}
