//! Which Google Cloud project and location a deployment calls.

use reqwest::Url;

use super::Deployment;

/// Where a model is called that is said to be nowhere: LiteLLM's default.
const LOCATION: &str = "us-central1";

/// The `vertex_*` parameters of a deployment, credentials aside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Vertex {
    /// `vertex_project`; without one, the credential's own.
    pub project: Option<String>,
    /// `vertex_location`: a region, `global`, `us` or `eu`.
    pub location: Option<String>,
}

// === impl Vertex ===

impl Vertex {
    /// Where it is called.
    pub fn location(&self) -> &str {
        self.location.as_deref().unwrap_or(LOCATION)
    }

    /// The service's address at that location
    /// (<https://cloud.google.com/vertex-ai/docs/reference/rest#service-endpoint>).
    fn base(&self) -> String {
        match self.location() {
            "global" => "https://aiplatform.googleapis.com".to_owned(),
            area @ ("us" | "eu") => format!("https://aiplatform.{area}.rep.googleapis.com"),
            region => format!("https://{region}-aiplatform.googleapis.com"),
        }
    }
}

/// The URL of a publisher's model: `publisher` is `anthropic`, `method` is `rawPredict`.
///
/// A base of one's own without a path (or with a version alone) is another host for the same path;
/// one with a path is the model's own, and the method is appended.
///
/// # Errors
/// Why there is none, naming the parameter.
pub(crate) fn model_url(
    deployment: &Deployment,
    project: Option<&str>,
    publisher: &str,
    method: &str,
) -> Result<Url, String> {
    let vertex = &deployment.vertex;
    let default = vertex.base();
    let mut url =
        super::url::base(deployment.api_base.as_deref().or(Some(default.as_str())), deployment)?;
    let own = url.path().trim_end_matches('/').to_owned();
    let path = if matches!(own.as_str(), "" | "/v1" | "/v1beta1") {
        let project = vertex.project.as_deref().or(project);
        let project = project.ok_or("`vertex_project` is required: the credential names none")?;
        let version = if own.is_empty() { "/v1" } else { &own };
        let model = deployment.model.as_str();
        // A tuned model is an endpoint of the project's own, known by its number.
        let place = if model.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("endpoints/{model}")
        } else {
            format!("publishers/{publisher}/models/{model}")
        };
        format!("{version}/projects/{project}/locations/{}/{place}:{method}", vertex.location())
    } else {
        format!("{own}:{method}")
    };
    url.set_path(&path);
    Ok(url)
}
