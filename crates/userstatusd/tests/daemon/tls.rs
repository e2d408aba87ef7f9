//! A TLS listener beside a plain one.

use crate::client::{Client, ONLINE};
use crate::process::{Daemon, temp_dir};
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;

struct Certificate {
    roots: RootCertStore,
}

impl Certificate {
    /// In `cert.pem` and `key.pem`.
    fn new(dir: &Path) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        Self { roots }
    }

    fn connect(&self, address: SocketAddr) -> Client {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let session = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(address).unwrap();
        let stream = StreamOwned::new(session, socket.try_clone().unwrap());
        let mut client = Client::over(Box::new(stream), socket);
        client.hello();
        client
    }
}

#[test]
fn clients_over_tls_and_plain_tcp_see_each_other() {
    let dir = temp_dir();
    let certificate = Certificate::new(dir.path());
    let config = format!(
        "[[listeners]]\nplain_tcp = true\n\
         [[listeners]]\naddress = \"127.0.0.1:0\"\ntls_cert_file = '{0}/cert.pem'\ntls_key_file = '{0}/key.pem'\n",
        dir.path().display()
    );
    let mut daemon = Daemon::serve(&config, &dir.path().join("data"));
    let tls = daemon.announced["servers"][1]
        .as_str()
        .unwrap()
        .strip_prefix("tls://")
        .unwrap();
    let tls: SocketAddr = tls.parse().unwrap();

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
    daemon.wait_for_log("TLS handshake failed");
    assert_eq!(alice.pong(1).nonce, 1);
    assert_eq!(alice.logout().code, 0);
    alice.ended();
    bob.pushed("alice", crate::client::UNLOGINED, "");
}
