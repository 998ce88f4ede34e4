//! Under which ids a model may stand in the catalogue.

use super::{Catalogue, CatalogueEntry};

/// Which model's price is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The provider's price family, `openai`, `bedrock`.
    pub provider: &'a str,
    /// The model as the provider knows it, or as it stands in `litellm_params.model`.
    pub model: &'a str,
    /// The AWS region it is called in, where it has one.
    pub region: Option<&'a str>,
    /// `model_info.base_model`: priced as this model, whatever the other one is called.
    pub base_model: Option<&'a str>,
}

/// Words that say how Bedrock is called, before the model.
const BEDROCK_ROUTES: [&str; 9] = [
    "bedrock",
    "converse",
    "converse_like",
    "invoke",
    "llama",
    "deepseek_r1",
    "nova",
    "openai",
    "qwen3",
];
/// Where a Bedrock inference profile may send a request.
const BEDROCK_AREAS: [&str; 11] =
    ["us", "eu", "apac", "global", "jp", "au", "us-gov", "ca", "sa", "in", "me"];

// === impl Wanted ===

impl Wanted<'_> {
    /// The entry of the catalogue, by the first id that it knows: that of the base model, the
    /// provider's own (`groq/llama-3`), the bare one. A bare id counts only when it belongs to the
    /// same provider, for another one's `gpt-4o` has another price.
    #[must_use]
    pub fn find(&self, catalogue: &Catalogue) -> Option<CatalogueEntry> {
        if let Some(base) = self.base_model {
            let own = Wanted { base_model: None, model: base, ..*self };
            return catalogue.entry(base).or_else(|| own.find(catalogue));
        }
        if self.provider == "bedrock" {
            return self.find_bedrock(catalogue);
        }
        let model = self.model.strip_prefix(self.provider).and_then(|m| m.strip_prefix('/'));
        let model = model.unwrap_or(self.model);
        let named = catalogue.entry(&format!("{}/{model}", self.provider));
        named.or_else(|| self.own(catalogue, model)).or_else(|| {
            // A fine-tuned model, `ft:gpt-4o:org:name:id`, is priced by what it was tuned from.
            let tuned = model.strip_prefix("ft:")?.split(':').next()?;
            self.own(catalogue, &format!("ft:{tuned}"))
        })
    }

    /// Region, then inference profile, then the model that the profile is for.
    fn find_bedrock(&self, catalogue: &Catalogue) -> Option<CatalogueEntry> {
        let mut model = self.model;
        let mut region = self.region;
        while let Some((head, rest)) = model.split_once('/') {
            if model.starts_with("arn:") {
                model = arn_model(model)?;
            } else if BEDROCK_ROUTES.contains(&head) {
                model = rest;
            } else if is_region(head) {
                (region, model) = (Some(head), rest);
            } else {
                break;
            }
        }
        let regional = region.and_then(|at| catalogue.entry(&format!("bedrock/{at}/{model}")));
        regional.or_else(|| catalogue.entry(&format!("bedrock/{model}"))).or_else(|| {
            self.own(catalogue, model).or_else(|| {
                let (area, rest) = model.split_once('.')?;
                BEDROCK_AREAS.contains(&area).then(|| self.own(catalogue, rest)).flatten()
            })
        })
    }

    /// The entry of a bare id, if it is this provider's.
    fn own(&self, catalogue: &Catalogue, key: &str) -> Option<CatalogueEntry> {
        let entry = catalogue.entry(key)?;
        is_family(self.provider, entry.provider).then_some(entry)
    }
}

// === impl CatalogueEntry ===

impl CatalogueEntry {
    /// Whether it is a model of this provider.
    #[must_use]
    pub fn belongs_to(&self, provider: &str) -> bool {
        is_family(provider, self.provider)
    }
}

/// `vertex_ai-anthropic_models`, `cohere_chat` and `text-completion-openai` belong to the providers
/// that they are named for.
fn is_family(provider: &str, listed: &str) -> bool {
    let rest = listed.strip_prefix(provider);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
        || listed.strip_prefix("text-completion-") == Some(provider)
}

/// `us-west-2`, `us-gov-east-1`: words, then a number.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    words.contains('-')
        && words.split('-').all(word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The foundation model behind a Bedrock id: without the area of an inference profile, out of an ARN.
/// `None` where an ARN does not name one.
pub(crate) fn foundation(model: &str) -> Option<&str> {
    let model = if model.starts_with("arn:") { arn_model(model)? } else { model };
    match model.split_once('.') {
        Some((area, rest)) if BEDROCK_AREAS.contains(&area) => Some(rest),
        _ => Some(model),
    }
}

/// The model that an ARN names. An application profile, a provisioned or an imported model has an
/// opaque id: its price needs a base model.
pub(crate) fn arn_model(arn: &str) -> Option<&str> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let (kind, id) = resource.split_once('/')?;
    matches!(kind, "foundation-model" | "inference-profile").then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(provider: &str, model: &str) -> Option<&'static str> {
        let wanted = Wanted { provider, model, ..Wanted::default() };
        wanted.find(&Catalogue::builtin()).map(|entry| entry.key)
    }

    #[test]
    fn tries_the_providers_own_id_first() {
        assert_eq!(key("openai", "gpt-4o"), Some("gpt-4o"));
        assert_eq!(key("openai", "openai/gpt-4o"), Some("gpt-4o"));
        assert_eq!(key("azure", "gpt-4o"), Some("azure/gpt-4o"));
        assert_eq!(key("anthropic", "claude-sonnet-4-5"), Some("claude-sonnet-4-5"));
        assert_eq!(key("gemini", "gemini-2.5-pro"), Some("gemini/gemini-2.5-pro"));
        assert_eq!(key("vertex_ai", "gemini-2.5-pro"), Some("gemini-2.5-pro"));
        assert_eq!(key("openai", "ft:gpt-4o-2024-08-06:acme::abc"), Some("ft:gpt-4o-2024-08-06"));
    }

    #[test]
    fn another_providers_bare_id_is_not_taken() {
        assert_eq!(key("hosted_vllm", "gpt-4o"), None);
        assert_eq!(key("openai", "claude-sonnet-4-5"), None);
        assert_eq!(key("openai", "gpt-4o-of-our-own"), None);
    }

    #[test]
    fn finds_bedrock_models_however_they_are_written() {
        let base = "anthropic.claude-sonnet-4-5-20250929-v1:0";
        for (model, found) in [
            (base.to_owned(), base.to_owned()),
            (format!("converse/{base}"), base.to_owned()),
            (format!("bedrock/converse/us-east-9/{base}"), base.to_owned()),
            (format!("us.{base}"), format!("us.{base}")),
            (format!("me.{base}"), base.to_owned()),
            (format!("arn:aws:bedrock:us-east-1::foundation-model/{base}"), base.to_owned()),
            (
                format!("converse/arn:aws:bedrock:us-east-1:1:inference-profile/us.{base}"),
                format!("us.{base}"),
            ),
        ] {
            assert_eq!(key("bedrock", &model), Some(found.as_str()), "{model}");
        }
        for opaque in ["application-inference-profile", "provisioned-model", "imported-model"] {
            let arn = format!("arn:aws:bedrock:us-east-1:123456789012:{opaque}/abc123");
            assert_eq!(key("bedrock", &arn), None, "{arn}");
        }
    }

    #[test]
    fn a_region_has_prices_of_its_own() {
        let wanted = Wanted {
            provider: "bedrock",
            model: "meta.llama3-8b-instruct-v1:0",
            region: Some("eu-west-2"),
            base_model: None,
        };
        let entry = wanted.find(&Catalogue::builtin()).unwrap();
        assert_eq!(entry.key, "bedrock/eu-west-2/meta.llama3-8b-instruct-v1:0");
    }

    #[test]
    fn a_base_model_decides() {
        let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc";
        let wanted = Wanted {
            provider: "bedrock",
            model: arn,
            region: Some("us-east-1"),
            base_model: Some("us.amazon.nova-lite-v1:0"),
        };
        let entry = wanted.find(&Catalogue::builtin()).unwrap();
        assert_eq!(entry.key, "us.amazon.nova-lite-v1:0");
        let unknown = Wanted { base_model: Some("no-such-model"), model: "gpt-4o", ..wanted };
        assert!(unknown.find(&Catalogue::builtin()).is_none());
    }
}
