//! Where a Gemini model is called: `{base}/models/{model}:{method}`, at Google AI or at Vertex AI.

use reqwest::Url;

use super::{Deployment, url::Asked, vertex};
use crate::Auth;

/// The version of the API below a base of one's own that names none.
const VERSION: &str = "/v1beta";

/// The URL of a generation. A stream is asked for as events, not as an array.
///
/// # Errors
/// Why there is none, naming the parameter.
pub(super) fn chat_url(deployment: &Deployment, asked: Asked<'_>) -> Result<Url, String> {
    let method = if asked.stream { "streamGenerateContent" } else { "generateContent" };
    let mut url = if deployment.provider.auth == Auth::Google {
        vertex::model_url(deployment, asked.project, "google", method)?
    } else {
        studio_url(deployment, method)?
    };
    if asked.stream {
        url.query_pairs_mut().append_pair("alt", "sse");
    }
    Ok(url)
}

/// A base of one's own may hold the version, and the model as well.
fn studio_url(deployment: &Deployment, method: &str) -> Result<Url, String> {
    let base = deployment.api_base.as_deref().or(deployment.provider.base_url);
    let mut url = super::url::base(base, deployment)?;
    let model = deployment.model.as_str();
    // Tuned models live in a collection of their own.
    let name = if model.contains('/') { model.to_owned() } else { format!("models/{model}") };
    let own = url.path().trim_end_matches('/');
    let own = own.split_once(':').map_or(own, |(own, _)| own);
    let path = if own.is_empty() {
        format!("{VERSION}/{name}:{method}")
    } else if own.ends_with(&format!("/{name}")) {
        format!("{own}:{method}")
    } else {
        format!("{own}/{name}:{method}")
    };
    url.set_path(&path);
    Ok(url)
}

/// The URL of another method of the model whose generation is at `chat`: `countTokens`.
pub(super) fn method_url(chat: &Url, method: &str) -> Url {
    let mut url = chat.clone();
    let model = chat.path().rsplit_once(':').map_or(chat.path(), |(model, _)| model);
    url.set_path(&format!("{model}:{method}"));
    let rest: Vec<(String, String)> = chat
        .query_pairs()
        .filter(|(name, _)| name != "alt")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !rest.is_empty() {
        url.query_pairs_mut().extend_pairs(rest);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(name: &str, api_base: Option<&str>, stream: bool) -> Result<String, String> {
        let mut deployment = Deployment::new("id", "group", name).unwrap();
        deployment.api_base = api_base.map(str::to_owned);
        deployment.vertex.location = Some("europe-west1".to_owned());
        let asked = Asked { stream, project: Some("p-1") };
        super::super::chat_url(&deployment, asked).map(String::from)
    }

    #[test]
    fn finds_googles_models() {
        let whole = |base| url("gemini/gemini-2.5-flash", base, false).unwrap();
        let google = "https://generativelanguage.googleapis.com/v1beta/models";
        assert_eq!(whole(None), format!("{google}/gemini-2.5-flash:generateContent"));
        for base in
            ["http://h:1", "http://h:1/v1beta/", "http://h:1/v1beta/models/gemini-2.5-flash"]
        {
            let found = whole(Some(base));
            assert_eq!(
                found, "http://h:1/v1beta/models/gemini-2.5-flash:generateContent",
                "{base}"
            );
        }
        assert_eq!(
            url("gemini/gemini-2.5-flash", Some("http://h/v1?x=1"), true).unwrap(),
            "http://h/v1/models/gemini-2.5-flash:streamGenerateContent?x=1&alt=sse"
        );
        assert_eq!(
            url("gemini/tunedModels/mine", None, false).unwrap(),
            "https://generativelanguage.googleapis.com/v1beta/tunedModels/mine:generateContent"
        );
    }

    #[test]
    fn finds_googles_models_at_vertex() {
        let path = "/v1/projects/p-1/locations/europe-west1";
        let vertex = "https://europe-west1-aiplatform.googleapis.com";
        assert_eq!(
            url("vertex_ai/gemini-2.5-pro", None, true).unwrap(),
            format!(
                "{vertex}{path}/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
            )
        );
        assert_eq!(
            url("vertex_ai/gemini/1234567890", None, false).unwrap(),
            format!("{vertex}{path}/endpoints/1234567890:generateContent")
        );
        assert_eq!(
            url("vertex_ai/gemini-2.5-pro", Some("https://proxy/x/my"), false).unwrap(),
            "https://proxy/x/my:generateContent"
        );
    }

    #[test]
    fn other_methods_stand_beside() {
        let chat =
            Url::parse("http://h/v1beta/models/m:streamGenerateContent?x=1&alt=sse").unwrap();
        assert_eq!(
            method_url(&chat, "countTokens").as_str(),
            "http://h/v1beta/models/m:countTokens?x=1"
        );
        let chat = Url::parse("http://h/v1beta/models/m:generateContent").unwrap();
        assert_eq!(
            method_url(&chat, "countTokens").as_str(),
            "http://h/v1beta/models/m:countTokens"
        );
    }
}
