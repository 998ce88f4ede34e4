//! Where callers may come from, and certificates that a load balancer has checked.

use axum::body::Body;
use http::Request;
use serde_json::json;
use sluice_gateway::Peer;

use crate::house::{Answer, Caller, House, MASTER, post};

const CERTIFICATE: &str = "x-amzn-mtls-clientcert-subject";

async fn open(lines: &str) -> House {
    House::plan().settings(&format!("general_settings:\n{lines}")).open().await
}

/// A chat, from an address.
async fn ask(house: &House, key: &str, from: Option<Peer>, headers: &[(&str, &str)]) -> Answer {
    let body = Caller::OpenAi.ask("demo", "hi").to_string();
    let mut request: Request<Body> = post("/v1/chat/completions", key, body);
    if key.is_empty() {
        request.headers_mut().remove("authorization");
    }
    for (name, value) in headers {
        let name = http::HeaderName::try_from(*name).unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    Peer::write(from, request.headers_mut());
    house.send(request).await
}

fn peer(address: &str) -> Option<Peer> {
    Some(Peer { address: address.parse().unwrap(), through_alb: false })
}

#[tokio::test]
async fn who_calls_from_elsewhere_is_refused_whatever_their_key() {
    let lines = "  allowed_ips: [203.0.113.0/24]
  use_x_forwarded_for: true
  trusted_proxy_ranges: [10.0.0.0/8]";
    let house = open(lines).await;
    let status = async |from, headers: &[(&str, &str)]| {
        let answer = ask(&house, MASTER, from, headers).await;
        (answer.status, answer.message())
    };
    let forwarded = "x-forwarded-for";
    for (from, headers) in [
        (peer("203.0.113.9"), vec![]),
        (peer("::ffff:203.0.113.9"), vec![]),
        (peer("10.0.0.1"), vec![(forwarded, "203.0.113.9")]),
        (peer("10.0.0.1"), vec![(forwarded, "6.6.6.6, 203.0.113.9, 10.1.1.1")]),
    ] {
        assert_eq!(status(from, &headers).await.0, 200, "{from:?} {headers:?}");
    }
    for (from, headers, named) in [
        (peer("6.6.6.6"), vec![], "6.6.6.6"),
        (peer("6.6.6.6"), vec![(forwarded, "203.0.113.9")], "6.6.6.6"),
        (peer("6.6.6.6"), vec![("x-sluice-peer", "203.0.113.9")], "6.6.6.6"),
        (peer("10.0.0.1"), vec![(forwarded, "203.0.113.9, 6.6.6.6")], "6.6.6.6"),
        (peer("10.0.0.1"), vec![], "10.0.0.1"),
        (None, vec![], "unknown"),
        (None, vec![("x-sluice-peer", "203.0.113.9")], "unknown"),
    ] {
        let expected = format!("Access forbidden: IP address {named} not allowed.");
        assert_eq!(status(from, &headers).await, (403, expected), "{from:?} {headers:?}");
    }
    let health = Request::get("/health/liveliness").body(Body::empty()).unwrap();
    assert_eq!(house.send(health).await.status, 200);
}

#[tokio::test]
async fn a_key_may_be_held_to_addresses() {
    let house = House::open().await;
    let key = house.key(&json!({"allowed_ips": ["203.0.113.9", "2001:db8::/32"]})).await;
    for (from, status) in [
        (peer("203.0.113.9"), 200),
        (peer("2001:db8::7"), 200),
        (peer("203.0.113.8"), 403),
        (None, 403),
    ] {
        assert_eq!(ask(&house, &key, from, &[]).await.status, status, "{from:?}");
    }
    assert_eq!(house.info(&key).await["allowed_ips"], json!(["203.0.113.9", "2001:db8::/32"]));
    let open = json!({"key": key, "allowed_ips": []});
    assert_eq!(house.post("/key/update", MASTER, &open).await.status, 200);
    assert_eq!(ask(&house, &key, None, &[]).await.status, 200);
    let wrong = house.post("/key/generate", MASTER, &json!({"allowed_ips": ["10.0.0.0/40"]})).await;
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    assert_eq!(wrong.json()["error"]["param"], "allowed_ips");
}

#[tokio::test]
async fn a_row_says_where_its_call_came_from() {
    let house = open("  use_x_forwarded_for: true\n  trusted_proxy_ranges: [10.0.0.0/8]").await;
    let key = house.key(&json!({})).await;
    let headers = [("x-forwarded-for", "6.6.6.6, 203.0.113.9")];
    assert_eq!(ask(&house, &key, peer("10.0.0.1"), &headers).await.status, 200);
    assert_eq!(house.row(&key).await["requester_ip_address"], "203.0.113.9");
}

#[tokio::test]
async fn a_certificate_is_a_key_where_a_trusted_load_balancer_tells_of_it() {
    let lines = "  trusted_proxy_ranges: [10.0.0.0/8]
  mtls_auth:
    rules:
      - {subject: 'CN=*,OU=apps,O=Example', user_id: '{cn}', team_id: apps, models: [demo]}
      - {subject: 'CN=admin,O=Example', role: proxy_admin}";
    let house = open(lines).await;
    let with = async |from, key: &str, subject: &str| {
        ask(&house, key, from, &[(CERTIFICATE, subject)]).await
    };
    let alb = Some(Peer { address: "6.6.6.6".parse().unwrap(), through_alb: true });
    for from in [peer("10.0.0.1"), alb] {
        assert_eq!(with(from, "", "CN=billing,OU=apps,O=Example").await.status, 200, "{from:?}");
    }
    let listed =
        house.get("/key/list?return_full_object=true&user_id=billing", MASTER).await.json();
    assert_eq!(listed["total_count"], 1, "{listed}");
    let record = &listed["keys"][0];
    assert_eq!(
        (&record["key_alias"], &record["team_id"]),
        (&json!("mtls:billing"), &json!("apps"))
    );
    // From anybody else the header is nothing.
    let stranger = with(peer("6.6.6.6"), "", "CN=billing,OU=apps,O=Example").await;
    assert_eq!((stranger.status, stranger.message().contains("No api key")), (401, true));
    let nobody = with(None, "", "CN=admin,O=Example").await;
    assert_eq!((nobody.status, nobody.message().contains("No api key")), (401, true));
    let other = with(peer("10.0.0.1"), "", "CN=billing,OU=people,O=Example").await;
    assert_eq!((other.status, other.message().contains("no rule")), (401, true));
    // A key goes before it.
    let wrong = with(peer("10.0.0.1"), "sk-nobody", "CN=admin,O=Example").await;
    assert_eq!(wrong.status, 401, "{}", wrong.text());
}
