//! Whose body it is.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Fault, dialect::bedrock_converse::request::OTHER_VENDORS};

#[derive(Deserialize)]
struct Marks<'a> {
    #[serde(borrow)]
    anthropic_version: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
}

/// Whether a body is a message of Anthropic's family: it says so by its `anthropic_version`. The
/// retired text completions (`prompt`) say so too, and are not read.
///
/// # Errors
/// A fault of the caller when the body is not a JSON object.
pub fn speaks_anthropic(body: &[u8]) -> Result<bool, Fault> {
    let marks: Marks<'_> = serde_json::from_slice(body).map_err(malformed)?;
    Ok(marks.anthropic_version.is_some() && marks.prompt.is_none())
}

/// Whether a model takes Anthropic's body, as far as its id tells. An ARN or an alias that does not
/// say is taken for one that does: Bedrock says so where it is not.
#[must_use]
pub fn takes_anthropic(model: &str) -> bool {
    model.contains("claude") || !OTHER_VENDORS.iter().any(|vendor| model.contains(vendor))
}

/// A body that is no JSON object.
#[expect(clippy::needless_pass_by_value, reason = "a function for `map_err`")]
pub(super) fn malformed(error: serde_json::Error) -> Fault {
    Fault::invalid(format!("The request body is not a valid JSON object: {error}"), "body")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_anthropics_body_from_the_others() {
        let speaks = |body: &str| speaks_anthropic(body.as_bytes()).unwrap();
        assert!(speaks(r#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":1}"#));
        assert!(!speaks(r#"{"inputText":"hi"}"#));
        assert!(!speaks(r#"{"anthropic_version":"bedrock-2023-05-31","prompt":"\n\nHuman:"}"#));
        for body in ["", "[]", "\"a\""] {
            assert!(speaks_anthropic(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn knows_by_the_id_which_models_take_it() {
        let arn = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc";
        for model in ["anthropic.claude-3-haiku-20240307-v1:0", "eu.anthropic.claude-x", arn] {
            assert!(takes_anthropic(model), "{model}");
        }
        for model in ["us.amazon.nova-lite-v1:0", "meta.llama3-8b-instruct-v1:0", "openai.gpt-oss"]
        {
            assert!(!takes_anthropic(model), "{model}");
        }
    }
}
