//! A call that is answered in its provider's place.

use sluice_providers::{Answer, Mock, Mocked};
use sluice_wire::Fault;

use super::{Facts, Intake, Plan, params::Wishes, patience::Patience, whole};
use crate::registry::Member;

/// The mock that a call asks for, else its deployment.
pub(super) fn of<'a>(intake: &'a Intake, member: &'a Member) -> Option<&'a Mock> {
    intake.wishes.mock.as_ref().or(member.deployment.mock.as_ref())
}

/// Its answer.
pub(super) async fn answer(
    mock: &Mock,
    facts: &Facts,
    intake: &Intake,
    member: &Member,
    patience: Patience,
) -> Result<Answer, Fault> {
    let stream = intake.peek.stream;
    let timeouts = patience.within(member.deployment.timeouts, stream);
    let stamp = whole::stamp(facts);
    let call = Mocked { stamp: &stamp, stream, n: intake.peek.n, timeouts };
    mock.answer(&member.deployment, call).await
}

/// Refuses the mock of a call that is not a chat: nothing may be sent in its place.
pub(super) fn none(wishes: &Wishes, plan: &Plan, route: &str) -> Result<(), Fault> {
    let mocked = plan.order.iter().any(|member| member.deployment.mock.is_some());
    if wishes.mock.is_none() && !mocked {
        return Ok(());
    }
    let message = format!("{route}: 'mock_response' answers chats only.");
    Err(Fault::invalid(message, "mock_response"))
}
