//! Every row of the table, called at a real server.

use serde_json::json;
use sluice_providers::{Auth, Quirk, Reach, Secret, provider, providers};
use sluice_wire::Dialect;

use crate::support::{Server, call, deployment, transport, whole};

#[tokio::test]
async fn every_row_is_called_at_its_route_with_its_header_and_our_bytes() {
    let server = Server::json(200, r#"{"ok":true}"#).await;
    let transport = transport();
    let mut called = 0;
    for row in providers() {
        let plain = !row.has(Quirk::AzureDeployments) && !row.has(Quirk::AzureFoundry);
        // Gemini's route names the model and has tests of its own.
        if row.reach != Reach::Http || row.auth == Auth::Google || !plain || row.path.is_empty() {
            continue;
        }
        // The path of the provider's own base, so that it is seen to be completed.
        let bare = if row.path.starts_with("v1/") { "https://host" } else { "https://host/v1" };
        let own = row.base_url.unwrap_or(bare);
        let (_, rest) = own.split_once("://").unwrap();
        let prefix = rest.split_once('/').map_or("", |(_, path)| path);
        let base = format!("{}/{prefix}", server.url);
        let mut deployment = deployment(&format!("{}/vendor/model-1", row.name), &base);
        assert_eq!(
            (deployment.provider.name, deployment.model.as_str()),
            (row.name, "vendor/model-1")
        );
        deployment.credential = Some(Secret::plain("key-1"));
        let answer = transport.send(&deployment, call(false)).await.unwrap();
        assert_eq!(whole(answer), br#"{"ok":true}"#);

        let seen = server.last();
        let path = seen.line.split(' ').nth(1).unwrap();
        let route =
            if row.dialect == Dialect::OpenAiChat { "/chat/completions" } else { "/v1/messages" };
        let expected = match prefix {
            "" => format!("/{}", row.path),
            prefix => format!("/{prefix}/{}", row.path),
        };
        assert_eq!(path, expected, "{}", row.name);
        assert!(path.ends_with(route) && !path.contains("//"), "{}: {path}", row.name);
        let (header, value) = match row.auth {
            Auth::Header(name) => (name, "key-1"),
            _ => ("authorization", "Bearer key-1"),
        };
        assert_eq!(seen.header(header), Some(value), "{}", row.name);
        assert_eq!(seen.body, call(false).body, "{}", row.name);
        assert_eq!(seen.json()["x_unknown"], json!(1));
        called += 1;
    }
    assert!(called >= 60, "{called} rows");
}

#[tokio::test]
async fn a_row_without_a_key_says_so_before_it_calls() {
    for row in providers().filter(|row| row.reach == Reach::Http && row.base_url.is_some()) {
        let deployment =
            sluice_providers::Deployment::new("id", "g", format!("{}/m", row.name)).unwrap();
        if row.has(Quirk::Keyless) {
            continue;
        }
        let fault = transport().send(&deployment, call(false)).await.unwrap_err();
        assert_eq!(fault.status, 401, "{}", row.name);
    }
}

#[test]
fn variables_and_addresses_are_litellms() {
    for (name, base, key) in [
        ("openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
        ("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        ("deepseek", "https://api.deepseek.com/beta", "DEEPSEEK_API_KEY"),
        ("xai", "https://api.x.ai/v1", "XAI_API_KEY"),
        ("together_ai", "https://api.together.ai/v1", "TOGETHERAI_API_KEY"),
        ("fireworks_ai", "https://api.fireworks.ai/inference/v1", "FIREWORKS_AI_API_KEY"),
        ("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        ("perplexity", "https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"),
        ("nvidia_nim", "https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
        ("mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
        ("cohere", "https://api.cohere.ai", "COHERE_API_KEY"),
        ("huggingface", "https://router.huggingface.co/v1", "HUGGINGFACE_API_KEY"),
        ("github", "https://models.inference.ai.azure.com", "GITHUB_API_KEY"),
        ("ai21", "https://api.ai21.com/studio/v1", "AI21_API_KEY"),
        ("cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
        ("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
        ("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
        ("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
        (
            "dashscope",
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            "DASHSCOPE_API_KEY",
        ),
        ("zai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY"),
        ("vercel_ai_gateway", "https://ai-gateway.vercel.sh/v1", "VERCEL_AI_GATEWAY_API_KEY"),
    ] {
        let row = provider(name).expect(name);
        assert_eq!(row.base_url, Some(base), "{name}");
        assert!(row.key_variables.contains(&key), "{name}: {:?}", row.key_variables);
    }
    let databricks = provider("databricks").expect("a row");
    assert_eq!(
        (databricks.base_url, databricks.base_variables),
        (None, &["DATABRICKS_API_BASE"][..])
    );
}
