//! Certificate and key, from PEM files.

use rustls::InconsistentKeys;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use userstatus_core::Timestamp;
use userstatus_store::files;

/// More than any chain of certificates has: what is longer is another file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{}: {source}", .file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds no PEM, or the wrong one.
    #[error("{}: {source}", .file.display())]
    NoPem {
        /// Which.
        file: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// There is no certificate in the file.
    #[error("{}: there is no certificate in it (a PEM section `BEGIN CERTIFICATE`)", .0.display())]
    NoCertificate(PathBuf),
    /// The first certificate in the file is none.
    #[error("{}: its first certificate cannot be read: {reason}", .file.display())]
    BadCertificate {
        /// Which.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The first certificate in the file is a CA's.
    #[error(
        "{}: its first certificate is that of a CA, and no client will accept it as a server's; put the server's own first, or, if it is self-signed, make it with `-addext basicConstraints=critical,CA:FALSE`", .0.display()
    )]
    OfCa(PathBuf),
    /// The first certificate in the file names no host.
    #[error(
        "{}: its first certificate says in no subjectAltName which host it is for, and no client will accept it; make it with `-addext subjectAltName=DNS:game.example.com`, the name being that of your server", .0.display()
    )]
    OfNobody(PathBuf),
    /// Certificate and key are of two pairs.
    #[error(
        "{} and {}: the key is not that of the first certificate; put the two there that were made together, the server's own certificate before those of its issuers", .cert.display(), .key.display()
    )]
    KeyMismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// Certificate and key cannot be used.
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

/// Where certificate and key are.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) cert: PathBuf,
    pub(super) key: PathBuf,
}

/// What is in the files, as bytes: two readings are the same or they are not, whatever became of names, links and dates.
#[derive(PartialEq, Eq)]
pub(super) struct Contents {
    cert: Vec<u8>,
    key: Vec<u8>,
}

/// A certificate that can be used.
pub(super) struct Certificate {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) not_after: Timestamp,
}

impl Files {
    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        self.read_by(files::read)
    }

    /// While the server runs.
    pub(super) fn read_again(&self) -> Result<Contents, TlsError> {
        self.read_by(files::read_again)
    }

    fn read_by(
        &self,
        read: impl Fn(&Path, u64) -> io::Result<Vec<u8>>,
    ) -> Result<Contents, TlsError> {
        let read = |file: &Path| {
            read(file, FILE_BYTES_MAX).map_err(|source| TlsError::Unreadable {
                file: file.to_owned(),
                source,
            })
        };
        Ok(Contents {
            cert: read(&self.cert)?,
            key: read(&self.key)?,
        })
    }

    /// Makes of it what TLS needs, and checks that the key is the certificate's.
    pub(super) fn certificate(&self, contents: &Contents) -> Result<Certificate, TlsError> {
        let no_pem = |file: &Path| {
            let file = file.to_owned();
            move |source| TlsError::NoPem { file, source }
        };
        let chain = CertificateDer::pem_slice_iter(&contents.cert)
            .collect::<Result<Vec<_>, _>>()
            .map_err(no_pem(&self.cert))?;
        let first = chain
            .first()
            .ok_or_else(|| TlsError::NoCertificate(self.cert.clone()))?;
        let not_after = self.not_after(first)?;
        let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(no_pem(&self.key))?;
        let certified = CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map_err(|source| self.unusable(source))?;
        Ok(Certificate {
            certified: Arc::new(certified),
            not_after,
        })
    }

    pub(super) fn unusable(&self, source: rustls::Error) -> TlsError {
        let (cert, key) = (self.cert.clone(), self.key.clone());
        match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::KeyMismatch { cert, key }
            }
            source => TlsError::Unusable { cert, key, source },
        }
    }

    /// When a server's certificate ends; others are refused.
    fn not_after(&self, certificate: &CertificateDer<'_>) -> Result<Timestamp, TlsError> {
        let bad = |reason: String| TlsError::BadCertificate {
            file: self.cert.clone(),
            reason,
        };
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
            .map_err(|error| bad(error.to_string()))?;
        let constraints = parsed
            .basic_constraints()
            .map_err(|error| bad(format!("basicConstraints: {error}")))?;
        if constraints.is_some_and(|constraints| constraints.value.ca) {
            return Err(TlsError::OfCa(self.cert.clone()));
        }
        let names = parsed
            .subject_alternative_name()
            .map_err(|error| bad(format!("subjectAltName: {error}")))?;
        if names.is_none() {
            return Err(TlsError::OfNobody(self.cert.clone()));
        }
        let s = parsed.validity().not_after.timestamp();
        // Before 1970 is as long over as 1970.
        let s = u64::try_from(s).unwrap_or_default();
        Ok(Timestamp::from_ms(s.saturating_mul(1_000)))
    }
}
