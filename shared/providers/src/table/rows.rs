//! The rows. Base URLs and environment variables are LiteLLM 1.109's defaults.

use sluice_wire::Dialect;

use super::{Auth, Provider, Quirk, Reach};

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
    unsupported: &[],
    quirks: &[],
};

pub(super) const ROWS: &[Provider] = &[
    Provider {
        name: "openai",
        also: &[(Dialect::OpenAiResponses, "responses")],
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
        unsupported: &["logit_bias", "logprobs", "top_logprobs"],
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
        unsupported: &["functions", "function_call", "modalities", "audio"],
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
        unsupported: &["functions", "function_call", "modalities", "audio", "web_search_options"],
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
        unsupported: &[
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "n",
            "seed",
            "stop",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "functions",
            "function_call",
            "modalities",
            "audio",
        ],
        quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions],
        ..OPENAI_LIKE
    },
    Provider {
        name: "nvidia_nim",
        base_url: Some("https://integrate.api.nvidia.com/v1"),
        key_variables: &["NVIDIA_NIM_API_KEY"],
        base_variables: &["NVIDIA_NIM_API_BASE"],
        price_family: "nvidia_nim",
        unsupported: &[
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "n",
            "functions",
            "function_call",
            "modalities",
            "audio",
            "web_search_options",
            "service_tier",
            "store",
            "safety_identifier",
            "prompt_cache_key",
        ],
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "mistral",
        base_url: Some("https://api.mistral.ai/v1"),
        key_variables: &["MISTRAL_API_KEY"],
        base_variables: &["MISTRAL_API_BASE"],
        price_family: "mistral",
        unsupported: &[
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "functions",
            "function_call",
            "modalities",
            "audio",
            "web_search_options",
            "service_tier",
            "store",
            "safety_identifier",
        ],
        quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions, Quirk::RandomSeed],
        ..OPENAI_LIKE
    },
    Provider {
        name: "cerebras",
        base_url: Some("https://api.cerebras.ai/v1"),
        key_variables: &["CEREBRAS_API_KEY"],
        base_variables: &["CEREBRAS_API_BASE"],
        price_family: "cerebras",
        unsupported: &[
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "n",
            "functions",
            "function_call",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
        ],
        ..OPENAI_LIKE
    },
    Provider {
        name: "sambanova",
        base_url: Some("https://api.sambanova.ai/v1"),
        key_variables: &["SAMBANOVA_API_KEY"],
        base_variables: &["SAMBANOVA_API_BASE"],
        price_family: "sambanova",
        unsupported: &[
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "n",
            "seed",
            "functions",
            "function_call",
            "modalities",
            "audio",
            "web_search_options",
        ],
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
        unsupported: &[
            "logit_bias",
            "n",
            "functions",
            "function_call",
            "modalities",
            "audio",
            "web_search_options",
        ],
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
        unsupported: &[
            "logprobs",
            "top_logprobs",
            "seed",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
        ],
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "moonshot",
        base_url: Some("https://api.moonshot.ai/v1"),
        key_variables: &["MOONSHOT_API_KEY"],
        base_variables: &["MOONSHOT_API_BASE"],
        price_family: "moonshot",
        unsupported: &["functions", "function_call"],
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
        unsupported: &[
            "logprobs",
            "top_logprobs",
            "seed",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
        ],
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "hyperbolic",
        base_url: Some("https://api.hyperbolic.xyz/v1"),
        key_variables: &["HYPERBOLIC_API_KEY"],
        base_variables: &["HYPERBOLIC_API_BASE"],
        price_family: "hyperbolic",
        unsupported: &[
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "functions",
            "function_call",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
        ],
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
        unsupported: &[
            "seed",
            "functions",
            "function_call",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
        ],
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
        unsupported: &[
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "functions",
            "function_call",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
        ],
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
        unsupported: &[
            "logit_bias",
            "top_logprobs",
            "n",
            "functions",
            "function_call",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
            "store",
            "metadata",
            "prediction",
            "service_tier",
        ],
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
    Provider {
        name: "codestral",
        base_url: Some("https://codestral.mistral.ai/v1"),
        key_variables: &["CODESTRAL_API_KEY"],
        base_variables: &["CODESTRAL_API_BASE"],
        price_family: "codestral",
        unsupported: &[
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "functions",
            "function_call",
            "modalities",
            "audio",
            "web_search_options",
            "service_tier",
            "store",
            "safety_identifier",
        ],
        quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions, Quirk::RandomSeed],
        ..OPENAI_LIKE
    },
    Provider {
        name: "databricks",
        key_variables: &["DATABRICKS_API_KEY", "DATABRICKS_TOKEN"],
        base_variables: &["DATABRICKS_API_BASE"],
        price_family: "databricks",
        unsupported: &[
            "logit_bias",
            "seed",
            "functions",
            "function_call",
            "parallel_tool_calls",
            "modalities",
            "audio",
            "web_search_options",
        ],
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "novita",
        base_url: Some("https://api.novita.ai/v3/openai"),
        key_variables: &["NOVITA_API_KEY"],
        base_variables: &["NOVITA_API_BASE"],
        price_family: "novita",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "dashscope",
        base_url: Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        key_variables: &["DASHSCOPE_API_KEY"],
        base_variables: &["DASHSCOPE_API_BASE"],
        price_family: "dashscope",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "volcengine",
        base_url: Some("https://ark.cn-beijing.volces.com/api/v3"),
        key_variables: &["ARK_API_KEY", "VOLCENGINE_API_KEY"],
        base_variables: &["VOLCENGINE_API_BASE"],
        price_family: "volcengine",
        unsupported: &["parallel_tool_calls", "modalities", "audio", "web_search_options"],
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "zai",
        base_url: Some("https://api.z.ai/api/paas/v4"),
        key_variables: &["ZAI_API_KEY"],
        base_variables: &["ZAI_API_BASE"],
        price_family: "zai",
        unsupported: &[
            "frequency_penalty",
            "presence_penalty",
            "logit_bias",
            "logprobs",
            "top_logprobs",
            "n",
            "seed",
            "functions",
            "function_call",
            "parallel_tool_calls",
            "modalities",
            "audio",
        ],
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "minimax",
        base_url: Some("https://api.minimax.io/v1"),
        key_variables: &["MINIMAX_API_KEY"],
        base_variables: &["MINIMAX_API_BASE"],
        price_family: "minimax",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "modelscope",
        base_url: Some("https://api-inference.modelscope.cn/v1"),
        key_variables: &["MODELSCOPE_API_KEY"],
        base_variables: &["MODELSCOPE_API_BASE"],
        price_family: "modelscope",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "vercel_ai_gateway",
        base_url: Some("https://ai-gateway.vercel.sh/v1"),
        key_variables: &["VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"],
        base_variables: &["VERCEL_AI_GATEWAY_API_BASE"],
        price_family: "vercel_ai_gateway",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "baseten",
        base_url: Some("https://inference.baseten.co/v1"),
        key_variables: &["BASETEN_API_KEY"],
        base_variables: &["BASETEN_API_BASE"],
        price_family: "baseten",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "friendliai",
        base_url: Some("https://api.friendli.ai/serverless/v1"),
        key_variables: &["FRIENDLIAI_API_KEY", "FRIENDLI_TOKEN"],
        base_variables: &["FRIENDLI_API_BASE"],
        price_family: "friendliai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "wandb",
        base_url: Some("https://api.inference.wandb.ai/v1"),
        key_variables: &["WANDB_API_KEY"],
        base_variables: &["WANDB_API_BASE"],
        price_family: "wandb",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "inception",
        base_url: Some("https://api.inceptionlabs.ai/v1"),
        key_variables: &["INCEPTION_API_KEY"],
        base_variables: &["INCEPTION_API_BASE"],
        price_family: "inception",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "morph",
        base_url: Some("https://api.morphllm.com/v1"),
        key_variables: &["MORPH_API_KEY"],
        base_variables: &["MORPH_API_BASE"],
        price_family: "morph",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "v0",
        base_url: Some("https://api.v0.dev/v1"),
        key_variables: &["V0_API_KEY"],
        base_variables: &["V0_API_BASE"],
        price_family: "v0",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "gradient_ai",
        base_url: Some("https://inference.do-ai.run/v1"),
        key_variables: &["GRADIENT_AI_API_KEY"],
        price_family: "gradient_ai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "ovhcloud",
        base_url: Some("https://oai.endpoints.kepler.ai.cloud.ovh.net/v1"),
        key_variables: &["OVHCLOUD_API_KEY"],
        price_family: "ovhcloud",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "scaleway",
        base_url: Some("https://api.scaleway.ai/v1"),
        key_variables: &["SCW_SECRET_KEY"],
        price_family: "scaleway",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "aiml",
        base_url: Some("https://api.aimlapi.com/v1"),
        key_variables: &["AIML_API_KEY", "AIMLAPI_KEY"],
        base_variables: &["AIML_API_BASE"],
        price_family: "aiml",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "cometapi",
        base_url: Some("https://api.cometapi.com/v1"),
        key_variables: &["COMETAPI_KEY", "COMETAPI_API_KEY"],
        base_variables: &["COMETAPI_API_BASE", "COMETAPI_BASE_URL"],
        price_family: "cometapi",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "compactifai",
        base_url: Some("https://api.compactif.ai/v1"),
        key_variables: &["COMPACTIFAI_API_KEY"],
        price_family: "compactifai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "amazon_nova",
        base_url: Some("https://api.nova.amazon.com/v1"),
        key_variables: &["AMAZON_NOVA_API_KEY"],
        base_variables: &["AMAZON_NOVA_API_BASE"],
        price_family: "amazon_nova",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "publicai",
        base_url: Some("https://api.publicai.co/v1"),
        key_variables: &["PUBLICAI_API_KEY"],
        base_variables: &["PUBLICAI_API_BASE"],
        price_family: "publicai",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "poe",
        base_url: Some("https://api.poe.com/v1"),
        key_variables: &["POE_API_KEY"],
        price_family: "poe",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "chutes",
        base_url: Some("https://llm.chutes.ai/v1"),
        key_variables: &["CHUTES_API_KEY"],
        price_family: "chutes",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "gmi",
        base_url: Some("https://api.gmi-serving.com/v1"),
        key_variables: &["GMI_API_KEY"],
        price_family: "gmi",
        ..OPENAI_LIKE
    },
    Provider {
        name: "aihubmix",
        base_url: Some("https://aihubmix.com/v1"),
        key_variables: &["AIHUBMIX_API_KEY"],
        base_variables: &["AIHUBMIX_API_BASE"],
        price_family: "aihubmix",
        ..OPENAI_LIKE
    },
    Provider {
        name: "crusoe",
        base_url: Some("https://api.inference.crusoecloud.com/v1"),
        key_variables: &["CRUSOE_API_KEY"],
        base_variables: &["CRUSOE_API_BASE"],
        price_family: "crusoe",
        quirks: &[Quirk::MaxTokens],
        ..OPENAI_LIKE
    },
    Provider {
        name: "helicone",
        base_url: Some("https://ai-gateway.helicone.ai"),
        key_variables: &["HELICONE_API_KEY"],
        price_family: "helicone",
        ..OPENAI_LIKE
    },
    Provider {
        name: "lemonade",
        base_url: Some("http://localhost:8000/api/v1"),
        key_variables: &["LEMONADE_API_KEY"],
        base_variables: &["LEMONADE_API_BASE"],
        price_family: "lemonade",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "docker_model_runner",
        base_url: Some("http://localhost:22088/engines/llama.cpp/v1"),
        key_variables: &["DOCKER_MODEL_RUNNER_API_KEY"],
        base_variables: &["DOCKER_MODEL_RUNNER_API_BASE"],
        price_family: "docker_model_runner",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "xinference",
        base_url: Some("http://localhost:9997/v1"),
        key_variables: &["XINFERENCE_API_KEY"],
        base_variables: &["XINFERENCE_API_BASE"],
        price_family: "xinference",
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "heroku",
        path: "v1/chat/completions",
        key_variables: &["HEROKU_API_KEY"],
        base_variables: &["HEROKU_API_BASE"],
        price_family: "heroku",
        quirks: &[Quirk::MaxTokens],
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
    unsupported: &[
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "functions",
        "function_call",
        "response_format",
        "n",
        "presence_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "modalities",
        "audio",
        "reasoning_effort",
        "web_search_options",
        "metadata",
        "store",
        "user",
    ],
    quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions],
    ..OPENAI_LIKE
};

/// The row of SageMaker's text containers.
pub(crate) fn text_generation() -> &'static Provider {
    &TEXT_GENERATION
}
