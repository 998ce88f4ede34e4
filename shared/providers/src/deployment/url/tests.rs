//! URLs of deployments, provider by provider.

use super::*;

fn url(name: &str, api_base: Option<&str>) -> Result<String, String> {
    let mut deployment = Deployment::new("id", "group", name).unwrap();
    deployment.api_base = api_base.map(str::to_owned);
    chat_url(&deployment, Asked::default()).map(String::from)
}

#[test]
fn appends_the_route_to_a_base_as_written() {
    let openai = |base| url("openai/gpt-4o", base).unwrap();
    assert_eq!(openai(None), "https://api.openai.com/v1/chat/completions");
    assert_eq!(openai(Some("http://h:1")), "http://h:1/chat/completions");
    assert_eq!(openai(Some("http://h:1/v1")), "http://h:1/v1/chat/completions");
    assert_eq!(openai(Some("http://h:1/v1/")), "http://h:1/v1/chat/completions");
    assert_eq!(openai(Some("http://h:1/chat")), "http://h:1/chat/chat/completions");
    assert_eq!(openai(Some("")), "https://api.openai.com/v1/chat/completions");
}

#[test]
fn keeps_a_base_that_holds_the_route_already() {
    let whole = "http://h:1/x/chat/completions";
    assert_eq!(url("openai/gpt-4o", Some(whole)).unwrap(), whole);
    let anthropic = |base| url("anthropic/claude-x", base).unwrap();
    for base in ["https://a.example", "https://a.example/v1", "https://a.example/v1/messages/"] {
        assert_eq!(anthropic(Some(base)), "https://a.example/v1/messages");
    }
    assert_eq!(anthropic(None), "https://api.anthropic.com/v1/messages");
    assert_eq!(
        url("ollama/llama3", Some("http://h:1/v1")).unwrap(),
        "http://h:1/v1/chat/completions"
    );
}

#[test]
fn keeps_a_query_and_drops_a_fragment() {
    assert_eq!(
        url("openai/m", Some("https://h/v1?api-version=2#x")).unwrap(),
        "https://h/v1/chat/completions?api-version=2"
    );
}

#[test]
fn finds_embeddings_at_azure_and_at_vertex() {
    let mut azure = Deployment::new("id", "group", "azure/embedder").unwrap();
    azure.api_base = Some("https://r.openai.azure.com".to_owned());
    azure.api_version = Some("2024-10-21".to_owned());
    let chat = chat_url(&azure, Asked::default()).unwrap();
    let url = route_url(azure.provider, &chat, &Route::Beside("embeddings")).unwrap();
    assert_eq!(
        url.as_str(),
        "https://r.openai.azure.com/openai/deployments/embedder/embeddings?api-version=2024-10-21"
    );
    let mut vertex = Deployment::new("id", "group", "vertex_ai/text-embedding-005").unwrap();
    vertex.vertex.location = Some("us-east5".to_owned());
    let asked = Asked { project: Some("p-1"), ..Asked::default() };
    let chat = chat_url(&vertex, asked).unwrap();
    let url = route_url(vertex.provider, &chat, &Route::Method("predict")).unwrap();
    assert!(
        url.as_str().ends_with("/publishers/google/models/text-embedding-005:predict"),
        "{url}"
    );
}

#[test]
fn finds_the_routes_beside_and_below() {
    let at = |name: &str, base: Option<&str>, route: &Route| {
        let mut deployment = Deployment::new("id", "group", name).unwrap();
        deployment.api_base = base.map(str::to_owned);
        let chat = chat_url(&deployment, Asked::default()).unwrap();
        route_url(deployment.provider, &chat, route).map(String::from)
    };
    let beside = Route::Beside("embeddings");
    let url = |base| at("openai/m", base, &beside).unwrap();
    assert_eq!(url(None), "https://api.openai.com/v1/embeddings");
    assert_eq!(url(Some("http://h:1/v1/chat/completions")), "http://h:1/v1/embeddings");
    assert_eq!(url(Some("http://h:1/v1/embeddings")), "http://h:1/v1/embeddings");
    assert_eq!(url(Some("http://h/v1?api-version=2")), "http://h/v1/embeddings?api-version=2");
    let ollama = at("ollama/m", None, &beside).unwrap();
    assert_eq!(ollama, "http://localhost:11434/v1/embeddings");
    assert!(at("anthropic/claude-x", None, &beside).unwrap_err().contains("anthropic"));

    let below = |path: &str| Route::Below { method: http::Method::GET, path: path.to_owned() };
    let anthropic = at("anthropic/claude-x", None, &below("/v1/models?limit=2")).unwrap();
    assert_eq!(anthropic, "https://api.anthropic.com/v1/models?limit=2");
    let openai = |path| at("openai/m", Some("http://h/v1"), &below(path)).unwrap();
    assert_eq!(openai("models"), "http://h/v1/models");
    assert_eq!(openai("v1/models"), "http://h/v1/models");
}

#[test]
fn passes_on_below_the_base_and_to_its_host_alone() {
    let at = |name: &str, api_base: Option<&str>, path: &str, query: Option<&str>| {
        let mut deployment = Deployment::new("id", "group", name).unwrap();
        deployment.api_base = api_base.map(str::to_owned);
        relay_url(&deployment, path, query).map(String::from).unwrap()
    };
    let openai = |path: &str| at("openai/m", None, path, None);
    assert_eq!(openai("v1/files/a%2Fb"), "https://api.openai.com/v1/files/a%2Fb");
    assert_eq!(openai("chat/completions"), "https://api.openai.com/v1/chat/completions");
    assert_eq!(openai("/evil.example/x"), "https://api.openai.com/v1/evil.example/x");
    assert_eq!(openai("@evil.example"), "https://api.openai.com/v1/@evil.example");
    let base = Some("http://h:1/proxy/v1?api-version=1");
    assert_eq!(at("openai/m", base, "v1/models", None), "http://h:1/proxy/v1/models?api-version=1");
    assert_eq!(
        at("openai/m", base, "v1/models", Some("a=b%20c")),
        "http://h:1/proxy/v1/models?a=b%20c"
    );
    assert_eq!(at("custom_openai/m", Some("http://h/"), "x/y", None), "http://h/x/y");
}

#[test]
fn names_the_parameter_when_there_is_no_url() {
    for base in [None, Some("h:1"), Some("ftp://h"), Some("not a url")] {
        let error = url("custom_openai/m", base).unwrap_err();
        assert!(error.contains("`api_base`"), "{error}");
    }
}

fn azure(name: &str, api_base: &str, api_version: Option<&str>) -> String {
    let mut deployment = Deployment::new("id", "group", name).unwrap();
    deployment.api_base = Some(api_base.to_owned());
    deployment.api_version = api_version.map(str::to_owned);
    chat_url(&deployment, Asked::default()).unwrap().into()
}

#[test]
fn finds_azures_deployments() {
    let host = "https://r.openai.azure.com";
    let whole = format!("{host}/openai/deployments/gpt/chat/completions?api-version=2024-10-21");
    for base in [
        host.to_owned(),
        format!("{host}/"),
        format!("{host}/openai"),
        format!("{host}/openai/deployments/gpt"),
        format!("{host}/openai/deployments/gpt/chat/completions?api-version=2024-10-21"),
    ] {
        assert_eq!(azure("azure/gpt", &base, Some("2024-10-21")), whole, "{base}");
    }
    let usual = azure("azure/gpt", host, None);
    assert!(usual.ends_with("?api-version=2025-02-01-preview"), "{usual}");
    let named = azure("azure/o_series/my-o3", host, Some("2025-01-01"));
    assert!(named.contains("/deployments/my-o3/"), "{named}");
}

#[test]
fn finds_azures_responses_beside_every_deployment() {
    let host = "https://r.openai.azure.com";
    for (base, version) in
        [("", None), ("/openai/deployments/gpt", Some("2024-10-21")), ("/openai/v1/", Some("v1"))]
    {
        let mut deployment = Deployment::new("id", "group", "azure/gpt").unwrap();
        deployment.api_base = Some(format!("{host}{base}"));
        deployment.api_version = version.map(str::to_owned);
        let chat = chat_url(&deployment, Asked::default()).unwrap();
        for name in ["responses", "responses/compact"] {
            let url = route_url(deployment.provider, &chat, &Route::Beside(name)).unwrap();
            assert_eq!(url.as_str(), format!("{host}/openai/v1/{name}"), "{base}");
        }
    }
}

#[test]
fn finds_azures_route_without_versions() {
    let host = "https://r.openai.azure.com";
    let whole = format!("{host}/openai/v1/chat/completions");
    for (base, version) in [
        (host.to_owned(), Some("v1")),
        (host.to_owned(), Some("latest")),
        (format!("{host}/openai/v1"), None),
        (format!("{host}/openai/v1/"), Some("2024-10-21")),
        (format!("{host}/openai/deployments/gpt"), Some("v1")),
    ] {
        assert_eq!(azure("azure/gpt", &base, version), whole, "{base}");
    }
    assert_eq!(azure("azure/gpt", host, Some("preview")), format!("{whole}?api-version=preview"));
}

#[test]
fn finds_foundrys_models_and_anthropics_below_them() {
    let host = "https://r.services.ai.azure.com";
    let models = format!("{host}/models/chat/completions");
    assert_eq!(azure("azure_ai/phi-4", host, None), models);
    assert_eq!(
        azure("azure_ai/phi-4", host, Some("2024-05-01-preview")),
        format!("{models}?api-version=2024-05-01-preview")
    );
    assert_eq!(azure("azure_ai/phi-4", &models, None), models);
    assert_eq!(
        azure("azure_ai/gpt", &format!("{host}/openai/v1"), Some("2024-05-01")),
        format!("{host}/openai/v1/chat/completions")
    );
    assert_eq!(
        azure("azure_ai/mistral", "https://x.eastus.models.ai.azure.com/v1", None),
        "https://x.eastus.models.ai.azure.com/v1/chat/completions"
    );
    for base in ["", "/anthropic", "/anthropic/v1/messages", "/models"] {
        let found = azure("azure_ai/claude-sonnet-4-5", &format!("{host}{base}"), None);
        let root = if base == "/models" { "/models" } else { "" };
        assert_eq!(found, format!("{host}{root}/anthropic/v1/messages"), "{base}");
    }
}

#[test]
fn finds_anthropics_models_at_vertex() {
    let url = |location: Option<&str>, api_base: Option<&str>, stream| {
        let name = "vertex_ai/claude-sonnet-4-5@20250929";
        let mut deployment = Deployment::new("id", "group", name).unwrap();
        deployment.vertex.location = location.map(str::to_owned);
        deployment.api_base = api_base.map(str::to_owned);
        let asked = Asked { stream, project: Some("p-1") };
        chat_url(&deployment, asked).map(String::from)
    };
    let path = |location: &str, method: &str| {
        format!(
            "/v1/projects/p-1/locations/{location}/publishers/anthropic/models/\
             claude-sonnet-4-5@20250929:{method}"
        )
    };
    for (location, host) in [
        ("us-east5", "https://us-east5-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
    ] {
        let found = url(Some(location), None, true).unwrap();
        assert_eq!(found, format!("{host}{}", path(location, "streamRawPredict")));
    }
    for base in ["http://127.0.0.1:1", "http://127.0.0.1:1/v1/"] {
        let found = url(Some("us-east5"), Some(base), false).unwrap();
        assert_eq!(found, format!("http://127.0.0.1:1{}", path("us-east5", "rawPredict")));
    }
    assert_eq!(
        url(None, Some("https://proxy/my/model"), false).unwrap(),
        "https://proxy/my/model:rawPredict"
    );
    let mut nowhere = Deployment::new("id", "group", "vertex_ai/claude-x").unwrap();
    assert!(chat_url(&nowhere, Asked::default()).unwrap_err().contains("`vertex_project`"));
    nowhere.vertex.project = Some("p-2".to_owned());
    assert!(chat_url(&nowhere, Asked::default()).unwrap().path().contains("/projects/p-2/"));
}
