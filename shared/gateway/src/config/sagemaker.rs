//! The parameters of deployments at SageMaker.

use sluice_providers::{Deployment, Payload, Reach, Template, TextGeneration};

use super::section::Section;

/// Reads how the endpoint's container is asked. One that knows no conversation is asked with a text.
pub(super) fn read(section: &mut Section<'_, '_>, deployment: &mut Deployment) {
    let payload = section.take("sagemaker_payload");
    let model = section.take("hf_model_name");
    // LiteLLM's `sagemaker_chat/` says that it does know conversations.
    if deployment.provider.reach != Reach::SageMaker
        || deployment.name.starts_with("sagemaker_chat/")
    {
        for field in [payload, model].into_iter().flatten() {
            field.no_use(deployment.name.split('/').next().unwrap_or_default());
        }
        return;
    }
    let name = model.and_then(|field| field.name());
    let written = payload.as_ref().and_then(|field| field.name());
    let payload = match (written.as_deref(), &payload) {
        // Whoever names the model of a template means a text.
        (None, _) if name.is_some() => Payload::Tgi,
        (None | Some("messages"), _) => return,
        (Some("tgi"), _) => Payload::Tgi,
        (Some("llama"), _) => Payload::Llama,
        (Some(_), field) => {
            if let Some(field) = field {
                let hint = "write one of messages, tgi, llama";
                field.wrong(format!("`{}` is not a payload", field.shown()), hint);
            }
            return;
        }
    };
    let template = Template::of_model(name.as_deref().unwrap_or(&deployment.model));
    deployment.generates_text(TextGeneration { payload, template });
}
