//! TLS: a company's own authority, and no trust without it.

use std::sync::Arc;

use crate::support::{call, deployment, document, transport, whole};
use sluice_providers::{Transport, TransportOptions};
use sluice_wire::FaultKind;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// A TLS server with a certificate of its own making; its address and certificate.
async fn server(tasks: &mut JoinSet<()>) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = [0; 4096];
            if stream.read(&mut bytes).await.is_ok() {
                stream.write_all(&document(200, "", b"{}")).await.unwrap();
                stream.shutdown().await.ok();
            }
        }
    });
    (url, made.cert.pem())
}

#[tokio::test]
async fn trusts_an_authority_only_when_it_is_told_to() {
    let mut tasks = JoinSet::new();
    let (url, pem) = server(&mut tasks).await;
    let openai = deployment("openai/m", &url);
    let fault = transport().send(&openai, call(false)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Connection, "{fault:?}");

    let options =
        TransportOptions { extra_roots: Some(pem.into_bytes()), ..TransportOptions::default() };
    let trusting = Transport::new(options).unwrap();
    assert_eq!(whole(trusting.send(&openai, call(false)).await.unwrap()), b"{}");
}

#[test]
fn refuses_authorities_that_are_no_certificates() {
    let pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let options = TransportOptions { extra_roots: Some(pem), ..TransportOptions::default() };
    assert!(Transport::new(options).unwrap_err().to_string().contains("PEM"));
}
