//! The `aws_*` parameters of a deployment.

use sluice_providers::{Aws, Provider, Reach};

use super::{field::Field, section::Section};

/// Variables that name the region, in LiteLLM's order.
pub(super) const REGION_VARIABLES: [&str; 3] =
    ["AWS_REGION_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"];
/// The parameters of this module.
const NAMES: [&str; 16] = [
    "aws_region_name",
    "region_name",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_profile_name",
    "aws_role_name",
    "aws_session_name",
    "aws_external_id",
    "aws_session_tags",
    "aws_web_identity_token",
    "aws_sts_endpoint",
    "aws_bedrock_runtime_endpoint",
    "aws_bedrock_agent_runtime_endpoint",
    "sagemaker_base_url",
    "model_id",
];

/// Reads the parameters into `aws`, which holds the region that the model's name says.
pub(super) fn read(section: &mut Section<'_, '_>, provider: &Provider, aws: &mut Aws) {
    if !matches!(provider.reach, Reach::Bedrock | Reach::SageMaker) {
        for name in NAMES {
            if let Some(field) = section.take(name) {
                field.no_use(provider.name);
            }
        }
        return;
    }
    read_place(section, aws);
    read_credentials(section, aws);
    if let Some(field) = section.take("model_id") {
        aws.model_id = field.name();
    }
}

fn read_place(section: &mut Section<'_, '_>, aws: &mut Aws) {
    let older = section.take("region_name");
    if let Some(field) = section.take("aws_region_name").or(older) {
        aws.region = field.name();
    }
    aws.profile = section.take("aws_profile_name").and_then(|field| field.name());
    if aws.region.is_none() && aws.profile.is_none() {
        // The SDK would find it as well; known here, it decides the price.
        let context = section.field().context();
        let set = REGION_VARIABLES.into_iter().find_map(|name| context.var(name));
        aws.region = set.filter(|region| !region.is_empty());
    }
    aws.sts_endpoint = section.take("aws_sts_endpoint").and_then(|field| field.url());
    aws.runtime_endpoint =
        section.take("aws_bedrock_runtime_endpoint").and_then(|field| field.url());
    aws.agent_endpoint =
        section.take("aws_bedrock_agent_runtime_endpoint").and_then(|field| field.url());
    aws.sagemaker_endpoint = section.take("sagemaker_base_url").and_then(|field| field.url());
}

fn read_credentials(section: &mut Section<'_, '_>, aws: &mut Aws) {
    let key = section.take("aws_access_key_id");
    let secret = section.take("aws_secret_access_key");
    let token = section.take("aws_session_token");
    if key.is_some() != secret.is_some() {
        let half = key.as_ref().or(secret.as_ref()).unwrap_or(section.field());
        half.wrong("is one half of a pair", "set both aws_access_key_id and aws_secret_access_key");
    }
    if let (Some(token), None) = (&token, &key) {
        token.wrong("belongs to a key that is not given", "set aws_access_key_id as well");
    }
    aws.access_key_id = key.and_then(|field| field.plain_secret());
    aws.secret_access_key = secret.and_then(|field| field.plain_secret());
    aws.session_token = token.and_then(|field| field.plain_secret());
    aws.role_name = section.take("aws_role_name").and_then(|field| field.name());
    aws.session_name = section.take("aws_session_name").and_then(|field| field.name());
    aws.session_tags =
        section.take("aws_session_tags").map(|field| tags(&field)).unwrap_or_default();
    let web_identity = section.take("aws_web_identity_token");
    aws.web_identity = web_identity.as_ref().and_then(|field| field.subject());
    if let (Some(field), None) = (&web_identity, &aws.role_name) {
        field.wrong("proves an identity to no role", "set aws_role_name as well");
    }
    aws.external_id = section.take("aws_external_id").and_then(|field| field.plain_secret());
}

/// Tags of a session: a mapping, or STS's list of `Key` and `Value`.
fn tags(field: &Field<'_, '_>) -> Vec<(String, String)> {
    if field.is_mapping() {
        let Some(section) = Section::open(field) else { return Vec::new() };
        return section
            .each()
            .filter_map(|(key, value)| Some((key.to_owned(), value.text()?)))
            .collect();
    }
    let tag = |item: &Field<'_, '_>| {
        let mut section = Section::open(item)?;
        let (key, value) = (section.take("Key"), section.take("Value"));
        let (Some(key), Some(value)) = (key, value) else {
            item.wrong("is no tag", "write {Key: name, Value: value}");
            return None;
        };
        Some((key.name()?, value.text()?))
    };
    field.items().unwrap_or_default().iter().filter_map(tag).collect()
}
