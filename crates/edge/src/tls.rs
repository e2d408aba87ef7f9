//! The server's side of TLS: certificate and key from PEM files.

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no PEM.
    #[error("{}: {source}", .file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// There is no certificate in the file.
    #[error("{}: there is no certificate in it (a PEM section `BEGIN CERTIFICATE`)", .0.display())]
    NoCertificate(PathBuf),
    /// Certificate and key cannot be used, or do not belong together.
    #[error("{} and {}: {source}", .cert.display(), .key.display())]
    Unusable {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// TLS 1.2 and 1.3 with the certificate chain and key of these PEM files.
///
/// # Errors
/// [`TlsError`].
pub fn acceptor(cert_file: &Path, key_file: &Path) -> Result<TlsAcceptor, TlsError> {
    let unreadable = |file: &Path| {
        let file = file.to_owned();
        move |source| TlsError::Unreadable { file, source }
    };
    let chain = CertificateDer::pem_file_iter(cert_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(cert_file))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(cert_file.to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(unreadable(key_file))?;
    let unusable = |source| TlsError::Unusable {
        cert: cert_file.to_owned(),
        key: key_file.to_owned(),
        source,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    // A client that lost its network comes back without a full handshake.
    config.ticketer = ring::Ticketer::new().map_err(unusable)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn message(cert: &Path, key: &Path) -> String {
        match acceptor(cert, key) {
            Ok(_) => panic!("they can be used"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn certificate_and_key_are_checked_and_the_message_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let [cert, key, other_key, empty, missing] =
            ["cert", "key", "other", "empty", "missing"].map(|name| dir.path().join(name));
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        fs::write(&cert, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let other = rcgen::KeyPair::generate().unwrap();
        fs::write(&other_key, other.serialize_pem()).unwrap();
        fs::write(&empty, "nothing\n").unwrap();

        assert!(acceptor(&cert, &key).is_ok());
        assert!(message(&missing, &key).contains("missing"));
        assert!(message(&empty, &key).contains("BEGIN CERTIFICATE"));
        assert!(message(&cert, &empty).contains("empty"));
        assert!(message(&cert, &other_key).contains("other"));
    }
}
