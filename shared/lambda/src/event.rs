//! From a front door's event to an HTTP request.

use axum::{body::Body, extract::Request};
use lambda_http::{
    Body as EventBody, RequestExt as _,
    request::{LambdaRequest, RequestContext, RequestOrigin},
};
use serde_json::value::RawValue;
use sluice_gateway::Peer;

/// A request and the door it came through.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) request: Request,
    pub(crate) origin: RequestOrigin,
}

/// What an event is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// An HTTP request.
    Http(Box<Event>),
    /// Anything else: a warmer, a test event. It is answered and does nothing.
    Other,
}

/// Reads an event. The raw text is parsed once, straight into the door's own type: a detour through
/// a tree costs 10 ms of CPU on a 5 MB prompt.
pub(crate) fn read(payload: &RawValue) -> Kind {
    let Ok(event) = serde_json::from_str::<LambdaRequest>(payload.get()) else {
        return Kind::Other;
    };
    let origin = event.request_origin();
    let request: http::Request<EventBody> = event.into();
    let peer = peer(&request);
    let mut request = request.map(|body| match body {
        EventBody::Text(text) => Body::from(text),
        EventBody::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    });
    Peer::write(peer, request.headers_mut());
    Kind::Http(Box::new(Event { request, origin }))
}

/// Who connected to the front door. An ALB says it as the last of `x-forwarded-for`, the others in the
/// event.
fn peer(request: &http::Request<EventBody>) -> Option<Peer> {
    let context = request.request_context_ref()?;
    let told = match context {
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.clone(),
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.clone(),
        RequestContext::Alb(_) => {
            let mut lines = request.headers().get_all("x-forwarded-for").iter();
            let last = lines.next_back().and_then(|line| line.to_str().ok());
            last.and_then(|line| Some(line.rsplit(',').next()?.trim().to_owned()))
        }
        _ => None,
    };
    let through_alb = matches!(context, RequestContext::Alb(_));
    Some(Peer { address: told?.parse().ok()?, through_alb })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The event of a file, with one header more, and whom the gateway is told of.
    fn told(file: &str, of: &str, spoof: bool) -> Option<String> {
        let text = match spoof {
            true => {
                file.replacen("\"headers\": {", "\"headers\": {\"x-sluice-peer\": \"10.0.0.1\",", 1)
            }
            false => file.to_owned(),
        };
        let raw = RawValue::from_string(text.replace("\"203.0.113.7\"", of)).unwrap();
        let Kind::Http(event) = read(&raw) else { panic!("no request") };
        let values = event.request.headers().get_all("x-sluice-peer");
        assert!(values.iter().count() <= 1);
        values.iter().next().map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn every_front_door_says_who_connected_and_the_caller_does_not() {
        let rest = include_str!("../../../events/inference-apigw-rest-chat.json");
        let http = include_str!("../../../events/inference-apigw-http-chat.json");
        let url = include_str!("../../../events/inference-function-url-chat-stream.json");
        let alb = include_str!("../../../events/inference-alb-chat.json");
        for spoof in [false, true] {
            for event in [rest, http, url] {
                assert_eq!(told(event, "\"203.0.113.7\"", spoof).as_deref(), Some("203.0.113.7"));
            }
            let hops = "\"10.0.0.9, 203.0.113.8\"";
            assert_eq!(told(alb, hops, spoof).as_deref(), Some("alb 203.0.113.8"));
            assert_eq!(told(alb, "\"nonsense\"", spoof), None);
        }
    }
}
