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
        name: "bedrock",
        aliases: &["bedrock_converse"],
        dialect: Dialect::BedrockConverse,
        reach: Reach::Bedrock,
        path: "",
        auth: Auth::Aws,
        key_variables: &["AWS_BEARER_TOKEN_BEDROCK"],
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
];
