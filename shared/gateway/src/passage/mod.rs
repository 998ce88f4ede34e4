//! Metered pass-through: what is not modelled reaches its provider as it came.
//!
//! A virtual key comes in, the provider's own credential goes out, and between them nothing is
//! touched: method, path, query, body, and the answer with its status. Only the account is kept: where
//! the path is one whose answers are understood the usage is read in passing, and where it is not, the
//! call costs what the configuration says it does.
//!
//! Invariants: a request goes to the host of the provider's base and to no other; the caller's key,
//! its cookies and the headers of its connection stay here; under a budget a call whose cost cannot be
//! bounded is refused before it is made; every admitted call leaves one row.

mod answer;
mod flow;
mod guardrail;
mod meter;
mod place;
mod usage;

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
};

use axum::{extract::Request, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use sluice_providers::{AnswerBody, Outbound, Relay, Relayed, Route};
use sluice_wire::{Fault, FaultKind};

pub(crate) use place::{Place, Target, find};

use self::meter::Meter;
use crate::{
    App,
    corridor::{
        Admitted, Attribution, Bound, Bounded, Facts, Line, Plan, Tokens, Turns, collect, headers,
        is_held, keep, may_use, refuse, refuse_early, settle,
    },
    identity,
    pricing::{Catalogue, ModelPrice, Wanted},
    registry::{Group, Member},
};

/// LiteLLM's word for such a call in its rows.
const CALL_TYPE: &str = "pass_through_endpoint";
/// A header of this prefix is passed on without it (LiteLLM).
const PASS: &str = "x-pass-";

/// A call that is passed on, ready to be paid for.
struct Passage {
    relay: Relay,
    meter: Meter,
    member: Arc<Member>,
    group: Arc<Group>,
    /// A guardrail's id and version, where that is what is asked for.
    guardrail: Option<(String, String)>,
}

/// Passes a request on, and renders whatever comes of it.
pub(crate) async fn pass(app: &Arc<App>, place: Place<Target>, request: Request) -> Response {
    let line = Line {
        dialect: place.dialect,
        call_type: CALL_TYPE,
        route: place.route,
        model: None,
        stream: None,
    };
    let mut facts = Facts::begin(app, &line);
    match doors(app, place, request, &mut facts).await {
        Ok(response) => response,
        Err(fault) => refuse_early(app, line.dialect, &fault, &facts).await,
    }
}

async fn doors(
    app: &Arc<App>,
    place: Place<Target>,
    request: Request,
    facts: &mut Facts,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let (headers, query) = place::credentials(&parts);
    let caller = identity::authenticate(app, &headers, parts.uri.path()).await?;
    facts.identify(app, caller, &headers)?;
    let team = facts.caller.as_ref().and_then(|caller| caller.team()).map(str::to_owned);
    let place = place
        .reached(app, team.as_deref())
        .ok_or_else(|| Fault::new(FaultKind::NotFound, "Not Found"))?;
    if has_dots(&place.path) {
        return Err(Fault::invalid("The path must not contain `.` or `..` segments.", "path"));
    }
    let body = collect(body, app.config.general.max_request_bytes()).await?;
    facts.attribute(Attribution::of(&body));
    facts.attend(app).await?;
    let meter = Meter::of(&place, &parts.method, &body);
    let model = meter.model().unwrap_or(&place.path).to_owned();
    facts.describe(&model, false);
    permitted(app, facts, &place, &meter)?;

    let mut deployment = place.deployment.clone();
    deployment.group.clone_from(&place.name);
    let group = Arc::new(Group { name: place.name.clone(), members: Vec::new() });
    let price = price(app, team.as_deref(), &place, &meter);
    let capacity = app.registry().deployment(&deployment.id).map(|member| member.capacity.clone());
    let member = Arc::new(Member::passing(deployment, model, price, capacity.unwrap_or_default()));
    let relay = Relay {
        method: parts.method,
        path: place.path,
        query: place.query.or(query),
        headers: passed(headers, place.forwards),
        body,
    };
    let passage = Passage { relay, meter, member, group, guardrail: place.guardrail };

    // From here on money is in play. The call goes on, and is settled, also when the caller leaves.
    let work = paid(Arc::clone(app), facts.clone(), passage);
    match app.orphans.run(work).await {
        Some(outcome) => outcome,
        None => Err(Fault::new(FaultKind::Internal, "The gateway failed on this call.")),
    }
}

fn paid(
    app: Arc<App>,
    mut facts: Facts,
    passage: Passage,
) -> Pin<Box<dyn Future<Output = Result<Response, Fault>> + Send>> {
    Box::pin(async move {
        let plan = passage.drawn();
        let (mut admitted, plan) = match Admitted::reserve(&app, &mut facts, &passage, plan).await {
            Ok(admitted) => admitted,
            Err(denial) => return Ok(denial.render(&facts)),
        };
        let turn = {
            let mut turns = Turns::new(&app, &facts, &passage, &plan, &admitted);
            let turn = pin!(async { turns.next().await?.ok_or_else(|| turns.fault()) });
            keep::alive(&app, &admitted.grant, turn).await
        };
        match turn {
            Ok(turn) => admitted.served_by(turn.served),
            Err(fault) => {
                let spend = settle::failed(&app, &facts, &admitted, None, &fault).await;
                let mut response = refuse(facts.dialect, &fault, &facts);
                headers::spend(response.headers_mut(), spend);
                return Ok(response);
            }
        }
        let Passage { relay, meter, member, guardrail, .. } = passage;
        let size = relay.body.len();
        let sent = {
            let work = pin!(async {
                match guardrail {
                    Some((id, version)) => apply(&app, &member, relay, id, version).await,
                    None => app.transport.relay(&member.deployment, relay).await,
                }
            });
            keep::alive(&app, &admitted.grant, work).await
        };
        match sent {
            Ok(relayed) => {
                Ok(answer::give(&app, facts, admitted, member, meter, size, relayed).await)
            }
            Err(fault) => {
                let spend = settle::failed(&app, &facts, &admitted, Some(&member), &fault).await;
                let mut response = refuse(facts.dialect, &fault, &facts);
                headers::member(response.headers_mut(), &member);
                headers::spend(response.headers_mut(), spend);
                Ok(response)
            }
        }
    })
}

/// A guardrail is applied through the SDK, like every operation of Bedrock Runtime.
async fn apply(
    app: &App,
    member: &Member,
    relay: Relay,
    id: String,
    version: String,
) -> Result<Relayed, Fault> {
    if relay.method != Method::POST {
        return Err(Fault::new(FaultKind::MethodNotAllowed, "Method Not Allowed"));
    }
    let route = Route::Guardrail { id, version };
    let outbound = Outbound { body: relay.body, route, ..Outbound::default() };
    let answer = app.transport.send(&member.deployment, outbound).await?;
    let body = match answer.body {
        AnswerBody::Whole(body) => flow::at_once(body),
        AnswerBody::Stream(body) => body,
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    Ok(Relayed { status, headers: answer.headers, body })
}

/// Whether the key may make this call: one that is held to some models must name one of them, or ask
/// for something that is no model's.
fn permitted(app: &App, facts: &Facts, place: &Place, meter: &Meter) -> Result<(), Fault> {
    let Some(caller) = &facts.caller else { return Ok(()) };
    let provider = place.deployment.provider;
    let named = Some(&facts.named);
    let registry = app.registry();
    let seen = registry.seen_by(caller.team());
    let may_use = |name: &str| may_use(&seen, caller, named, name);
    let allowed = !is_held(caller, named)
        // Whoever configured it meant it for every key.
        || place.endpoint
        || match meter.model() {
            Some(model) => {
                may_use(model)
                    || may_use(&format!("{}/{model}", provider.name))
                    || seen.members().any(|(group, member)| {
                        member.deployment.provider == provider
                            && member.deployment.model == model
                            && may_use(group)
                    })
            }
            None => !meter.may_cost(),
        };
    if allowed {
        return Ok(());
    }
    let what = meter.model().unwrap_or("of a call whose model cannot be told");
    Err(Fault::new(
        FaultKind::Permission,
        format!(
            "This key may use only some models, and the model '{what}' is not one of them. Ask for one of \
             them, or use a key without a list of models."
        ),
    )
    .with_label("key_model_access_denied")
    .with_param("model"))
}

/// What the model costs: as the deployment that serves it says, or as the catalogue does.
fn price(app: &App, team: Option<&str>, place: &Place, meter: &Meter) -> Option<ModelPrice> {
    let model = meter.model()?;
    let provider = place.deployment.provider;
    let registry = app.registry();
    let own = registry
        .of_team(team)
        .find(|member| member.deployment.provider == provider && member.deployment.model == model);
    match own {
        Some(member) => member.price.clone(),
        None => {
            let wanted = Wanted { provider: provider.price_family, model, ..Wanted::default() };
            ModelPrice::resolve(&Catalogue::builtin(), &wanted, None)
        }
    }
}

/// The caller's headers that may go on: none of the gateway's own, and those that ask for it under
/// their own names. What is a credential or belongs to the connection the transport leaves out.
fn passed(mut headers: HeaderMap, forwards: bool) -> HeaderMap {
    let asked: Vec<(HeaderName, HeaderValue)> = headers
        .iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name.as_str().strip_prefix(PASS)?).ok()?;
            Some((name, value.clone()))
        })
        .collect();
    let own = |name: &HeaderName| {
        let name = name.as_str();
        let prefixes = ["x-litellm-", PASS, "x-forwarded", "x-sluice-", "x-amzn-mtls-"];
        prefixes.iter().any(|prefix| name.starts_with(prefix))
    };
    let kept = |name: &HeaderName| {
        !own(name)
            && (forwards || name == http::header::CONTENT_TYPE || name == http::header::ACCEPT)
    };
    let dropped: Vec<HeaderName> = headers.keys().filter(|name| !kept(name)).cloned().collect();
    for name in dropped {
        headers.remove(name);
    }
    for (name, value) in asked {
        headers.insert(name, value);
    }
    headers
}

/// Segments that would climb out of where the path belongs, encoded or not.
fn has_dots(path: &str) -> bool {
    path.split(['/', '\\']).any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    })
}

// === impl Passage ===

impl Passage {
    fn drawn(&self) -> Plan {
        Plan { group: Arc::clone(&self.group), order: vec![Arc::clone(&self.member)] }
    }
}

impl Bounded for Passage {
    fn bound(&self, _: &Plan) -> Result<Bound, Fault> {
        let worst = self.meter.worst(&self.relay.body, self.member.price.as_ref())?;
        Ok(Bound { worst, floor: worst, ..Bound::default() })
    }

    fn tokens(&self) -> Result<Tokens, Fault> {
        let bytes = u64::try_from(self.relay.body.len()).unwrap_or(u64::MAX);
        let input = if self.meter.may_cost() { (bytes / 4).max(1) } else { 0 };
        Ok(Tokens { input, output: self.meter.cap() })
    }

    fn plan(&self, _: &App, _: &Facts) -> Result<Plan, Fault> {
        Ok(self.drawn())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_climbs() {
        for path in ["v1/../x", "./a", "a/%2e%2E/b", "a/.%2e", "..\\b"] {
            assert!(has_dots(path), "{path}");
        }
        for path in ["v1/models", "v1/a..b", "v1/.hidden", ""] {
            assert!(!has_dots(path), "{path}");
        }
    }

    #[test]
    fn only_what_asks_for_it_goes_on_under_its_own_name() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-litellm-tags", "a"),
            ("x-pass-anthropic-beta", "b"),
            ("openai-beta", "c"),
            ("content-type", "application/json"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let all = passed(headers.clone(), true);
        assert_eq!(all.len(), 3, "{all:?}");
        assert_eq!(all["anthropic-beta"], "b");
        assert_eq!(all["openai-beta"], "c");
        let few = passed(headers, false);
        assert_eq!(few.len(), 2, "{few:?}");
        assert!(few.contains_key("anthropic-beta") && few.contains_key("content-type"));
    }
}
