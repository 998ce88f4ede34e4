//! One running `sluice`, ended with the test.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use serde_json::Value;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_sluice");

/// A running gateway.
pub(crate) struct Sluice {
    pub(crate) url: String,
    pub(crate) master: String,
    pub(crate) banner: Vec<String>,
    child: Child,
    client: reqwest::Client,
}

impl Sluice {
    /// Starts it on a free port with its data in `folder`.
    pub(crate) async fn start(folder: &Path, flags: &[&str]) -> Self {
        Self::start_with(folder, flags, reqwest::Client::builder()).await
    }

    /// The same, asked by a client of one's own making.
    pub(crate) async fn start_with(
        folder: &Path,
        flags: &[&str],
        client: reqwest::ClientBuilder,
    ) -> Self {
        let mut child = Command::new(BINARY)
            .args(["--port", "0", "--data-dir"])
            .arg(folder.join("my data"))
            .args(flags)
            .env_remove("SLUICE_MASTER_KEY")
            .env_remove("LITELLM_MASTER_KEY")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = Vec::new();
        for line in lines.by_ref() {
            let line = line.unwrap();
            let last = line.contains("curl");
            banner.push(line);
            if last {
                break;
            }
        }
        let url = banner[0].rsplit(' ').next().unwrap().to_owned();
        let master = std::fs::read_to_string(folder.join("my data/master_key")).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut roots = rustls::RootCertStore::empty();
        if let Ok(pem) = std::fs::read(folder.join("my data/tls/cert.pem")) {
            use rustls::pki_types::{CertificateDer, pem::PemObject as _};
            roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        }
        let mut tls =
            rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = client.tls_backend_preconfigured(tls).no_proxy().build().unwrap();
        Self { url, master, banner, child, client }
    }

    pub(crate) async fn request(&self, path: &str, key: &str, body: &Value) -> reqwest::Response {
        self.client
            .post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let response = self.request(path, &self.master, body).await;
        let status = response.status();
        let value: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert!(status.is_success(), "{path}: {status} {value}");
        value
    }

    pub(crate) async fn chat(&self, key: &str, body: &Value) -> Value {
        let response = self.request("/v1/chat/completions", key, body).await;
        let status = response.status();
        let value: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert!(status.is_success(), "{status} {value}");
        value
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.master))
            .send()
            .await
            .unwrap();
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    /// Asks again until the answer is as wanted.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..2_000 {
            let value = self.get(path).await;
            if wanted(&value) {
                return value;
            }
        }
        panic!("{path} never became what was wanted");
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    pub(crate) fn exit(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Sluice {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
