//! Reaching the server: addresses, TCP, TLS.

use super::tcp::Tcp;
use crate::{ConfigError, ServerAddress};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long finding the host's addresses may take.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one address, with its TLS handshake, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Addresses of a host tried in one attempt to connect.
const ADDRESSES_MAX: usize = 8;

/// Whom TLS is spoken with, and how; one configuration for all connections of a client.
type Tls = (TlsConnector, ServerName<'static>);

/// An attempt to connect.
pub(super) type Connecting = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;

/// Knows where to connect and how.
pub(crate) struct Connector {
    server: Arc<ServerAddress>,
    tls: Option<Tls>,
}

impl Connector {
    pub(crate) fn new(server: &ServerAddress, ca_file: Option<&Path>) -> Result<Self, ConfigError> {
        let tls = if server.tls {
            let name = ServerName::try_from(server.host.clone())
                .map_err(|_| ConfigError::ServerName(server.host.clone()))?;
            let config = match ca_file {
                Some(path) => Arc::new(client_config(roots_of(path)?)),
                None => system_config()?,
            };
            Some((TlsConnector::from(config), name))
        } else {
            None
        };
        Ok(Self {
            server: Arc::new(server.clone()),
            tls,
        })
    }

    pub(super) fn connect(&self) -> Connecting {
        let (server, tls) = (Arc::clone(&self.server), self.tls.clone());
        Box::pin(async move {
            reach(&server, tls.as_ref()).await.map_err(|error| {
                let hint = hint(&error);
                io::Error::new(
                    error.kind(),
                    format!("cannot reach {server}: {error}{hint}"),
                )
            })
        })
    }
}

/// What to do about it.
fn hint(error: &io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidMessage(_)) => {
            "; does the server speak TLS there? If not, leave tls:// out"
        }
        Some(rustls::Error::InvalidCertificate(error)) => certificate_hint(error),
        _ if error.kind() == io::ErrorKind::ConnectionRefused => "; is userstatusd running there?",
        _ => "",
    }
}

fn certificate_hint(error: &CertificateError) -> &'static str {
    match error {
        // A bad signature: of another certificate under the same name, such as the one before.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "; nobody this machine trusts has signed the server's certificate: name the file of the CA, or of a self-signed certificate, with ca_file"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "; the server's certificate is for another host: connect by a name that stands in it, or have one made with this name as its subjectAltName"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "; the server's certificate has expired, or this machine's clock is wrong"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "; the server's certificate is not valid yet: is this machine's clock wrong?"
        }
        // The verifier has no name of its own for a CA's certificate in the place of the server's.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "; the server shows the certificate of a CA as its own: its operator has to make one with basicConstraints CA:FALSE"
        }
        _ => "; the operator of the server has to mend its certificate",
    }
}

/// Tries the server's addresses in turn.
async fn reach(server: &ServerAddress, tls: Option<&Tls>) -> io::Result<Stream> {
    let lookup = tokio::net::lookup_host((server.host.as_str(), server.port));
    let addresses = timeout(LOOKUP_TIMEOUT, lookup)
        .await
        .map_err(|_| timed_out("no answer about its name"))??;
    let mut failure = None;
    for address in addresses.take(ADDRESSES_MAX) {
        match timeout(CONNECT_TIMEOUT, open(address, tls)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = Some(error),
            Err(_) => failure = Some(timed_out("it does not answer")),
        }
        tracing::debug!(%address, error = failure.as_ref().map(tracing::field::display), "no connection");
    }
    Err(failure.unwrap_or_else(|| io::Error::other("the host has no address")))
}

async fn open(address: SocketAddr, tls: Option<&Tls>) -> io::Result<Stream> {
    let stream = Tcp::connect(address).await?;
    Ok(match tls {
        None => Stream::Plain(stream),
        Some((connector, name)) => {
            Stream::Tls(Box::new(connector.connect(name.clone(), stream).await?))
        }
    })
}

fn timed_out(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what)
}

/// A connection to the server.
pub(super) enum Stream {
    Plain(Tcp),
    Tls(Box<TlsStream<Tcp>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

fn roots_of(path: &Path) -> Result<RootCertStore, ConfigError> {
    let error = |reason: String| ConfigError::CaFile {
        path: path.to_owned(),
        reason,
    };
    let mut roots = RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(path).map_err(|failure| error(failure.to_string()))?
    {
        let certificate = certificate.map_err(|failure| error(failure.to_string()))?;
        roots
            .add(certificate)
            .map_err(|failure| error(failure.to_string()))?;
    }
    if roots.is_empty() {
        return Err(error("it holds no certificate in PEM".to_owned()));
    }
    Ok(roots)
}

/// The system's roots are read once a process.
fn system_config() -> Result<Arc<ClientConfig>, ConfigError> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        return Err(ConfigError::NoSystemRoots(reasons.join("; ")));
    }
    Ok(Arc::clone(
        CONFIG.get_or_init(|| Arc::new(client_config(roots))),
    ))
}

fn client_config(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring's provider has cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio_rustls::TlsAcceptor;

    /// What a client is advised to do that calls such a server by the name localhost.
    async fn advice(name: &str, trusted: bool, change: fn(&mut CertificateParams)) -> String {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let other = KeyPair::generate().unwrap();
        let other = CertificateParams::default().self_signed(&other).unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(match trusted {
                true => certificate.clone(),
                false => other.der().clone(),
            })
            .unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let (near, far) = tokio::io::duplex(64 * 1024);
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(client_config(roots)));
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let (connected, _) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
        match connected {
            Ok(_) => "none".to_owned(),
            Err(error) => hint(&error).to_owned(),
        }
    }

    #[tokio::test]
    async fn a_certificate_that_is_refused_is_answered_with_what_to_do() {
        let as_it_is: fn(&mut CertificateParams) = |_| {};
        assert_eq!(advice("localhost", true, as_it_is).await, "none");
        let of_ca: fn(&mut CertificateParams) =
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ended: fn(&mut CertificateParams) =
            |params| params.not_after = date_time_ymd(2001, 1, 1);
        let renamed: fn(&mut CertificateParams) = |params| {
            params
                .distinguished_name
                .push(DnType::CommonName, "another");
        };
        for (name, trusted, change, expected) in [
            ("localhost", false, renamed, "ca_file"),
            ("localhost", true, of_ca, "CA:FALSE"),
            ("localhost", false, as_it_is, "ca_file"),
            ("other.example.com", true, as_it_is, "subjectAltName"),
            ("localhost", true, ended, "expired"),
        ] {
            let advice = advice(name, trusted, change).await;
            assert!(advice.contains(expected), "{expected}: {advice}");
        }
    }
}
