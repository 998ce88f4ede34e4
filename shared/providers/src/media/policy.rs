//! What may be fetched.

use std::time::Duration;

/// Mebibyte.
const MIB: usize = 1024 * 1024;

/// What may be fetched, from where, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaPolicy {
    /// Refuse addresses that are not of the public internet. Off: fetch from anywhere.
    pub validate: bool,
    /// Hosts that are exempt: `host`, `host:port`, `[::1]:port`; case does not count.
    pub allowed_hosts: Vec<String>,
    /// The most bytes of all parts of one request together. 0 switches fetching off.
    pub most_bytes: usize,
    /// The longest that one part may take, redirects included.
    pub timeout: Duration,
}

// === impl MediaPolicy ===

impl Default for MediaPolicy {
    /// LiteLLM's size; a time that leaves a caller some patience for the model.
    fn default() -> Self {
        Self {
            validate: true,
            allowed_hosts: Vec::new(),
            most_bytes: 50 * MIB,
            timeout: Duration::from_secs(30),
        }
    }
}

impl MediaPolicy {
    /// Whether addresses of this host are taken unseen. `host` has no brackets.
    pub(super) fn trusts(&self, host: &str, port: u16) -> bool {
        if !self.validate {
            return true;
        }
        let host = host.trim_end_matches('.');
        let written = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let with_port = format!("{written}:{port}");
        self.allowed_hosts.iter().map(|entry| entry.trim()).any(|entry| {
            entry.eq_ignore_ascii_case(&written) || entry.eq_ignore_ascii_case(&with_port)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trusts_the_hosts_it_names_on_their_ports_and_no_others() {
        let allowed_hosts = ["Intranet.Example", "10.0.0.7:8080", "[::1]:9"];
        let allowed_hosts = allowed_hosts.map(str::to_owned).to_vec();
        let policy = MediaPolicy { allowed_hosts, ..MediaPolicy::default() };
        for (host, port, trusted) in [
            ("intranet.example", 80, true),
            ("intranet.example.", 443, true),
            ("a.intranet.example", 80, false),
            ("intranet.example.evil.test", 80, false),
            ("10.0.0.7", 8080, true),
            ("10.0.0.7", 80, false),
            ("::1", 9, true),
            ("::1", 10, false),
        ] {
            assert_eq!(policy.trusts(host, port), trusted, "{host}:{port}");
        }
        assert!(MediaPolicy { validate: false, ..policy }.trusts("169.254.169.254", 80));
    }
}
