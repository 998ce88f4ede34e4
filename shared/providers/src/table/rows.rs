//! The rows. Base URLs and environment variables are LiteLLM 1.109's defaults.

mod servers;
mod services;

use sluice_wire::Dialect;

use super::{Auth, Provider, Quirk, Reach};

// Parameters that are refused together. A row names those that its provider does not take.
const AUDIO: &[&str] = &["modalities", "audio"];
const BIAS: &[&str] = &["logit_bias"];
const CHOICES: &[&str] = &["n"];
const FUNCTIONS: &[&str] = &["functions", "function_call"];
const LOGPROBS: &[&str] = &["logprobs", "top_logprobs"];
const METADATA: &[&str] = &["metadata"];
const PARALLEL: &[&str] = &["parallel_tool_calls"];
const PENALTIES: &[&str] = &["frequency_penalty", "presence_penalty"];
const SAFETY: &[&str] = &["safety_identifier"];
const SEED: &[&str] = &["seed"];
const STORE: &[&str] = &["store"];
const TIER: &[&str] = &["service_tier"];
const TOOLS: &[&str] = &["tools", "tool_choice"];
const WEB_SEARCH: &[&str] = &["web_search_options"];

/// Most providers: OpenAI's chat route at another base URL.
const OPENAI_LIKE: Provider = Provider {
    name: "",
    aliases: &[],
    dialect: Dialect::OpenAiChat,
    also: &[],
    reach: Reach::Http,
    base_url: None,
    path: "chat/completions",
    auth: Auth::Bearer,
    key_variables: &[],
    base_variables: &[],
    price_family: "openai",
    refuses: &[],
    quirks: &[],
};

/// The row of a provider whose prices stand under its own name: where it is, and the environment
/// variables of its key and of its address.
const fn compatible(
    name: &'static str,
    base_url: &'static str,
    key_variables: &'static [&'static str],
    base_variables: &'static [&'static str],
) -> Provider {
    let base_url = Some(base_url);
    Provider { name, base_url, key_variables, base_variables, price_family: name, ..OPENAI_LIKE }
}

// === impl Provider ===

impl Provider {
    const fn refusing(self, refuses: &'static [&'static [&'static str]]) -> Self {
        Self { refuses, ..self }
    }

    const fn with(self, quirks: &'static [Quirk]) -> Self {
        Self { quirks, ..self }
    }
}

/// Every row.
pub(super) fn all() -> impl Iterator<Item = &'static Provider> + Clone {
    ROWS.iter().chain(servers::ROWS).chain(services::ROWS)
}

/// Providers with a dialect or ways of their own.
const ROWS: &[Provider] = &[
    Provider {
        name: "openai",
        also: &[(Dialect::OpenAiResponses, "responses")],
        base_url: Some("https://api.openai.com/v1"),
        key_variables: &["OPENAI_API_KEY"],
        base_variables: &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
        ..OPENAI_LIKE
    },
    Provider {
        dialect: Dialect::AnthropicMessages,
        path: "v1/messages",
        auth: Auth::Header("x-api-key"),
        ..compatible(
            "anthropic",
            "https://api.anthropic.com",
            &["ANTHROPIC_API_KEY"],
            &["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
        )
    },
    Provider {
        dialect: Dialect::Gemini,
        path: "",
        auth: Auth::Header("x-goog-api-key"),
        ..compatible(
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta",
            &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            &["GEMINI_API_BASE"],
        )
    },
    // Google's models; those of others at Vertex AI have rows of their own (see `of_model`).
    Provider {
        name: "vertex_ai",
        aliases: &["vertex_ai_beta"],
        dialect: Dialect::Gemini,
        path: "",
        auth: Auth::Google,
        base_variables: &["VERTEXAI_API_BASE", "VERTEX_API_BASE"],
        price_family: "vertex_ai",
        ..OPENAI_LIKE
    },
    Provider {
        name: "azure",
        also: &[(Dialect::OpenAiResponses, "responses")],
        auth: Auth::Header("api-key"),
        key_variables: &["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
        base_variables: &["AZURE_API_BASE"],
        price_family: "azure",
        quirks: &[Quirk::AzureDeployments],
        ..OPENAI_LIKE
    },
    Provider {
        name: "azure_ai",
        also: &[(Dialect::OpenAiResponses, "responses")],
        key_variables: &["AZURE_AI_API_KEY"],
        base_variables: &["AZURE_AI_API_BASE"],
        price_family: "azure_ai",
        quirks: &[Quirk::AzureFoundry, Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "bedrock",
        aliases: &["bedrock_converse"],
        dialect: Dialect::BedrockConverse,
        reach: Reach::Bedrock,
        path: "",
        auth: Auth::Aws,
        // No key of its own from the environment: the SDK reads AWS_BEARER_TOKEN_BEDROCK itself, and
        // only where the deployment names no credentials.
        price_family: "bedrock",
        ..OPENAI_LIKE
    },
    Provider {
        name: "sagemaker",
        aliases: &["sagemaker_chat"],
        reach: Reach::SageMaker,
        path: "",
        auth: Auth::Aws,
        price_family: "sagemaker",
        quirks: &[Quirk::MaxTokens, Quirk::Thoughts],
        ..OPENAI_LIKE
    },
    Provider {
        name: "demo",
        reach: Reach::Demo,
        path: "",
        auth: Auth::None,
        price_family: "demo",
        ..OPENAI_LIKE
    },
];

/// Anthropic's models at Azure AI Foundry.
static FOUNDRY_ANTHROPIC: Provider = Provider {
    name: "azure_ai",
    dialect: Dialect::AnthropicMessages,
    path: "v1/messages",
    auth: Auth::Header("x-api-key"),
    key_variables: &["AZURE_AI_API_KEY"],
    base_variables: &["AZURE_AI_API_BASE"],
    price_family: "azure_ai",
    quirks: &[Quirk::AzureFoundry],
    ..OPENAI_LIKE
};

/// Anthropic's models at Vertex AI.
static VERTEX_ANTHROPIC: Provider = Provider {
    name: "vertex_ai",
    dialect: Dialect::AnthropicMessages,
    path: "",
    auth: Auth::Google,
    base_variables: &["VERTEXAI_API_BASE", "VERTEX_API_BASE"],
    price_family: "vertex_ai",
    quirks: &[Quirk::VertexAnthropic],
    ..OPENAI_LIKE
};

/// The row of a model that its provider serves in another dialect than most of its models.
pub(super) fn of_model(provider: &str, model: &str) -> Option<&'static Provider> {
    match provider {
        "azure_ai" if model.to_ascii_lowercase().contains("claude") => Some(&FOUNDRY_ANTHROPIC),
        "vertex_ai" if model.to_ascii_lowercase().contains("claude") => Some(&VERTEX_ANTHROPIC),
        _ => None,
    }
}

/// Containers on SageMaker that generate text.
static TEXT_GENERATION: Provider = Provider {
    name: "sagemaker",
    reach: Reach::SageMaker,
    path: "",
    auth: Auth::Aws,
    price_family: "sagemaker",
    refuses: &[
        TOOLS,
        PARALLEL,
        FUNCTIONS,
        CHOICES,
        BIAS,
        LOGPROBS,
        &["presence_penalty"],
        AUDIO,
        WEB_SEARCH,
        STORE,
        METADATA,
        &["response_format", "reasoning_effort", "user"],
    ],
    quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions],
    ..OPENAI_LIKE
};

/// The row of SageMaker's text containers.
pub(crate) fn text_generation() -> &'static Provider {
    &TEXT_GENERATION
}
