//! HTTPS: with the operator's certificate, or with one made for this machine.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

use crate::keyfile::write_private;

/// What a handshake calls HTTP/2 (RFC 9113, section 3.2).
pub(crate) const HTTP_2: &[u8] = b"h2";

/// Makes connections private.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate, for clients that must be told whom to trust.
    pub(crate) certificate: PathBuf,
}

/// With files of the operator's.
///
/// # Errors
/// When the files cannot be read or do not fit each other.
pub(crate) fn given(certificate: &Path, key: &Path) -> io::Result<Tls> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| io::Error::other(format!("{}: {error}", certificate.display())))?;
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| io::Error::other(format!("{}: {error}", key.display())))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), certificate: certificate.to_owned() })
}

/// With a certificate for localhost, made on the first start and kept in `folder`/tls.
///
/// # Errors
/// When it cannot be made, read or written.
pub(crate) fn local(folder: &Path) -> io::Result<Tls> {
    let folder = folder.join("tls");
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    if !certificate.exists() || !key.exists() {
        fs::create_dir_all(&folder)?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        write_private(&key, &made.signing_key.serialize_pem())?;
        fs::write(&certificate, made.cert.pem())?;
    }
    given(&certificate, &key)
}
