//! `litellm_params.model` as it is written in a configuration: provider, route, region, id.

use sluice_wire::Dialect;

use super::{Provider, provider, providers, rows};

/// What a configuration's `model` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelRef<'a> {
    /// Who serves it.
    pub provider: &'static Provider,
    /// The id the provider knows it by.
    pub model: &'a str,
    /// The AWS region, where the name holds one (`bedrock/eu-west-1/...`, or an ARN).
    pub region: Option<&'a str>,
}

/// Why a `model` cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Nothing stands where the model's id should.
    #[error("`{written}` names no model: write `<provider>/<model>`")]
    Empty {
        /// As written.
        written: String,
    },
    /// A provider that is not in the table.
    #[error(
        "provider `{provider}` of model `{written}` is not supported; supported: {}; any other \
         OpenAI-compatible server: `openai/<model>` with `api_base`",
        supported()
    )]
    UnknownProvider {
        /// The first segment.
        provider: String,
        /// As written.
        written: String,
    },
    /// A bare name that could be anybody's.
    #[error(
        "model `{written}` does not say whose it is: write `<provider>/{written}`; supported: {}",
        supported()
    )]
    Unprefixed {
        /// As written.
        written: String,
    },
    /// A model at Vertex AI that is neither Google's nor Anthropic's.
    #[error(
        "model `{written}`: of the models at Vertex AI, Google's (`gemini-...`, `gemma-...`, the \
         number of a tuned one's endpoint) and Anthropic's (`claude-...`) are supported"
    )]
    OtherAtVertex {
        /// As written.
        written: String,
    },
    /// A route of Bedrock that is not Converse.
    #[error(
        "model `{written}` asks for Bedrock's `{route}` route, which is not supported; \
         `bedrock/<model>` and `bedrock/converse/<model>` use Converse"
    )]
    UnsupportedRoute {
        /// The route.
        route: String,
        /// As written.
        written: String,
    },
}

/// Routes of LiteLLM below `bedrock/` that name another API than the model's own chat.
const OTHER_BEDROCK_ROUTES: &[&str] =
    &["agent", "agentcore", "async_invoke", "openai", "mantle", "claude_platform", "rerank"];

/// Where the ids of Bedrock's cross-region inference profiles begin.
const PROFILE_PREFIXES: &[&str] =
    &["us", "eu", "apac", "global", "jp", "au", "ca", "sa", "us-gov", "me", "af", "il", "mx"];

/// Vendors at the head of Bedrock's model ids.
const BEDROCK_VENDORS: &[&str] = &[
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "zai",
];

/// Reads `litellm_params.model`: `openai/gpt-4o`, `bedrock/converse/<id>`, `bedrock/<region>/<id>`,
/// `bedrock/arn:...`, `sagemaker/<endpoint>`; bare names by their well-known beginnings.
///
/// # Errors
/// When the provider is not in the table, or the name does not say one.
pub fn split_model(written: &str) -> Result<ModelRef<'_>, ModelError> {
    let (provider, rest) = by_prefix(written)?;
    let (model, region) = match provider.name {
        "bedrock" => bedrock_id(rest, written)?,
        "azure" => (azure_deployment(rest), None),
        "vertex_ai" if provider.dialect == Dialect::Gemini => (googles(rest, written)?, None),
        _ => (rest, None),
    };
    if model.trim().is_empty() {
        return Err(ModelError::Empty { written: written.to_owned() });
    }
    Ok(ModelRef { provider, model, region })
}

/// Where the names of Google's own models begin; the last three embed.
const GOOGLES: [&str; 7] = [
    "gemini-",
    "gemma-",
    "learnlm-",
    "medlm-",
    "text-embedding-",
    "text-multilingual-embedding-",
    "textembedding-gecko",
];

/// The id of a model of Google's, without LiteLLM's hint at the family of a tuned one.
fn googles<'a>(rest: &'a str, written: &str) -> Result<&'a str, ModelError> {
    let model = rest.strip_prefix("gemini/").unwrap_or(rest);
    let tuned = model.bytes().all(|byte| byte.is_ascii_digit());
    if tuned || GOOGLES.iter().any(|name| model.starts_with(name)) {
        return Ok(model);
    }
    Err(ModelError::OtherAtVertex { written: written.to_owned() })
}

/// LiteLLM's hints at a deployment's family stand before its name.
fn azure_deployment(rest: &str) -> &str {
    const HINTS: [&str; 3] = ["o_series/", "gpt5_series/", "gpt5_1_series/"];
    HINTS.iter().find_map(|hint| rest.strip_prefix(hint)).unwrap_or(rest)
}

fn by_prefix(written: &str) -> Result<(&'static Provider, &str), ModelError> {
    if !written.starts_with("arn:")
        && let Some((first, rest)) = written.split_once('/')
    {
        let row = rows::of_model(first, rest).or_else(|| provider(first));
        return row.map(|row| (row, rest)).ok_or_else(|| ModelError::UnknownProvider {
            provider: first.to_owned(),
            written: written.to_owned(),
        });
    }
    let name = bare(written);
    name.and_then(provider).map(|row| (row, written)).ok_or_else(|| match provider(written) {
        _ if written.trim().is_empty() => ModelError::Empty { written: written.to_owned() },
        Some(_) => ModelError::Empty { written: written.to_owned() },
        None => ModelError::Unprefixed { written: written.to_owned() },
    })
}

/// Whose a bare name is.
fn bare(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("ft:").unwrap_or(name);
    let reasoning = ["o1", "o3", "o4"].iter().any(|family| {
        name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    if reasoning || name.starts_with("gpt-") || name.starts_with("chatgpt-") {
        return Some("openai");
    }
    if name.starts_with("claude-") {
        return Some("anthropic");
    }
    if name.starts_with("gemini-") {
        return Some("vertex_ai");
    }
    if name.starts_with("arn:") {
        return match name.split(':').nth(2) {
            Some("bedrock") => Some("bedrock"),
            _ => None,
        };
    }
    let (first, rest) = name.split_once('.')?;
    let vendor = if PROFILE_PREFIXES.contains(&first) { rest.split_once('.')?.0 } else { first };
    BEDROCK_VENDORS.contains(&vendor).then_some("bedrock")
}

/// Takes LiteLLM's route and region segments off what follows `bedrock/`.
fn bedrock_id<'a>(
    mut rest: &'a str,
    written: &str,
) -> Result<(&'a str, Option<&'a str>), ModelError> {
    let mut region = None;
    while !rest.starts_with("arn:")
        && let Some((segment, tail)) = rest.split_once('/')
    {
        if OTHER_BEDROCK_ROUTES.contains(&segment) {
            return Err(ModelError::UnsupportedRoute {
                route: segment.to_owned(),
                written: written.to_owned(),
            });
        }
        // `converse`, `invoke`, and the hint at a custom model's family before its ARN.
        let route = matches!(segment, "converse" | "converse_like" | "invoke");
        if is_region(segment) {
            region = region.or(Some(segment));
        } else if !route && !tail.starts_with("arn:") {
            break;
        }
        rest = tail;
    }
    if rest.starts_with("arn:") {
        region = region.or_else(|| rest.split(':').nth(3).filter(|part| is_region(part)));
    }
    Ok((rest, region))
}

/// `eu-west-1`, `us-gov-east-1`, `ap-southeast-3`.
fn is_region(segment: &str) -> bool {
    let parts: Vec<&str> = segment.split('-').collect();
    match parts.as_slice() {
        [area, middle @ .., number] => {
            area.len() == 2
                && (1..=2).contains(&middle.len())
                && std::iter::once(area)
                    .chain(middle)
                    .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
                && (1..=2).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

fn supported() -> String {
    let mut names: Vec<&str> = providers().map(|row| row.name).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(written: &str) -> (&'static str, &str, Option<&str>) {
        let found = split_model(written).unwrap_or_else(|error| panic!("{error}"));
        (found.provider.name, found.model, found.region)
    }

    #[test]
    fn reads_a_provider_and_keeps_the_rest_whole() {
        assert_eq!(split("openai/gpt-4o"), ("openai", "gpt-4o", None));
        assert_eq!(split("openrouter/anthropic/claude"), ("openrouter", "anthropic/claude", None));
        assert_eq!(split("sagemaker_chat/my-endpoint"), ("sagemaker", "my-endpoint", None));
        assert_eq!(split("sagemaker/my-endpoint"), ("sagemaker", "my-endpoint", None));
        assert_eq!(split("vllm/org/model"), ("hosted_vllm", "org/model", None));
        assert_eq!(split("demo/echo"), ("demo", "echo", None));
    }

    #[test]
    fn reads_bedrocks_routes_regions_and_arns() {
        let id = "anthropic.claude-3-haiku-20240307-v1:0";
        let arn = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc";
        assert_eq!(split(&format!("bedrock/{id}")), ("bedrock", id, None));
        assert_eq!(split(&format!("bedrock/converse/{id}")), ("bedrock", id, None));
        assert_eq!(split(&format!("bedrock/invoke/{id}")), ("bedrock", id, None));
        assert_eq!(split(&format!("bedrock/eu-west-1/{id}")), ("bedrock", id, Some("eu-west-1")));
        assert_eq!(
            split(&format!("bedrock/converse/us-gov-west-1/{id}")),
            ("bedrock", id, Some("us-gov-west-1"))
        );
        assert_eq!(split(&format!("bedrock/{arn}")), ("bedrock", arn, Some("eu-west-1")));
        assert_eq!(split(&format!("bedrock/llama/{arn}")), ("bedrock", arn, Some("eu-west-1")));
        assert_eq!(split(arn), ("bedrock", arn, Some("eu-west-1")));
    }

    #[test]
    fn reads_googles_models_and_their_tuned_ones() {
        assert_eq!(split("gemini/gemini-2.5-flash"), ("gemini", "gemini-2.5-flash", None));
        assert_eq!(split("vertex_ai/gemini-2.5-pro"), ("vertex_ai", "gemini-2.5-pro", None));
        assert_eq!(split("vertex_ai/gemini/123456"), ("vertex_ai", "123456", None));
        assert_eq!(split("gemini-2.5-pro"), ("vertex_ai", "gemini-2.5-pro", None));
        assert_eq!(
            split_model("vertex_ai/claude-x").unwrap().provider.dialect,
            Dialect::AnthropicMessages
        );
        assert_eq!(split_model("vertex_ai/gemini-x").unwrap().provider.dialect, Dialect::Gemini);
    }

    #[test]
    fn knows_bare_names_by_their_beginnings() {
        for name in ["gpt-4o", "o3", "o3-mini", "o1-preview", "chatgpt-4o-latest", "ft:gpt-4o:x"] {
            assert_eq!(split(name), ("openai", name, None));
        }
        assert_eq!(split("claude-sonnet-4-5"), ("anthropic", "claude-sonnet-4-5", None));
        for name in ["anthropic.claude-v2", "us.anthropic.claude-v2", "amazon.nova-lite-v1:0"] {
            assert_eq!(split(name), ("bedrock", name, None));
        }
    }

    #[test]
    fn refuses_what_it_does_not_know_and_lists_what_it_does() {
        for name in ["watsonx/granite", "meta-llama/x"] {
            let error = split_model(name).expect_err(name).to_string();
            assert!(error.contains(name) && error.contains("openai"), "{error}");
        }
        let error = split_model("vertex_ai/meta/llama").expect_err("a partner's").to_string();
        assert!(
            error.contains("`vertex_ai/meta/llama`") && error.contains("`claude-...`"),
            "{error}"
        );
        let error = split_model("llama3").expect_err("a bare name").to_string();
        assert!(error.contains("<provider>/llama3"), "{error}");
        for name in ["", " ", "openai/", "openai", "bedrock/converse/"] {
            assert!(matches!(split_model(name), Err(ModelError::Empty { .. })), "{name:?}");
        }
        let error = split_model("bedrock/agent/abc").expect_err("an agent").to_string();
        assert!(error.contains("`agent` route"), "{error}");
    }
}
