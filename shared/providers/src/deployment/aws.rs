//! Which AWS account, region and endpoint a deployment calls.

use crate::{Redacted, Subject};

/// The `aws_*` parameters of a deployment. What is left out is taken from the SDK's default chain
/// (environment, profile, container, instance).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Aws {
    /// `aws_region_name`.
    pub region: Option<String>,
    /// `aws_access_key_id`.
    pub access_key_id: Option<Redacted<String>>,
    /// `aws_secret_access_key`.
    pub secret_access_key: Option<Redacted<String>>,
    /// `aws_session_token`.
    pub session_token: Option<Redacted<String>>,
    /// `aws_profile_name`.
    pub profile: Option<String>,
    /// `aws_role_name`: a role to assume with the credentials above.
    pub role_name: Option<String>,
    /// `aws_session_name`: the assumed role's session name.
    pub session_name: Option<String>,
    /// `aws_external_id`: what the role's trust policy asks for.
    pub external_id: Option<Redacted<String>>,
    /// `aws_session_tags`: tags of the assumed role's session.
    pub session_tags: Vec<(String, String)>,
    /// `aws_web_identity_token`: assumes the role with it instead of with other credentials.
    pub web_identity: Option<Subject>,
    /// `aws_sts_endpoint`.
    pub sts_endpoint: Option<String>,
    /// `aws_bedrock_runtime_endpoint`.
    pub runtime_endpoint: Option<String>,
    /// `aws_bedrock_agent_runtime_endpoint` (Sluice's own).
    pub agent_endpoint: Option<String>,
    /// `sagemaker_base_url`.
    pub sagemaker_endpoint: Option<String>,
    /// `model_id`: the ARN (Bedrock) to call instead of the model's id, or the inference
    /// component (SageMaker) of the endpoint.
    pub model_id: Option<String>,
}
