//! The one TLS configuration: ring, and Mozilla's roots as they are compiled in.
//!
//! The roots are trust anchors in the binary (`webpki-roots`): nothing is parsed at start, which
//! is worth 3 ms of a cold start, and a container image needs no `ca-certificates`.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::TransportError;

/// A client's configuration, trusting `extra` (PEM) besides Mozilla's roots.
pub(crate) fn config(extra: Option<&[u8]>) -> Result<ClientConfig, TransportError> {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in extra.into_iter().flat_map(CertificateDer::pem_slice_iter) {
        let certificate =
            certificate.map_err(|error| TransportError::Roots(format!("{error:?}")))?;
        roots.add(certificate).map_err(|error| TransportError::Roots(error.to_string()))?;
    }
    Ok(ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
