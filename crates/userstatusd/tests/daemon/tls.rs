//! A TLS listener beside a plain one.

use crate::client::{Client, ONLINE};
use crate::process::{Daemon, PATIENCE, temp_dir, until};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

pub struct Certificate {
    roots: RootCertStore,
    config: Arc<ClientConfig>,
}

impl Certificate {
    /// In `cert.pem` and `key.pem`.
    pub fn new(dir: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        // Never half there for a server that looks at them: first the key, which fits no certificate yet.
        for (name, pem) in [
            ("key.pem", made.signing_key.serialize_pem()),
            ("cert.pem", made.cert.pem()),
        ] {
            let next = dir.join("next.pem");
            std::fs::write(&next, pem).unwrap();
            std::fs::rename(&next, dir.join(name)).unwrap();
        }
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        Self {
            roots,
            config: Arc::new(config),
        }
    }

    /// A listener of a configuration.
    pub fn listener(&self, dir: &Path) -> String {
        format!(
            "[[listeners]]\naddress = \"127.0.0.1:0\"\ntls_cert_file = '{0}/cert.pem'\ntls_key_file = '{0}/key.pem'\n",
            dir.display()
        )
    }

    pub fn connect(&self, address: SocketAddr) -> Client {
        self.over(TcpStream::connect(address).unwrap())
    }

    /// Greeted over TLS.
    pub fn over(&self, socket: TcpStream) -> Client {
        let stream = self.shaken(socket.try_clone().unwrap()).unwrap();
        let mut client = Client::over(Box::new(stream), socket);
        client.hello();
        client
    }

    /// After a handshake, which fails if the server has another certificate.
    pub fn shaken(
        &self,
        socket: TcpStream,
    ) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(Arc::clone(&self.config), name).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut stream = StreamOwned::new(session, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }
}

/// Where the second listener listens.
pub fn address(daemon: &Daemon) -> SocketAddr {
    let address = daemon.announced["servers"][1].as_str().unwrap();
    address.strip_prefix("tls://").unwrap().parse().unwrap()
}

#[test]
fn clients_over_tls_and_plain_tcp_see_each_other() {
    let dir = temp_dir();
    let certificate = Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n{}",
        certificate.listener(dir.path())
    );
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let tls = address(&daemon);

    let mut alice = certificate.connect(tls);
    let login = alice.login_of(&daemon, "alice");
    alice.login(login).unwrap();
    alice.subscribe(&["bob"]);
    let mut bob = Client::logged_in(&daemon, "bob");
    for text in ["one", "two", "three"] {
        bob.set_status(text);
        alice.pushed("bob", ONLINE, text);
    }
    bob.subscribe(&["alice"]);
    // More than one TLS record.
    let long: Vec<_> = (0..500).map(|number| format!("{number:032}")).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    assert_eq!(alice.query(&long).code, 0);
    alice.set_status("over TLS");
    bob.pushed("alice", ONLINE, "over TLS");

    // Plain bytes on the TLS port harm nobody.
    let mut lost = Client::connect(tls);
    lost.send(userstatus_wire::v1::Hello::new("test", "1.0"));
    let line = daemon.wait_for_log("TLS handshake failed");
    assert!(line.contains("has to begin with tls://"), "{line}");
    assert_eq!(alice.pong(1).nonce, 1);
    assert_eq!(alice.logout().code, 0);
    alice.ended();
    bob.pushed("alice", crate::client::UNLOGINED, "");
}

#[test]
fn a_renewed_certificate_is_served_and_what_stands_stays() {
    let dir = temp_dir();
    let old = Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n{}",
        old.listener(dir.path())
    );
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let tls = address(&daemon);
    let mut alice = old.connect(tls);
    let login = alice.login_of(&daemon, "alice");
    alice.login(login).unwrap();

    // What cannot be used leaves the old one in place, and is said once.
    std::fs::write(dir.path().join("cert.pem"), "nothing").unwrap();
    daemon.wait_for_log("the certificate's files have changed and cannot be used");
    assert!(old.shaken(TcpStream::connect(tls).unwrap()).is_ok());

    let new = Certificate::new(dir.path());
    until("the new certificate", || {
        new.shaken(TcpStream::connect(tls).unwrap()).ok()
    });
    // The old client trusts the old certificate only, but holds a ticket of an earlier handshake.
    assert!(old.connect(tls).pong(1).nonce == 1);
    let stranger = Certificate {
        config: Arc::new(
            ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(old.roots.clone())
                .with_no_client_auth(),
        ),
        roots: old.roots.clone(),
    };
    assert!(stranger.shaken(TcpStream::connect(tls).unwrap()).is_err());
    assert_eq!(alice.pong(1).nonce, 1);
    daemon.signal(rustix::process::Signal::TERM);
    drop(alice);
    daemon.wait();
    let log = daemon.whole_log();
    assert!(log.contains("a new certificate is served"), "{log}");
    assert_eq!(log.matches("cannot be used").count(), 1, "{log}");
}
