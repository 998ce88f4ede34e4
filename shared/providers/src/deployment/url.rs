//! Where a deployment's chat route is.

use reqwest::Url;

use super::Deployment;

/// The URL of the chat route: the deployment's base (or the provider's) and the provider's path,
/// with LiteLLM's tolerance for bases that already hold a part of the path.
///
/// # Errors
/// Why there is none, naming the parameter.
pub(crate) fn chat_url(deployment: &Deployment) -> Result<Url, String> {
    let provider = deployment.provider;
    let base = deployment
        .api_base
        .as_deref()
        .map(str::trim)
        .filter(|base| !base.is_empty())
        .or(provider.base_url)
        .ok_or_else(|| {
            format!("`api_base` is required for provider `{}`, which has no default", provider.name)
        })?;
    let mut url = Url::parse(base).map_err(|error| {
        format!("`api_base` is not a URL ({error}): write e.g. `https://host/v1`")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("`api_base` must begin with `https://` or `http://` and name a host".to_owned());
    }
    let path = join(url.path(), provider.path);
    url.set_path(&path);
    url.set_fragment(None);
    Ok(url)
}

/// Appends what `base` does not hold already: nothing where it is the whole route, not `v1` twice.
fn join(base: &str, route: &str) -> String {
    let base = base.trim_end_matches('/');
    if base.ends_with(&format!("/{route}")) {
        return base.to_owned();
    }
    match route.strip_prefix("v1/") {
        Some(rest) if base.ends_with("/v1") => format!("{base}/{rest}"),
        _ => format!("{base}/{route}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(name: &str, api_base: Option<&str>) -> Result<String, String> {
        let mut deployment = Deployment::new("id", "group", name).unwrap();
        deployment.api_base = api_base.map(str::to_owned);
        chat_url(&deployment).map(String::from)
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
        for base in ["https://a.example", "https://a.example/v1", "https://a.example/v1/messages/"]
        {
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
    fn names_the_parameter_when_there_is_no_url() {
        for base in [None, Some("h:1"), Some("ftp://h"), Some("not a url")] {
            let error = url("custom_openai/m", base).unwrap_err();
            assert!(error.contains("`api_base`"), "{error}");
        }
    }
}
