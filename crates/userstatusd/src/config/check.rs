//! What a configuration cannot be although each value fits its type.

use super::{ADMIN_TOKEN_BYTES_MIN, Admin, Config, ConfigError, Problem, Rest, Storage, non_empty};
use std::net::{Ipv6Addr, SocketAddr};
use userstatus_edge::settings::Listener;

impl Config {
    /// Checks what a type cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let problems = self.problems();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(ConfigError::Invalid(problems)),
        }
    }

    /// Every value that cannot be.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.listeners.is_empty() {
            problems.push(Problem::new(
                "listeners",
                "there is none; add a [[listeners]] section",
            ));
        }
        let admin = self.admin.enabled.then_some(self.admin.listen);
        self.rest.check(&mut problems);
        let rest = self.rest.address().ok().flatten();
        if let Some(address) = rest
            && address.port() != 0
            && self
                .listeners
                .iter()
                .map(|listener| listener.address)
                .chain(admin)
                .any(|other| is_taken_by(other, address))
        {
            problems.push(Problem::new(
                "rest.listen",
                format!("{address} is listened on already, by a listener or the admin port; choose another port"),
            ));
        }
        match self.health.address() {
            Ok(Some(address))
                if address.port() != 0
                    && self
                        .listeners
                        .iter()
                        .map(|listener| listener.address)
                        .chain(admin)
                        .chain(rest)
                        .any(|other| is_taken_by(other, address)) =>
            {
                problems.push(Problem::new(
                    "health.listen",
                    format!("{address} is listened on already, by a listener, the admin or the REST port; choose another port"),
                ));
            }
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
        for (index, listener) in self.listeners.iter().enumerate() {
            let before = self.listeners[..index].iter().map(|other| other.address);
            if listener.address.port() != 0
                && before
                    .chain(admin)
                    .any(|other| is_taken_by(other, listener.address))
            {
                problems.push(Problem::new(
                    format!("listeners.{index}.address"),
                    format!(
                        "{} is listened on already, by another listener or the admin port; choose another port",
                        listener.address
                    ),
                ));
            }
            check_listener(listener, &format!("listeners.{index}"), &mut problems);
        }
        self.check_ranges(&mut problems);
        self.check_pairs(&mut problems);
        self.admin.check(&self.storage, &mut problems);
        if let Err(error) = crate::logging::check_level(&self.log.level) {
            problems.push(Problem::new("log.level", error));
        }
        problems
    }

    fn check_ranges(&self, problems: &mut Vec<Problem>) {
        let (connections, throttle) = (&self.connections, &self.throttle);
        let shutdown = &self.shutdown;
        // An hour, where a longer time could only be a mistake in the unit.
        let hour = 3_600_000;
        for (key, value, min, max) in [
            (
                "connections.hello_timeout_ms",
                connections.hello_timeout_ms,
                100,
                hour,
            ),
            (
                "connections.login_timeout_ms",
                connections.login_timeout_ms,
                100,
                hour,
            ),
            (
                "connections.tls_handshake_timeout_ms",
                connections.tls_handshake_timeout_ms,
                100,
                hour,
            ),
            (
                "connections.push_coalesce_ms",
                connections.push_coalesce_ms,
                0,
                10_000,
            ),
            ("throttle.window_ms", throttle.window_ms, 100, hour),
            (
                "throttle.forgeries_per_account_max",
                throttle.forgeries_per_account_max,
                1,
                10_000,
            ),
            (
                "throttle.forgeries_per_address_max",
                throttle.forgeries_per_address_max,
                1,
                10_000,
            ),
            ("throttle.entries_max", throttle.entries_max, 1, 10_000_000),
            ("metrics.apps_max", self.metrics.apps_max, 0, 1_000),
            (
                "shutdown.drain_timeout_ms",
                shutdown.drain_timeout_ms,
                0,
                hour,
            ),
            (
                "shutdown.reconnect_spread_ms",
                shutdown.reconnect_spread_ms,
                0,
                hour,
            ),
            (
                "runtime.worker_threads",
                self.runtime.worker_threads,
                0,
                1_024,
            ),
        ] {
            check_range(key, value, min, max, problems);
        }
    }

    /// What is right by itself and not together.
    fn check_pairs(&self, problems: &mut Vec<Problem>) {
        let connections = &self.connections;
        if connections.login_timeout_ms < connections.hello_timeout_ms {
            problems.push(Problem::new(
                "connections.login_timeout_ms",
                format!(
                    "it is {} and connections.hello_timeout_ms is {}: both count from the accept, and the hello comes first; make it longer",
                    connections.login_timeout_ms, connections.hello_timeout_ms
                ),
            ));
        }
        if connections.count_max > 0 && connections.per_address_max > connections.count_max {
            problems.push(Problem::new(
                "connections.per_address_max",
                format!(
                    "it is {} and connections.count_max is {}: one address cannot have more connections than there may be; make it smaller",
                    connections.per_address_max, connections.count_max
                ),
            ));
        }
    }
}

impl Rest {
    fn check(&self, problems: &mut Vec<Problem>) {
        let address = match self.address() {
            Ok(address) => address,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let has_cert = non_empty(&self.tls_cert_file).is_some();
        let has_key = non_empty(&self.tls_key_file).is_some();
        let (key, problem) = match (has_cert, has_key) {
            (true, false) => (
                "rest.tls_key_file",
                "tls_cert_file is set but tls_key_file is not; set it to the PEM file with the certificate's private key".to_owned(),
            ),
            (false, true) => (
                "rest.tls_cert_file",
                "tls_key_file is set but tls_cert_file is not; set it to the PEM file with the certificate chain".to_owned(),
            ),
            (true, true) if self.balancer_ends_tls => (
                "rest.balancer_ends_tls",
                "it is true and there is a certificate: TLS ends in one place; leave out the one or the other".to_owned(),
            ),
            (false, false) => match address {
                Some(address) if !address.ip().is_loopback() && !self.balancer_ends_tls => (
                    "rest.listen",
                    format!("{address} can be reached from other machines and nothing is encrypted there, UserSigs of admins neither; set tls_cert_file and tls_key_file, use a loopback address, or set balancer_ends_tls = true if only a balancer that ends TLS can reach it"),
                ),
                _ => return,
            },
            (true, true) => return,
        };
        problems.push(Problem::new(key, problem));
    }
}

impl Admin {
    fn check(&self, storage: &Storage, problems: &mut Vec<Problem>) {
        if !self.enabled {
            return;
        }
        if !self.allow_remote && !self.listen.ip().is_loopback() {
            problems.push(Problem::new(
                "admin.listen",
                format!(
                    "{} can be reached from other machines and HTTP there is not encrypted; use a loopback address, or set admin.allow_remote = true",
                    self.listen
                ),
            ));
        }
        let token = self.token.trim();
        if !token.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            problems.push(Problem::new(
                "admin.token",
                "it holds characters that no HTTP header can; take letters, digits, signs and spaces of ASCII",
            ));
        } else if !self.token.is_empty() && token.len() < ADMIN_TOKEN_BYTES_MIN {
            problems.push(Problem::new(
                "admin.token",
                format!(
                    "it is shorter than {ADMIN_TOKEN_BYTES_MIN} bytes and could be guessed; choose a longer one, or leave it out and the server makes one in admin.token_file"
                ),
            ));
        }
        if self.token.is_empty() && self.token_file(storage).is_none() {
            problems.push(Problem::new(
                "admin.token",
                "there is no data directory to keep one in; set admin.token or admin.token_file, or admin.enabled = false",
            ));
        }
    }
}

/// Whether who listens on one address leaves no room for the other: all of a family has each of its addresses.
fn is_taken_by(one: SocketAddr, other: SocketAddr) -> bool {
    let (one_ip, other_ip) = (one.ip(), other.ip());
    let is_all_of_it = (one_ip.is_unspecified() || other_ip.is_unspecified())
        && one_ip.is_ipv4() == other_ip.is_ipv4();
    one.port() == other.port() && (one_ip == other_ip || is_all_of_it)
}

fn check_listener(listener: &Listener, name: &str, problems: &mut Vec<Problem>) {
    let has_cert = non_empty(&listener.tls_cert_file).is_some();
    let has_key = non_empty(&listener.tls_key_file).is_some();
    let problem = match (has_cert, has_key, listener.plain_tcp) {
        (true, true, false) | (false, false, true) => None,
        (true, true, true) => Some(
            "plain_tcp is true and there is a certificate: a listener speaks one of the two, add a second listener for the other",
        ),
        (false, false, false) => Some(
            "set tls_cert_file and tls_key_file, or plain_tcp = true if UserSigs may travel readable",
        ),
        (true, false, _) => Some(
            "tls_cert_file is set but tls_key_file is not; set it to the PEM file with the certificate's private key",
        ),
        (false, true, _) => Some(
            "tls_key_file is set but tls_cert_file is not; set it to the PEM file with the certificate chain",
        ),
    };
    problems.extend(problem.map(|problem| Problem::new(name, problem)));
    let is_told_clients = listener.proxy_protocol || listener.forwarded_for;
    let proxy_problem = match (is_told_clients, listener.proxy_trusted.is_empty()) {
        (true, false) | (false, true) => None,
        (true, true) => Some(
            "name the networks your balancers are in: anybody else could claim to be anybody with a PROXY protocol header or X-Forwarded-For",
        ),
        (false, false) => Some(
            "these networks are trusted for nothing; set proxy_protocol = true (or, with websocket, forwarded_for = true), or leave them out",
        ),
    };
    problems.extend(
        proxy_problem.map(|problem| Problem::new(format!("{name}.proxy_trusted"), problem)),
    );
    check_websocket(listener, name, problems);
    check_range(
        &format!("{name}.backlog"),
        listener.backlog,
        1_024,
        1_000_000,
        problems,
    );
}

fn check_websocket(listener: &Listener, name: &str, problems: &mut Vec<Problem>) {
    let mut wrong = |key: &str, problem: String| {
        problems.push(Problem::new(format!("{name}.{key}"), problem));
    };
    let only_web = "this setting is for web pages; set websocket = true, or leave the setting out";
    if !listener.websocket && !listener.websocket_origins.is_empty() {
        wrong("websocket_origins", only_web.to_owned());
    }
    if listener.forwarded_for && !listener.websocket {
        wrong("forwarded_for", only_web.to_owned());
    }
    if listener.forwarded_for && listener.proxy_protocol {
        wrong(
            "forwarded_for",
            "a balancer says whose connection it is in one way; leave out this or proxy_protocol"
                .to_owned(),
        );
    }
    for (index, origin) in listener.websocket_origins.iter().enumerate() {
        if !is_origin(origin) {
            wrong(
                &format!("websocket_origins.{index}"),
                format!(
                    "{origin:?} is no origin; an origin is a scheme, a host (in punycode where it is not ASCII) and, if it is not the usual one, a port, as in https://game.example"
                ),
            );
        }
    }
}

/// As browsers write it: a port only if it is not the usual one, and letters of other scripts in punycode.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host_and_port)) = text.split_once("://") else {
        return false;
    };
    let (host, port) = match host_and_port.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, port)) => match port.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None => return false,
            },
            None => return false,
        },
        None => match host_and_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_and_port, None),
        },
    };
    let is_host = match host_and_port.starts_with('[') {
        true => host.parse::<Ipv6Addr>().is_ok(),
        false => {
            let is_of_a_host =
                |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
            !host.is_empty() && host.chars().all(is_of_a_host)
        }
    };
    let is_port = |port: &str| {
        port.parse::<u16>()
            .is_ok_and(|number| number.to_string() == port && number != 0)
    };
    let is_usual = matches!(
        (scheme, port),
        ("http", Some("80")) | ("https", Some("443"))
    );
    let is_scheme =
        !scheme.is_empty() && scheme.chars().all(|letter| letter.is_ascii_alphanumeric());
    is_scheme && is_host && port.is_none_or(is_port) && !is_usual
}

fn check_range(key: &str, value: u32, min: u32, max: u32, problems: &mut Vec<Problem>) {
    if !(min..=max).contains(&value) {
        problems.push(Problem::new(
            key,
            format!("it is {value}; it must be {min} to {max}"),
        ));
    }
}
