//! The rows. Base URLs and environment variables are LiteLLM 1.109's defaults.

use sluice_wire::Dialect;

use super::{Auth, Provider, Quirk, Reach};

/// Most providers: OpenAI's chat route at another base URL.
const OPENAI_LIKE: Provider = Provider {
    name: "",
    aliases: &[],
    dialect: Dialect::OpenAiChat,
    reach: Reach::Http,
    base_url: None,
    path: "chat/completions",
    auth: Auth::Bearer,
    key_variables: &[],
    base_variables: &[],
    price_family: "openai",
    quirks: &[],
};

pub(super) const ROWS: &[Provider] = &[
    Provider {
        name: "openai",
        base_url: Some("https://api.openai.com/v1"),
        key_variables: &["OPENAI_API_KEY"],
        base_variables: &["OPENAI_BASE_URL", "OPENAI_API_BASE"],
        ..OPENAI_LIKE
    },
    Provider {
        name: "anthropic",
        dialect: Dialect::AnthropicMessages,
        base_url: Some("https://api.anthropic.com"),
        path: "v1/messages",
        auth: Auth::Header("x-api-key"),
        key_variables: &["ANTHROPIC_API_KEY"],
        base_variables: &["ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"],
        price_family: "anthropic",
        ..OPENAI_LIKE
    },
    Provider {
        name: "gemini",
        dialect: Dialect::Gemini,
        base_url: Some("https://generativelanguage.googleapis.com/v1beta"),
        path: "",
        auth: Auth::Header("x-goog-api-key"),
        key_variables: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        base_variables: &["GEMINI_API_BASE"],
        price_family: "gemini",
        ..OPENAI_LIKE
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
        auth: Auth::Header("api-key"),
        key_variables: &["AZURE_OPENAI_API_KEY", "AZURE_API_KEY"],
        base_variables: &["AZURE_API_BASE"],
        price_family: "azure",
        quirks: &[Quirk::AzureDeployments],
        ..OPENAI_LIKE
    },
    Provider {
        name: "azure_ai",
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
        quirks: &[Quirk::MaxTokens],
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
    Provider { name: "custom_openai", quirks: &[Quirk::Keyless], ..OPENAI_LIKE },
    Provider {
        name: "groq",
        base_url: Some("https://api.groq.com/openai/v1"),
        key_variables: &["GROQ_API_KEY"],
        base_variables: &["GROQ_API_BASE"],
        price_family: "groq",
        ..OPENAI_LIKE
    },
    Provider {
        name: "deepseek",
        base_url: Some("https://api.deepseek.com/beta"),
        key_variables: &["DEEPSEEK_API_KEY"],
        base_variables: &["DEEPSEEK_API_BASE"],
        price_family: "deepseek",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "xai",
        base_url: Some("https://api.x.ai/v1"),
        key_variables: &["XAI_API_KEY"],
        base_variables: &["XAI_API_BASE"],
        price_family: "xai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "together_ai",
        base_url: Some("https://api.together.ai/v1"),
        key_variables: &[
            "TOGETHER_API_KEY",
            "TOGETHER_AI_API_KEY",
            "TOGETHERAI_API_KEY",
            "TOGETHER_AI_TOKEN",
        ],
        base_variables: &["TOGETHER_AI_API_BASE"],
        price_family: "together_ai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "fireworks_ai",
        base_url: Some("https://api.fireworks.ai/inference/v1"),
        key_variables: &[
            "FIREWORKS_API_KEY",
            "FIREWORKS_AI_API_KEY",
            "FIREWORKSAI_API_KEY",
            "FIREWORKS_AI_TOKEN",
        ],
        base_variables: &["FIREWORKS_API_BASE"],
        price_family: "fireworks_ai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "openrouter",
        base_url: Some("https://openrouter.ai/api/v1"),
        key_variables: &["OPENROUTER_API_KEY", "OR_API_KEY"],
        base_variables: &["OPENROUTER_API_BASE"],
        price_family: "openrouter",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "perplexity",
        base_url: Some("https://api.perplexity.ai"),
        key_variables: &["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"],
        base_variables: &["PERPLEXITY_API_BASE"],
        price_family: "perplexity",
        quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions],
        ..OPENAI_LIKE
    },
    Provider {
        name: "nvidia_nim",
        base_url: Some("https://integrate.api.nvidia.com/v1"),
        key_variables: &["NVIDIA_NIM_API_KEY"],
        base_variables: &["NVIDIA_NIM_API_BASE"],
        price_family: "nvidia_nim",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "mistral",
        base_url: Some("https://api.mistral.ai/v1"),
        key_variables: &["MISTRAL_API_KEY"],
        base_variables: &["MISTRAL_API_BASE"],
        price_family: "mistral",
        quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions],
        ..OPENAI_LIKE
    },
    Provider {
        name: "cerebras",
        base_url: Some("https://api.cerebras.ai/v1"),
        key_variables: &["CEREBRAS_API_KEY"],
        base_variables: &["CEREBRAS_API_BASE"],
        price_family: "cerebras",
        ..OPENAI_LIKE
    },
    Provider {
        name: "sambanova",
        base_url: Some("https://api.sambanova.ai/v1"),
        key_variables: &["SAMBANOVA_API_KEY"],
        base_variables: &["SAMBANOVA_API_BASE"],
        price_family: "sambanova",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "ollama_chat",
        aliases: &["ollama"],
        base_url: Some("http://localhost:11434"),
        path: "v1/chat/completions",
        key_variables: &["OLLAMA_API_KEY"],
        base_variables: &["OLLAMA_API_BASE"],
        price_family: "ollama",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "hosted_vllm",
        aliases: &["vllm"],
        key_variables: &["HOSTED_VLLM_API_KEY"],
        base_variables: &["HOSTED_VLLM_API_BASE"],
        price_family: "hosted_vllm",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "lm_studio",
        key_variables: &["LM_STUDIO_API_KEY"],
        base_variables: &["LM_STUDIO_API_BASE"],
        price_family: "lm_studio",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "deepinfra",
        base_url: Some("https://api.deepinfra.com/v1/openai"),
        key_variables: &["DEEPINFRA_API_KEY"],
        base_variables: &["DEEPINFRA_API_BASE"],
        price_family: "deepinfra",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "moonshot",
        base_url: Some("https://api.moonshot.ai/v1"),
        key_variables: &["MOONSHOT_API_KEY"],
        base_variables: &["MOONSHOT_API_BASE"],
        price_family: "moonshot",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "nebius",
        base_url: Some("https://api.studio.nebius.ai/v1"),
        key_variables: &["NEBIUS_API_KEY"],
        base_variables: &["NEBIUS_API_BASE"],
        price_family: "nebius",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "meta_llama",
        base_url: Some("https://api.llama.com/compat/v1"),
        key_variables: &["LLAMA_API_KEY"],
        base_variables: &["LLAMA_API_BASE"],
        price_family: "meta_llama",
        ..OPENAI_LIKE
    },
    Provider {
        name: "featherless_ai",
        base_url: Some("https://api.featherless.ai/v1"),
        key_variables: &["FEATHERLESS_AI_API_KEY", "FEATHERLESS_API_KEY"],
        base_variables: &["FEATHERLESS_AI_API_BASE", "FEATHERLESS_API_BASE"],
        price_family: "featherless_ai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "hyperbolic",
        base_url: Some("https://api.hyperbolic.xyz/v1"),
        key_variables: &["HYPERBOLIC_API_KEY"],
        base_variables: &["HYPERBOLIC_API_BASE"],
        price_family: "hyperbolic",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "lambda_ai",
        base_url: Some("https://api.lambda.ai/v1"),
        key_variables: &["LAMBDA_API_KEY"],
        base_variables: &["LAMBDA_API_BASE"],
        price_family: "lambda_ai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "nscale",
        base_url: Some("https://inference.api.nscale.com/v1"),
        key_variables: &["NSCALE_API_KEY"],
        base_variables: &["NSCALE_API_BASE"],
        price_family: "nscale",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "huggingface",
        base_url: Some("https://router.huggingface.co/v1"),
        key_variables: &["HF_TOKEN", "HUGGINGFACE_API_KEY"],
        base_variables: &["HF_API_BASE", "HUGGINGFACE_API_BASE"],
        price_family: "huggingface",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "github",
        base_url: Some("https://models.inference.ai.azure.com"),
        key_variables: &["GITHUB_API_KEY"],
        base_variables: &["GITHUB_API_BASE"],
        price_family: "github",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "ai21_chat",
        aliases: &["ai21"],
        base_url: Some("https://api.ai21.com/studio/v1"),
        key_variables: &["AI21_API_KEY"],
        base_variables: &["AI21_API_BASE"],
        price_family: "ai21",
        quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions],
        ..OPENAI_LIKE
    },
    Provider {
        name: "cohere",
        aliases: &["cohere_chat"],
        base_url: Some("https://api.cohere.ai"),
        path: "compatibility/v1/chat/completions",
        key_variables: &["COHERE_API_KEY", "CO_API_KEY"],
        base_variables: &["COHERE_API_BASE"],
        price_family: "cohere",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "jina_ai",
        base_url: Some("https://api.jina.ai/v1"),
        key_variables: &["JINA_AI_API_KEY"],
        base_variables: &["JINA_AI_API_BASE"],
        price_family: "jina_ai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "voyage",
        base_url: Some("https://api.voyageai.com/v1"),
        key_variables: &["VOYAGE_API_KEY", "VOYAGE_AI_API_KEY"],
        base_variables: &["VOYAGE_API_BASE"],
        price_family: "voyage",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "infinity",
        key_variables: &["INFINITY_API_KEY"],
        base_variables: &["INFINITY_API_BASE"],
        price_family: "infinity",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "litellm_proxy",
        key_variables: &["LITELLM_PROXY_API_KEY"],
        base_variables: &["LITELLM_PROXY_API_BASE"],
        price_family: "litellm_proxy",
        ..OPENAI_LIKE
    },
    Provider {
        name: "llamafile",
        base_url: Some("http://127.0.0.1:8080/v1"),
        key_variables: &["LLAMAFILE_API_KEY"],
        base_variables: &["LLAMAFILE_API_BASE"],
        price_family: "llamafile",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
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
