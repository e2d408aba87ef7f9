//! What the operator decides about clients' connections.

mod network;

pub use network::Network;

use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a server listens for clients that nobody configured.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7700);

/// One address clients connect to, plain or TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listener {
    /// Address and port; port 0 is any free one.
    pub address: SocketAddr,
    /// Said on purpose: without TLS every UserSig can be read on the way.
    pub plain_tcp: bool,
    /// PEM file of the certificate chain, the server's own first; empty: none.
    pub tls_cert_file: PathBuf,
    /// PEM file of the private key; empty: none.
    pub tls_key_file: PathBuf,
    /// Connections the kernel holds until the server takes them. It allows no more than `net.core.somaxconn`.
    pub backlog: u32,
    /// Whether every connection comes through a balancer that says whose it is in a PROXY protocol header.
    pub proxy_protocol: bool,
    /// The balancers: with `proxy_protocol` nobody else is let in, with `forwarded_for` nobody else is believed.
    pub proxy_trusted: Vec<Network>,
    /// Whether clients speak WebSocket here, as web pages do.
    pub websocket: bool,
    /// Origins of web pages that may connect, as in `https://game.example`; none: all. Programs that are no web page may in any case.
    pub websocket_origins: Vec<String>,
    /// Whether `proxy_trusted` are HTTP balancers that say in `X-Forwarded-For` whose connection they hand on.
    pub forwarded_for: bool,
}

/// What a connection may do, and how many there may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connections {
    /// Connections at once; 0: what the limit on open files leaves.
    pub count_max: u32,
    /// Connections at once from one address (IPv6: one /64); 0: a quarter of all, at least 500, and no limit on loopback.
    pub per_address_max: u32,
    /// From the accept to a complete hello, TLS handshake included.
    pub hello_timeout_ms: u32,
    /// From the accept to a successful login.
    pub login_timeout_ms: u32,
    /// A TLS handshake, from its turn to its end. It is part of the time for the hello.
    pub tls_handshake_timeout_ms: u32,
    /// Frames a second read from one connection, more wait; 0: no such limit.
    pub frames_per_s_max: u32,
    /// Status changes within this time of the last push to the same connection go out in one write; 0: each at once.
    pub push_coalesce_ms: u32,
}

/// Forged logins: how many, before those that follow are told no more than to wait (70050).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Throttle {
    /// The time in which forgeries are counted.
    pub window_ms: u32,
    /// Forgeries for one account, wherever they come from.
    pub forgeries_per_account_max: u32,
    /// Forgeries from one address (IPv6: one /64), whatever the account.
    pub forgeries_per_address_max: u32,
    /// Addresses and accounts remembered; then the one with the oldest forgery is forgotten.
    pub entries_max: u32,
}

impl Default for Listener {
    fn default() -> Self {
        Self {
            address: DEFAULT_LISTEN,
            plain_tcp: false,
            tls_cert_file: PathBuf::new(),
            tls_key_file: PathBuf::new(),
            backlog: 4_096,
            proxy_protocol: false,
            proxy_trusted: Vec::new(),
            websocket: false,
            websocket_origins: Vec::new(),
            forwarded_for: false,
        }
    }
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            count_max: 0,
            per_address_max: 0,
            hello_timeout_ms: 10_000,
            login_timeout_ms: 20_000,
            tls_handshake_timeout_ms: 5_000,
            frames_per_s_max: 10_000,
            push_coalesce_ms: 10,
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            window_ms: 60_000,
            forgeries_per_account_max: 20,
            forgeries_per_address_max: 100,
            entries_max: 50_000,
        }
    }
}

impl Listener {
    /// Certificate and key, if it speaks TLS.
    pub fn tls_files(&self) -> Option<(&Path, &Path)> {
        non_empty(&self.tls_cert_file).zip(non_empty(&self.tls_key_file))
    }
}

/// A setting in milliseconds as a duration.
pub const fn ms(setting: u32) -> Duration {
    Duration::from_millis(setting as u64)
}

fn non_empty(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}
