//! Where a request comes from.
//!
//! Who connects is known by the entry point alone ([`Peer`]); who is behind a proxy, by the proxy. The
//! header `x-forwarded-for` grows at its end: from there on hops are believed as long as they are
//! trusted proxies', and the first that is not is the caller. What stands before that is the caller's
//! own word.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use sluice_wire::{Fault, FaultKind};

use crate::config::{Network, holds};

/// Who connects, on the way from the entry point through the gateway.
const PEER: HeaderName = HeaderName::from_static("x-sluice-peer");
/// Before the address of one that an ALB has handed over.
const ALB: &str = "alb ";

/// Who connects. Each entry point writes it into each request, or strikes out what is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// The request was handed over by an Application Load Balancer, and the address is the one that
    /// connected to it.
    pub through_alb: bool,
}

/// Who connects, as a header says it: made once for a connection.
#[derive(Debug, Clone)]
pub struct Seal(Option<HeaderValue>);

// === impl Seal ===

impl Seal {
    /// Who that is, where it is known.
    #[must_use]
    pub fn of(peer: Option<Peer>) -> Self {
        Self(peer.and_then(|Peer { address, through_alb }| {
            let prefix = if through_alb { ALB } else { "" };
            HeaderValue::try_from(format!("{prefix}{address}")).ok()
        }))
    }

    /// Writes it over whatever the caller has written there.
    pub fn write(&self, headers: &mut HeaderMap) {
        match &self.0 {
            Some(value) => drop(headers.insert(PEER, value.clone())),
            None => drop(headers.remove(&PEER)),
        }
    }
}

// === impl Peer ===

impl Peer {
    /// Writes who connects, where that is known, over whatever the caller has written there.
    pub fn write(peer: Option<Self>, headers: &mut HeaderMap) {
        Seal::of(peer).write(headers);
    }

    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(&PEER)?.to_str().ok()?;
        let (text, through_alb) = match text.strip_prefix(ALB) {
            Some(text) => (text, true),
            None => (text, false),
        };
        Some(Self { address: text.parse().ok()?, through_alb })
    }
}

/// Where a request comes from, as far as the configuration lets that be known.
pub(crate) fn origin(network: &Network, headers: &HeaderMap) -> Option<IpAddr> {
    address(network, Peer::read(headers).map(|peer| peer.address), headers)
}

/// Refuses a caller from elsewhere than from these ranges.
///
/// # Errors
/// LiteLLM's refusal. One whose address is not known is refused as well.
pub(super) fn admit(ranges: &[IpNet], network: &Network, headers: &HeaderMap) -> Result<(), Fault> {
    let address = origin(network, headers);
    if address.is_some_and(|address| holds(ranges, address)) {
        return Ok(());
    }
    let told = address.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    let message = format!("Access forbidden: IP address {told} not allowed.");
    Err(Fault::new(FaultKind::Permission, message).with_label("auth_error"))
}

/// The caller's address: the peer's, or whom trusted proxies name.
fn address(network: &Network, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer.map(|peer| peer.to_canonical());
    let believed = match network.trusted_proxies.as_slice() {
        [] => true,
        _ => peer.is_some_and(|peer| network.trusts(peer)),
    };
    if !network.use_x_forwarded_for || !believed {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let mut nearest = peer;
    for hop in hops.into_iter().rev() {
        // A hop that is no address is nobody's: who wrote it is the caller as far as is known.
        let Ok(address) = hop.parse::<IpAddr>() else { return nearest };
        nearest = Some(address.to_canonical());
        if !network.trusts(address) {
            return nearest;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(forwarded: &[&str], trusted: &[&str], peer: &str) -> String {
        let network = Network {
            allowed: None,
            use_x_forwarded_for: true,
            trusted_proxies: trusted.iter().map(|text| text.parse().unwrap()).collect(),
        };
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        address(&network, peer.parse().ok(), &headers).unwrap().to_string()
    }

    #[test]
    fn the_caller_is_the_first_that_no_trusted_proxy_is() {
        let proxies = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(found(&["1.2.3.4"], &proxies, "10.0.0.1"), "1.2.3.4");
        assert_eq!(found(&["6.6.6.6, 1.2.3.4, 10.0.0.7"], &proxies, "10.0.0.1"), "1.2.3.4");
        assert_eq!(found(&["6.6.6.6", "1.2.3.4"], &proxies, "::ffff:10.0.0.1"), "1.2.3.4");
        assert_eq!(found(&["10.9.9.9, 10.0.0.7"], &proxies, "10.0.0.1"), "10.9.9.9");
        assert_eq!(found(&["2001:db8::1, fd00::2"], &proxies, "fd00::1"), "2001:db8::1");
        assert_eq!(found(&["1.2.3.4, nonsense, 10.0.0.7"], &proxies, "10.0.0.1"), "10.0.0.7");
        assert_eq!(found(&[], &proxies, "10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn who_is_no_trusted_proxy_speaks_for_itself_alone() {
        assert_eq!(found(&["10.0.0.5"], &["10.0.0.0/8"], "6.6.6.6"), "6.6.6.6");
        // Without ranges the nearest hop is believed, and no one behind it.
        assert_eq!(found(&["10.0.0.5, 1.2.3.4"], &[], "10.0.0.1"), "1.2.3.4");
    }

    #[test]
    fn who_connects_is_written_by_nobody_else() {
        let mut headers = HeaderMap::new();
        headers.append(PEER, HeaderValue::from_static("10.0.0.1"));
        headers.append(PEER, HeaderValue::from_static("alb 10.0.0.2"));
        let peer = Peer { address: "2001:db8::1".parse().unwrap(), through_alb: true };
        for peer in [Some(peer), Some(Peer { through_alb: false, ..peer }), None] {
            Peer::write(peer, &mut headers);
            assert_eq!(Peer::read(&headers), peer);
            assert!(headers.len() <= 1);
        }
    }

    #[test]
    fn without_the_setting_the_header_is_nobodys() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("10.0.0.5"));
        let peer = "6.6.6.6".parse().ok();
        assert_eq!(address(&Network::default(), peer, &headers), peer);
    }
}
