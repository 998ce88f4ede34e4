//! Services that are compatible with OpenAI's.

use super::{
    AUDIO, BIAS, CHOICES, FUNCTIONS, LOGPROBS, METADATA, OPENAI_LIKE, PARALLEL, PENALTIES, SAFETY,
    SEED, STORE, TIER, TOOLS, WEB_SEARCH, compatible,
};
use crate::table::{Provider, Quirk};

pub(super) const ROWS: &[Provider] = &[
    compatible("groq", "https://api.groq.com/openai/v1", &["GROQ_API_KEY"], &["GROQ_API_BASE"])
        .refusing(&[BIAS, LOGPROBS]),
    compatible(
        "deepseek",
        "https://api.deepseek.com/beta",
        &["DEEPSEEK_API_KEY"],
        &["DEEPSEEK_API_BASE"],
    )
    .with(&[Quirk::MaxTokens, Quirk::Thoughts]),
    compatible("xai", "https://api.x.ai/v1", &["XAI_API_KEY"], &["XAI_API_BASE"])
        .refusing(&[FUNCTIONS, AUDIO])
        .with(&[Quirk::MaxTokens]),
    compatible(
        "together_ai",
        "https://api.together.ai/v1",
        &["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_TOKEN"],
        &["TOGETHER_AI_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "fireworks_ai",
        "https://api.fireworks.ai/inference/v1",
        &["FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"],
        &["FIREWORKS_API_BASE"],
    )
    .refusing(&[FUNCTIONS, AUDIO, WEB_SEARCH])
    .with(&[Quirk::MaxTokens, Quirk::Thoughts]),
    compatible(
        "openrouter",
        "https://openrouter.ai/api/v1",
        &["OPENROUTER_API_KEY", "OR_API_KEY"],
        &["OPENROUTER_API_BASE"],
    )
    .with(&[Quirk::MaxTokens, Quirk::CacheMarkersByModel, Quirk::Thoughts]),
    compatible(
        "perplexity",
        "https://api.perplexity.ai",
        &["PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"],
        &["PERPLEXITY_API_BASE"],
    )
    .refusing(&[TOOLS, PARALLEL, FUNCTIONS, CHOICES, SEED, BIAS, LOGPROBS, AUDIO, &["stop"]])
    .with(&[Quirk::MaxTokens, Quirk::NoStreamOptions]),
    compatible(
        "nvidia_nim",
        "https://integrate.api.nvidia.com/v1",
        &["NVIDIA_NIM_API_KEY"],
        &["NVIDIA_NIM_API_BASE"],
    )
    .refusing(&[
        FUNCTIONS,
        CHOICES,
        BIAS,
        LOGPROBS,
        AUDIO,
        WEB_SEARCH,
        TIER,
        STORE,
        SAFETY,
        &["prompt_cache_key"],
    ])
    .with(&[Quirk::MaxTokens]),
    compatible("mistral", "https://api.mistral.ai/v1", &["MISTRAL_API_KEY"], &["MISTRAL_API_BASE"])
        .refusing(&[FUNCTIONS, BIAS, LOGPROBS, AUDIO, WEB_SEARCH, TIER, STORE, SAFETY])
        .with(&[Quirk::MaxTokens, Quirk::NoStreamOptions, Quirk::RandomSeed]),
    compatible(
        "cerebras",
        "https://api.cerebras.ai/v1",
        &["CEREBRAS_API_KEY"],
        &["CEREBRAS_API_BASE"],
    )
    .refusing(&[PARALLEL, FUNCTIONS, CHOICES, BIAS, PENALTIES, AUDIO, WEB_SEARCH]),
    compatible(
        "sambanova",
        "https://api.sambanova.ai/v1",
        &["SAMBANOVA_API_KEY"],
        &["SAMBANOVA_API_BASE"],
    )
    .refusing(&[FUNCTIONS, CHOICES, SEED, BIAS, LOGPROBS, PENALTIES, AUDIO, WEB_SEARCH])
    .with(&[Quirk::MaxTokens]),
    compatible(
        "deepinfra",
        "https://api.deepinfra.com/v1/openai",
        &["DEEPINFRA_API_KEY"],
        &["DEEPINFRA_API_BASE"],
    )
    .refusing(&[PARALLEL, SEED, LOGPROBS, AUDIO, WEB_SEARCH])
    .with(&[Quirk::MaxTokens]),
    compatible(
        "moonshot",
        "https://api.moonshot.ai/v1",
        &["MOONSHOT_API_KEY"],
        &["MOONSHOT_API_BASE"],
    )
    .refusing(&[FUNCTIONS])
    .with(&[Quirk::MaxTokens, Quirk::Thoughts]),
    compatible(
        "nebius",
        "https://api.studio.nebius.ai/v1",
        &["NEBIUS_API_KEY"],
        &["NEBIUS_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "meta_llama",
        "https://api.llama.com/compat/v1",
        &["LLAMA_API_KEY"],
        &["LLAMA_API_BASE"],
    ),
    compatible(
        "featherless_ai",
        "https://api.featherless.ai/v1",
        &["FEATHERLESS_AI_API_KEY", "FEATHERLESS_API_KEY"],
        &["FEATHERLESS_AI_API_BASE", "FEATHERLESS_API_BASE"],
    )
    .refusing(&[PARALLEL, SEED, LOGPROBS, AUDIO, WEB_SEARCH])
    .with(&[Quirk::MaxTokens]),
    compatible(
        "hyperbolic",
        "https://api.hyperbolic.xyz/v1",
        &["HYPERBOLIC_API_KEY"],
        &["HYPERBOLIC_API_BASE"],
    )
    .refusing(&[PARALLEL, FUNCTIONS, BIAS, LOGPROBS, AUDIO, WEB_SEARCH])
    .with(&[Quirk::MaxTokens]),
    compatible("lambda_ai", "https://api.lambda.ai/v1", &["LAMBDA_API_KEY"], &["LAMBDA_API_BASE"])
        .with(&[Quirk::MaxTokens]),
    compatible(
        "nscale",
        "https://inference.api.nscale.com/v1",
        &["NSCALE_API_KEY"],
        &["NSCALE_API_BASE"],
    )
    .refusing(&[PARALLEL, FUNCTIONS, SEED, AUDIO, WEB_SEARCH])
    .with(&[Quirk::MaxTokens]),
    compatible(
        "huggingface",
        "https://router.huggingface.co/v1",
        &["HF_TOKEN", "HUGGINGFACE_API_KEY"],
        &["HF_API_BASE", "HUGGINGFACE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "github",
        "https://models.inference.ai.azure.com",
        &["GITHUB_API_KEY"],
        &["GITHUB_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    Provider {
        name: "ai21_chat",
        aliases: &["ai21"],
        base_url: Some("https://api.ai21.com/studio/v1"),
        key_variables: &["AI21_API_KEY"],
        base_variables: &["AI21_API_BASE"],
        price_family: "ai21",
        refuses: &[PARALLEL, FUNCTIONS, BIAS, LOGPROBS, PENALTIES, AUDIO, WEB_SEARCH],
        quirks: &[Quirk::MaxTokens, Quirk::NoStreamOptions],
        ..OPENAI_LIKE
    },
    Provider {
        aliases: &["cohere_chat"],
        path: "compatibility/v1/chat/completions",
        refuses: &[
            PARALLEL,
            FUNCTIONS,
            CHOICES,
            BIAS,
            &["top_logprobs"],
            AUDIO,
            WEB_SEARCH,
            TIER,
            STORE,
            METADATA,
            &["prediction"],
        ],
        quirks: &[Quirk::MaxTokens],
        ..compatible(
            "cohere",
            "https://api.cohere.ai",
            &["COHERE_API_KEY", "CO_API_KEY"],
            &["COHERE_API_BASE"],
        )
    },
    compatible("jina_ai", "https://api.jina.ai/v1", &["JINA_AI_API_KEY"], &["JINA_AI_API_BASE"])
        .with(&[Quirk::MaxTokens]),
    compatible(
        "voyage",
        "https://api.voyageai.com/v1",
        &["VOYAGE_API_KEY", "VOYAGE_AI_API_KEY"],
        &["VOYAGE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    Provider {
        name: "litellm_proxy",
        key_variables: &["LITELLM_PROXY_API_KEY"],
        base_variables: &["LITELLM_PROXY_API_BASE"],
        price_family: "litellm_proxy",
        quirks: &[Quirk::CacheMarkers, Quirk::Thoughts],
        ..OPENAI_LIKE
    },
    compatible(
        "codestral",
        "https://codestral.mistral.ai/v1",
        &["CODESTRAL_API_KEY"],
        &["CODESTRAL_API_BASE"],
    )
    .refusing(&[FUNCTIONS, BIAS, LOGPROBS, AUDIO, WEB_SEARCH, TIER, STORE, SAFETY])
    .with(&[Quirk::MaxTokens, Quirk::NoStreamOptions, Quirk::RandomSeed]),
    Provider {
        name: "databricks",
        key_variables: &["DATABRICKS_API_KEY", "DATABRICKS_TOKEN"],
        base_variables: &["DATABRICKS_API_BASE"],
        price_family: "databricks",
        refuses: &[PARALLEL, FUNCTIONS, SEED, BIAS, AUDIO, WEB_SEARCH],
        quirks: &[Quirk::MaxTokens, Quirk::CacheMarkers],
        ..OPENAI_LIKE
    },
    compatible(
        "novita",
        "https://api.novita.ai/v3/openai",
        &["NOVITA_API_KEY"],
        &["NOVITA_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "dashscope",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        &["DASHSCOPE_API_KEY"],
        &["DASHSCOPE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens, Quirk::CacheMarkers, Quirk::Thoughts]),
    compatible(
        "volcengine",
        "https://ark.cn-beijing.volces.com/api/v3",
        &["ARK_API_KEY", "VOLCENGINE_API_KEY"],
        &["VOLCENGINE_API_BASE"],
    )
    .refusing(&[PARALLEL, AUDIO, WEB_SEARCH])
    .with(&[Quirk::MaxTokens]),
    compatible("zai", "https://api.z.ai/api/paas/v4", &["ZAI_API_KEY"], &["ZAI_API_BASE"])
        .refusing(&[PARALLEL, FUNCTIONS, CHOICES, SEED, BIAS, LOGPROBS, PENALTIES, AUDIO])
        .with(&[Quirk::MaxTokens, Quirk::CacheMarkers, Quirk::Thoughts]),
    compatible("minimax", "https://api.minimax.io/v1", &["MINIMAX_API_KEY"], &["MINIMAX_API_BASE"])
        .with(&[Quirk::MaxTokens, Quirk::CacheMarkers, Quirk::Thoughts]),
    compatible(
        "modelscope",
        "https://api-inference.modelscope.cn/v1",
        &["MODELSCOPE_API_KEY"],
        &["MODELSCOPE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "vercel_ai_gateway",
        "https://ai-gateway.vercel.sh/v1",
        &["VERCEL_AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"],
        &["VERCEL_AI_GATEWAY_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "baseten",
        "https://inference.baseten.co/v1",
        &["BASETEN_API_KEY"],
        &["BASETEN_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "friendliai",
        "https://api.friendli.ai/serverless/v1",
        &["FRIENDLIAI_API_KEY", "FRIENDLI_TOKEN"],
        &["FRIENDLI_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "wandb",
        "https://api.inference.wandb.ai/v1",
        &["WANDB_API_KEY"],
        &["WANDB_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "inception",
        "https://api.inceptionlabs.ai/v1",
        &["INCEPTION_API_KEY"],
        &["INCEPTION_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible("morph", "https://api.morphllm.com/v1", &["MORPH_API_KEY"], &["MORPH_API_BASE"])
        .with(&[Quirk::MaxTokens]),
    compatible("v0", "https://api.v0.dev/v1", &["V0_API_KEY"], &["V0_API_BASE"])
        .with(&[Quirk::MaxTokens]),
    compatible("gradient_ai", "https://inference.do-ai.run/v1", &["GRADIENT_AI_API_KEY"], &[])
        .with(&[Quirk::MaxTokens]),
    compatible(
        "ovhcloud",
        "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
        &["OVHCLOUD_API_KEY"],
        &[],
    )
    .with(&[Quirk::MaxTokens]),
    compatible("scaleway", "https://api.scaleway.ai/v1", &["SCW_SECRET_KEY"], &[])
        .with(&[Quirk::MaxTokens]),
    compatible(
        "aiml",
        "https://api.aimlapi.com/v1",
        &["AIML_API_KEY", "AIMLAPI_KEY"],
        &["AIML_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "cometapi",
        "https://api.cometapi.com/v1",
        &["COMETAPI_KEY", "COMETAPI_API_KEY"],
        &["COMETAPI_API_BASE", "COMETAPI_BASE_URL"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible("compactifai", "https://api.compactif.ai/v1", &["COMPACTIFAI_API_KEY"], &[])
        .with(&[Quirk::MaxTokens]),
    compatible(
        "amazon_nova",
        "https://api.nova.amazon.com/v1",
        &["AMAZON_NOVA_API_KEY"],
        &["AMAZON_NOVA_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible(
        "publicai",
        "https://api.publicai.co/v1",
        &["PUBLICAI_API_KEY"],
        &["PUBLICAI_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible("poe", "https://api.poe.com/v1", &["POE_API_KEY"], &[]).with(&[Quirk::MaxTokens]),
    compatible("chutes", "https://llm.chutes.ai/v1", &["CHUTES_API_KEY"], &[])
        .with(&[Quirk::MaxTokens]),
    compatible("gmi", "https://api.gmi-serving.com/v1", &["GMI_API_KEY"], &[]),
    compatible(
        "aihubmix",
        "https://aihubmix.com/v1",
        &["AIHUBMIX_API_KEY"],
        &["AIHUBMIX_API_BASE"],
    ),
    compatible(
        "crusoe",
        "https://api.inference.crusoecloud.com/v1",
        &["CRUSOE_API_KEY"],
        &["CRUSOE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens]),
    compatible("helicone", "https://ai-gateway.helicone.ai", &["HELICONE_API_KEY"], &[]),
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
