//! Where callers may come from, and which proxies are believed about it.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{field::Field, section::Section};

/// `allowed_ips`, `use_x_forwarded_for` and `trusted_proxy_ranges` of `general_settings`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// `allowed_ips`: addresses and ranges that may call; `None` for all.
    pub allowed: Option<Vec<IpNet>>,
    /// `use_x_forwarded_for`: the caller is whom the proxies in front say.
    pub use_x_forwarded_for: bool,
    /// `trusted_proxy_ranges`: the proxies that are believed; without any, the nearest one.
    pub trusted_proxies: Vec<IpNet>,
}

// === impl Network ===

impl Network {
    /// Takes its keys of `general_settings`.
    pub(super) fn take(section: &mut Section<'_, '_>) -> Self {
        let allowed = section.take("allowed_ips").map(|field| ranges(&field));
        let forwarded = section.take("use_x_forwarded_for");
        let used = forwarded.as_ref().and_then(|field| field.flag()).unwrap_or_default();
        let trusted = section.take("trusted_proxy_ranges");
        if let (Some(field), true) = (&forwarded, used && trusted.is_none()) {
            field.warn(
                "believes whoever connects",
                "set `trusted_proxy_ranges` to the addresses of the proxies in front",
            );
        }
        let trusted_proxies = trusted.map(|field| ranges(&field)).unwrap_or_default();
        Self { allowed, use_x_forwarded_for: used, trusted_proxies }
    }

    /// Whether an address is a trusted proxy's.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        holds(&self.trusted_proxies, address)
    }
}

/// Whether one of some ranges holds an address.
pub(crate) fn holds(ranges: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    ranges.iter().any(|range| range.contains(&address))
}

/// An address, or a range with its length: `10.0.0.0/8`.
pub(crate) fn range(text: &str) -> Option<IpNet> {
    let text = text.trim();
    let single = || text.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
    single().or_else(|| text.parse().ok())
}

fn ranges(field: &Field<'_, '_>) -> Vec<IpNet> {
    let parse = |written: String| {
        let parsed = range(&written);
        if parsed.is_none() {
            field.wrong(
                format!("`{written}` is no address"),
                "write an address or a range, such as 10.1.2.3 or 10.0.0.0/8",
            );
        }
        parsed
    };
    field.one_or_many().unwrap_or_default().into_iter().filter_map(parse).collect()
}
