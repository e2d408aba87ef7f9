//! Whom TLS trusts: the system's authorities or given ones, and if wanted only certain keys; and what to do when it does not.

use crate::{CertificatePin, ConfigError};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// Where Android keeps its authorities, one in a file: since version 14, and always. No other system has these folders.
const ANDROID_FOLDERS: [&str; 2] = [
    "/apex/com.android.conscrypt/cacerts",
    "/system/etc/security/cacerts",
];

/// Which servers are believed.
#[derive(Clone, Copy)]
pub(crate) struct Trust<'a> {
    /// Authorities in PEM, instead of the system's.
    pub(crate) ca_file: Option<&'a Path>,
    /// The same, as a text.
    pub(crate) ca_pem: Option<&'a str>,
    /// Keys, one of which the server's certificate has to have. Empty: any.
    pub(crate) pins: &'a [CertificatePin],
}

/// One configuration for all connections of a client, and for all clients of a process that trust the system alone: it is large.
pub(super) fn config(trust: Trust<'_>) -> Result<Arc<ClientConfig>, ConfigError> {
    let is_system = trust.ca_file.is_none() && trust.ca_pem.is_none();
    match (is_system, trust.pins) {
        (true, []) => {
            static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
            Ok(Arc::clone(CONFIG.get_or_init(|| {
                Arc::new(client_config(system_roots(), &[]))
            })))
        }
        (true, pins) => Ok(Arc::new(client_config(system_roots(), pins))),
        (false, pins) => Ok(Arc::new(client_config(Arc::new(given_roots(trust)?), pins))),
    }
}

fn client_config(roots: Arc<RootCertStore>, pins: &[CertificatePin]) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring's provider has cipher suites of TLS 1.2 and 1.3");
    if pins.is_empty() {
        return builder.with_root_certificates(roots).with_no_client_auth();
    }
    let authorities = WebPkiServerVerifier::builder_with_provider(roots, provider)
        .build()
        .expect("there are authorities, and no lists of revoked certificates");
    let pinned = Pinned {
        authorities,
        pins: pins.to_vec(),
    };
    builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth()
}

fn given_roots(trust: Trust<'_>) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = trust.ca_file {
        let added = match CertificateDer::pem_file_iter(path) {
            Ok(found) => add(&mut roots, found),
            Err(failure) => Err(failure.to_string()),
        };
        added.map_err(|reason| ConfigError::CaFile {
            path: path.to_owned(),
            reason,
        })?;
    }
    if let Some(text) = trust.ca_pem {
        let found = CertificateDer::pem_slice_iter(text.as_bytes());
        add(&mut roots, found).map_err(ConfigError::CaPem)?;
    }
    Ok(roots)
}

fn add(
    roots: &mut RootCertStore,
    found: impl Iterator<Item = Result<CertificateDer<'static>, rustls::pki_types::pem::Error>>,
) -> Result<(), String> {
    let before = roots.len();
    for certificate in found {
        let certificate = certificate.map_err(|failure| failure.to_string())?;
        roots
            .add(certificate)
            .map_err(|failure| failure.to_string())?;
    }
    if roots.len() == before {
        return Err("it holds no certificate in PEM".to_owned());
    }
    Ok(())
}

/// The system's authorities, read once a process; where there are none to be read (iOS, a bare container), those that Mozilla trusts.
fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    Arc::clone(ROOTS.get_or_init(|| {
        let mut found = rustls_native_certs::load_native_certs();
        for folder in ANDROID_FOLDERS {
            if found.certs.is_empty() {
                let folder = Some(Path::new(folder));
                found.certs = rustls_native_certs::load_certs_from_paths(None, folder).certs;
            }
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            tracing::info!(
                reasons = reasons.join("; "),
                "this system's certificate authorities cannot be read; those built in are used"
            );
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Arc::new(roots)
    }))
}

/// Beyond what authorities say, the server's own key has to be a known one. An authority's key is not looked at: a server shows whose
/// certificates it likes, and which of them it really was signed by is not handed out.
#[derive(Debug)]
struct Pinned {
    authorities: Arc<WebPkiServerVerifier>,
    pins: Vec<CertificatePin>,
}

#[derive(Debug, thiserror::Error)]
#[error("the key of the server's certificate, {0}, is none of those pinned")]
struct NotPinned(CertificatePin);

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.authorities.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )?;
        let key = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        let pin = CertificatePin::of_key(&key);
        if self.pins.contains(&pin) {
            return Ok(verified);
        }
        let other = OtherError(Arc::new(NotPinned(pin)));
        Err(CertificateError::Other(other).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// What to do about a server that is not believed, or that speaks something else.
pub(super) fn hint(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidMessage(_) => {
            "; does the server speak TLS there? If not, leave tls:// out"
        }
        rustls::Error::InvalidCertificate(error) => certificate_hint(error),
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
        CertificateError::Other(other) if other.0.is::<NotPinned>() => {
            "; if its operator has changed the key, add this pin to tls_pins; if not, somebody stands in between"
        }
        // The verifier has no name of its own for a CA's certificate in the place of the server's.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "; the server shows the certificate of a CA as its own: its operator has to make one with basicConstraints CA:FALSE"
        }
        _ => "; the operator of the server has to mend its certificate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CertificatePin;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{RootCertStore, ServerConfig};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    /// What a client is advised to do that calls such a server by the name localhost.
    async fn advice(
        name: &str,
        trusted: bool,
        pins: &[CertificatePin],
        change: fn(&mut CertificateParams),
    ) -> String {
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
        let connector = TlsConnector::from(Arc::new(client_config(Arc::new(roots), pins)));
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let (connected, _) = tokio::join!(connector.connect(name, near), acceptor.accept(far));
        match connected {
            Ok(_) => "none".to_owned(),
            Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(error) => format!("{error}{}", hint(error)),
                None => error.to_string(),
            },
        }
    }

    #[tokio::test]
    async fn a_certificate_that_is_refused_is_answered_with_what_to_do() {
        let as_it_is: fn(&mut CertificateParams) = |_| {};
        assert_eq!(advice("localhost", true, &[], as_it_is).await, "none");
        let of_ca: fn(&mut CertificateParams) =
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ended: fn(&mut CertificateParams) =
            |params| params.not_after = date_time_ymd(2001, 1, 1);
        let renamed: fn(&mut CertificateParams) = |params| {
            params
                .distinguished_name
                .push(DnType::CommonName, "another");
        };
        let pin: CertificatePin = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
            .parse()
            .unwrap();
        let refused = advice("localhost", true, &[pin], as_it_is).await;
        assert!(refused.contains("tls_pins"), "{refused}");
        // What it says can be pinned: the same key is not there twice, so only that it is read.
        let shown = refused.split_once("sha256/").expect("the pin").1;
        shown[..44].parse::<CertificatePin>().unwrap();
        // A pin is no way around the authorities.
        let untrusted = advice("localhost", false, &[pin], renamed).await;
        assert!(untrusted.contains("ca_file"), "{untrusted}");
        for (name, trusted, change, expected) in [
            ("localhost", false, renamed, "ca_file"),
            ("localhost", true, of_ca, "CA:FALSE"),
            ("localhost", false, as_it_is, "ca_file"),
            ("other.example.com", true, as_it_is, "subjectAltName"),
            ("localhost", true, ended, "expired"),
        ] {
            let advice = advice(name, trusted, &[], change).await;
            assert!(advice.contains(expected), "{expected}: {advice}");
        }
    }
}
