//! Servers of one's own that are compatible with OpenAI's: most of them want no key.

use super::{AUDIO, BIAS, CHOICES, FUNCTIONS, OPENAI_LIKE, WEB_SEARCH, compatible};
use crate::table::{Provider, Quirk};

pub(super) const ROWS: &[Provider] = &[
    Provider { name: "custom_openai", quirks: &[Quirk::Thoughts, Quirk::Keyless], ..OPENAI_LIKE },
    Provider {
        name: "ollama_chat",
        aliases: &["ollama"],
        base_url: Some("http://localhost:11434"),
        path: "v1/chat/completions",
        key_variables: &["OLLAMA_API_KEY"],
        base_variables: &["OLLAMA_API_BASE"],
        price_family: "ollama",
        refuses: &[FUNCTIONS, CHOICES, BIAS, AUDIO, WEB_SEARCH],
        quirks: &[Quirk::MaxTokens, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "hosted_vllm",
        aliases: &["vllm"],
        key_variables: &["HOSTED_VLLM_API_KEY"],
        base_variables: &["HOSTED_VLLM_API_BASE"],
        price_family: "hosted_vllm",
        quirks: &[Quirk::MaxTokens, Quirk::Thoughts, Quirk::Keyless],
        ..OPENAI_LIKE
    },
    Provider {
        name: "lm_studio",
        key_variables: &["LM_STUDIO_API_KEY"],
        base_variables: &["LM_STUDIO_API_BASE"],
        price_family: "lm_studio",
        quirks: &[Quirk::MaxTokens, Quirk::Thoughts, Quirk::Keyless],
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
    compatible(
        "llamafile",
        "http://127.0.0.1:8080/v1",
        &["LLAMAFILE_API_KEY"],
        &["LLAMAFILE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens, Quirk::Thoughts, Quirk::Keyless]),
    compatible(
        "lemonade",
        "http://localhost:8000/api/v1",
        &["LEMONADE_API_KEY"],
        &["LEMONADE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens, Quirk::Thoughts, Quirk::Keyless]),
    compatible(
        "docker_model_runner",
        "http://localhost:22088/engines/llama.cpp/v1",
        &["DOCKER_MODEL_RUNNER_API_KEY"],
        &["DOCKER_MODEL_RUNNER_API_BASE"],
    )
    .with(&[Quirk::MaxTokens, Quirk::Thoughts, Quirk::Keyless]),
    compatible(
        "xinference",
        "http://localhost:9997/v1",
        &["XINFERENCE_API_KEY"],
        &["XINFERENCE_API_BASE"],
    )
    .with(&[Quirk::MaxTokens, Quirk::Thoughts, Quirk::Keyless]),
];
