//! The cap on the output, under the name that each family has for it (user guide, "Inference request
//! parameters and response fields for foundation models").

use serde::Deserialize;
use serde_json::{Map, Value};

use super::family::malformed;
use crate::{Fault, Splice, splice};

/// Every name there is.
const PATHS: [&[&str]; 9] = [
    &["max_tokens"],
    &["max_completion_tokens"],
    &["max_tokens_to_sample"],
    &["max_new_tokens"],
    &["max_gen_len"],
    &["maxTokens"],
    &["inferenceConfig", "maxTokens"],
    &["inferenceConfig", "max_new_tokens"],
    &["textGenerationConfig", "maxTokenCount"],
];

/// The name of each family, by a word of the model's id; the first that fits.
const FAMILIES: [(&str, &[&str]); 10] = [
    ("amazon.nova", &["inferenceConfig", "maxTokens"]),
    ("amazon.titan-text", &["textGenerationConfig", "maxTokenCount"]),
    ("meta.llama", &["max_gen_len"]),
    ("ai21.j2", &["maxTokens"]),
    ("ai21.", &["max_tokens"]),
    ("cohere.command", &["max_tokens"]),
    ("mistral.", &["max_tokens"]),
    ("deepseek.", &["max_tokens"]),
    ("qwen.", &["max_tokens"]),
    ("openai.", &["max_completion_tokens"]),
];

/// Words of ids of models that do not write text: there is nothing to cap.
const WORDLESS: [&str; 6] = ["embed", "rerank", "canvas", "reel", "stability.", "titan-image"];

/// How many answers are asked for.
const COUNTS: [&str; 3] = ["num_generations", "numResults", "n"];

/// What a body of another family than Anthropic's says of its output.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The highest cap.
    pub(super) cap: Option<u64>,
    /// The number of answers.
    pub(super) answers: u32,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Body(Map<String, Value>);

/// Reads it.
pub(super) fn read(body: &[u8]) -> Result<Asked, Fault> {
    let Body(fields) = serde_json::from_slice(body).map_err(malformed)?;
    let cap = PATHS.iter().filter_map(|path| find(&fields, path)?.as_u64()).max();
    let answers = COUNTS
        .iter()
        .filter_map(|name| u32::try_from(fields.get(*name)?.as_u64()?).ok())
        .max()
        .unwrap_or(1);
    Ok(Asked { cap, answers })
}

/// Lowers every cap that is higher than `cap`; where there is none, sets the one that the model's
/// family has.
///
/// # Errors
/// A fault of the caller where the family is not known: its body must name a cap itself.
pub(super) fn set(body: &[u8], model: &str, cap: u64) -> Result<Vec<u8>, Fault> {
    let Body(fields) = serde_json::from_slice(body).map_err(malformed)?;
    let mut paths: Vec<&[&str]> =
        PATHS.into_iter().filter(|path| find(&fields, path).is_some()).collect();
    if paths.is_empty() {
        if WORDLESS.iter().any(|word| model.contains(word)) {
            return Ok(body.to_vec());
        }
        let family = FAMILIES.iter().find(|(word, _)| model.contains(word));
        let Some((_, path)) = family else {
            return Err(Fault::invalid(
                "This key has a budget, and the body does not say how many tokens the model may \
                 write: set the model's own maximum, such as `max_tokens`.",
                "max_tokens",
            ));
        };
        paths.push(path);
    }
    let mut edits: Vec<(&str, Value)> = Vec::new();
    for path in paths {
        let (Some(top), inner) = (path.first(), path.get(1)) else { continue };
        let Some(inner) = inner else {
            if higher(fields.get(*top), cap) {
                edits.push((top, cap.into()));
            }
            continue;
        };
        let at = edits.iter().position(|(name, _)| name == top);
        let known = at.and_then(|at| edits.get(at)).map(|(_, value)| value);
        let mut value = known.or(fields.get(*top)).cloned().unwrap_or_default();
        if !value.is_object() {
            value = Value::Object(Map::new());
        }
        if higher(value.get(*inner), cap) {
            if let Value::Object(nested) = &mut value {
                nested.insert((*inner).to_owned(), cap.into());
            }
            match at.and_then(|at| edits.get_mut(at)) {
                Some((_, slot)) => *slot = value,
                None => edits.push((top, value)),
            }
        }
    }
    let edits: Vec<Splice<'_>> =
        edits.into_iter().map(|(name, value)| Splice::Set(name, value.to_string())).collect();
    splice(body, &edits).map_err(malformed)
}

fn higher(value: Option<&Value>, cap: u64) -> bool {
    value.and_then(Value::as_u64).is_none_or(|own| own > cap)
}

fn find<'a>(fields: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (top, rest) = path.split_first()?;
    rest.iter().try_fold(fields.get(*top)?, |value, key| value.get(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(body: &str, model: &str) -> String {
        String::from_utf8(set(body.as_bytes(), model, 7).unwrap()).unwrap()
    }

    #[test]
    fn finds_the_cap_and_the_number_of_answers_of_every_family() {
        for body in [
            r#"{"inferenceConfig":{"maxTokens":9}}"#,
            r#"{"textGenerationConfig":{"maxTokenCount":9}}"#,
            r#"{"max_gen_len":9,"max_tokens":3}"#,
        ] {
            assert_eq!(
                read(body.as_bytes()).unwrap(),
                Asked { cap: Some(9), answers: 1 },
                "{body}"
            );
        }
        let asked = read(br#"{"prompt":"hi","num_generations":4}"#).unwrap();
        assert_eq!(asked, Asked { cap: None, answers: 4 });
    }

    #[test]
    fn lowers_what_is_higher_and_no_other_byte() {
        let nova = r#"{ "inferenceConfig":{"topP":0.5,"maxTokens":900} , "z":1.50}"#;
        assert_eq!(
            lowered(nova, "amazon.nova-lite-v1:0"),
            r#"{ "inferenceConfig":{"topP":0.5,"maxTokens":7} , "z":1.50}"#
        );
        let low = r#"{"max_gen_len":5 }"#;
        assert_eq!(lowered(low, "meta.llama3-8b-instruct-v1:0"), low);
    }

    #[test]
    fn sets_the_familys_own_where_there_is_none() {
        for (model, body) in [
            ("us.amazon.nova-pro-v1:0", r#"{"a":1,"inferenceConfig":{"maxTokens":7}}"#),
            ("amazon.titan-text-lite-v1", r#"{"a":1,"textGenerationConfig":{"maxTokenCount":7}}"#),
            ("meta.llama3-8b-instruct-v1:0", r#"{"a":1,"max_gen_len":7}"#),
            ("openai.gpt-oss-20b-1:0", r#"{"a":1,"max_completion_tokens":7}"#),
            ("amazon.titan-embed-text-v2:0", r#"{"a":1}"#),
        ] {
            assert_eq!(lowered(r#"{"a":1}"#, model), body, "{model}");
        }
        assert!(set(br#"{"a":1}"#, "arn:aws:bedrock:x:1:imported-model/a", 7).is_err());
    }
}
