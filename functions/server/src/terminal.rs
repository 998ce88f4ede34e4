//! What is said to a person at a terminal: the one place that prints.

use std::{io::Write, net::SocketAddr, path::Path};

/// Where the key of this gateway is to be found.
pub(crate) enum KeyPlace<'a> {
    /// In a file of the data folder.
    File(&'a Path),
    /// In a variable of the environment.
    Given(&'static str),
    /// In the configuration, or where that says.
    Configured,
}

/// Says that the gateway is ready, and how to try it.
pub(crate) fn ready(
    address: SocketAddr,
    tls: Option<&Path>,
    key: &KeyPlace<'_>,
    model: Option<&str>,
) {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    let (place, shell) = match key {
        KeyPlace::File(path) => (path.display().to_string(), format!("$(cat '{}')", path.display())),
        KeyPlace::Given(place) => ((*place).to_owned(), format!("${place}")),
        KeyPlace::Configured => (
            "general_settings.master_key of the configuration; set SLUICE_MASTER_KEY to it to paste the \
             line below"
                .to_owned(),
            "$SLUICE_MASTER_KEY".to_owned(),
        ),
    };
    let mut text = format!("Sluice is ready: {url}\nMaster key: {place}\n");
    if let Some(cert) = tls {
        text.push_str(&format!("Certificate: {}\n", cert.display()));
    }
    if let Some(model) = model {
        let cacert = tls.map_or_else(String::new, |cert| format!(" --cacert '{}'", cert.display()));
        text.push_str(&format!(
            "Try it:\n  curl -N{cacert} {url}/v1/chat/completions -H \"Authorization: Bearer {shell}\" -H \
             'Content-Type: application/json' -d '{{\"model\": \"{model}\", \"stream\": true, \
             \"messages\": [{{\"role\": \"user\", \"content\": \"Hello!\"}}]}}'\n"
        ));
    }
    say(&text);
}

/// Prints to standard output. A closed pipe is no reason to stop serving.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints to standard error.
pub(crate) fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}
