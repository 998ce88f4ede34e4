//! Which dialect is spoken with a deployment: its provider's chat route, or, where the provider has a
//! surface that speaks the caller's own, that one.

use sluice_providers::{Reach, Route};
use sluice_wire::{Dialect, dialect::bedrock_invoke};

use super::{Intake, mock};
use crate::registry::Member;

/// The dialect in which this request is put to this deployment.
pub(crate) fn spoken(intake: &Intake, member: &Member) -> Dialect {
    if mock::of(intake, member).is_some() {
        return Dialect::OpenAiChat;
    }
    let deployment = &member.deployment;
    let invokes = intake.line.dialect == Dialect::BedrockInvoke
        && deployment.provider.reach == Reach::Bedrock;
    // Anthropic's body for a model of another family: Converse can say it. A body that cannot be read
    // has been refused before.
    let anthropic = || {
        let read = || bedrock_invoke::speaks_anthropic(&intake.body).unwrap_or(false);
        *intake.known.is_anthropics.get_or_init(read)
    };
    if invokes && (bedrock_invoke::takes_anthropic(named(member)) || !anthropic()) {
        return Dialect::BedrockInvoke;
    }
    deployment.spoken_to(intake.line.dialect)
}

/// The provider's route on which a dialect is spoken.
pub(crate) fn route(dialect: Dialect, member: &Member) -> Route {
    match dialect {
        Dialect::BedrockInvoke => Route::Model,
        _ => member.deployment.provider.route(dialect).unwrap_or_default(),
    }
}

/// The deployment's model by the name that tells its family: an application inference profile's ARN
/// does not, its base model does.
pub(crate) fn named(member: &Member) -> &str {
    member.info.base_model.as_deref().unwrap_or(&member.deployment.model)
}
