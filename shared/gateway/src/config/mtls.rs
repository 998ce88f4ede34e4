//! `general_settings.mtls_auth` (Sluice's own): callers with a certificate that a load balancer has
//! checked.

use http::HeaderName;

use super::{field::Field, known, network::Network, section::Section, vouched::VouchedAs};
use crate::pattern::Pattern;

/// In which an ALB tells the subject (Elastic Load Balancing guide, "HTTP headers and mutual TLS").
const ALB_HEADER: HeaderName = HeaderName::from_static("x-amzn-mtls-clientcert-subject");
/// What a user or a team may be named by: the certificate's common name.
const PLACEHOLDERS: [&str; 1] = ["{cn}"];

/// Whose certificates are as good as a key.
#[derive(Debug, Clone)]
pub struct MtlsAuth {
    /// `header`: in which a trusted proxy tells a certificate's subject.
    pub header: HeaderName,
    /// `rules`: the first that fits counts.
    pub rules: Vec<MtlsRule>,
}

/// Some certificates, and whose they are.
#[derive(Debug, Clone)]
pub struct MtlsRule {
    /// `subject`, its parts with stars: `CN=*,OU=apps,O=Example`.
    pub subject: String,
    /// Who they are here.
    pub who: VouchedAs,
}

// === impl MtlsAuth ===

impl MtlsAuth {
    pub(super) fn read(field: &Field<'_, '_>, network: &Network) -> Option<Self> {
        let mut section = Section::open(field)?;
        let header = section.take("header").and_then(|field| {
            let parsed = HeaderName::try_from(field.name()?).ok();
            if parsed.is_none() {
                field.wrong(format!("`{}` is no header's name", field.shown()), "");
            }
            parsed
        });
        if network.trusted_proxies.is_empty() {
            field.warn(
                "believes nobody but an ALB in front of Lambda",
                "set `trusted_proxy_ranges` to the addresses of the load balancer",
            );
        }
        let rules = section.take("rules").and_then(|field| field.items()).unwrap_or_default();
        let rules: Vec<MtlsRule> = rules.iter().filter_map(MtlsRule::read).collect();
        if rules.is_empty() {
            field.wrong("admits nobody", "list `- subject: CN=<name>,...` below `rules:`");
        }
        section.finish(known::NOTHING);
        Some(Self { header: header.unwrap_or(ALB_HEADER), rules })
    }
}

// === impl MtlsRule ===

impl MtlsRule {
    fn read(field: &Field<'_, '_>) -> Option<Self> {
        let mut section = Section::open(field)?;
        let subject = section.take("subject").and_then(|field| field.name());
        if subject.is_none() {
            field.wrong(
                "says of nobody",
                "write `subject: CN=<name>,...`, as the load balancer does",
            );
        }
        let who = VouchedAs::take(&mut section, &PLACEHOLDERS);
        section.finish(known::NOTHING);
        Some(Self { subject: subject?, who })
    }

    /// Whether it is about a subject: part by part, so that no part's text passes for another part.
    pub(crate) fn fits(&self, subject: &str) -> bool {
        let (own, theirs) = (parts(&self.subject), parts(subject));
        let fits = |(own, part): (&&str, &&str)| {
            Pattern::new(own).map_or(own == part, |pattern| pattern.fits(part))
        };
        own.len() == theirs.len() && own.iter().zip(&theirs).all(fits)
    }
}

/// The parts of a distinguished name (RFC 4514): between commas that no backslash precedes.
pub(crate) fn parts(subject: &str) -> Vec<&str> {
    let mut escaped = false;
    let split = move |letter: char| {
        let splits = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
        splits
    };
    subject.split(split).map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_no_other_part_s_text() {
        let rule =
            MtlsRule { subject: "CN=*, OU=apps, O=Example".to_owned(), who: VouchedAs::default() };
        assert!(rule.fits("CN=one,OU=apps,O=Example"));
        assert!(rule.fits("CN=one\\,two,OU=apps,O=Example"));
        for other in [
            "CN=one\\,OU=apps,O=Example",
            "CN=one\\,OU=apps\\,x,O=Example",
            "CN=one,OU=apps,O=Example,C=CH",
            "OU=apps,O=Example",
            "CN=one,OU=apps2,O=Example",
            "",
        ] {
            assert!(!rule.fits(other), "{other}");
        }
        assert_eq!(parts("a\\\\,b"), ["a\\\\", "b"]);
    }
}
