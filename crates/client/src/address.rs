//! Where the server is.

use std::fmt;
use std::str::FromStr;

/// A server's address: `host:port` for plain TCP, `tls://host:port` for TLS; an IPv6 host stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Name or IP address, without brackets.
    pub host: String,
    /// TCP port, not 0.
    pub port: u16,
    /// Whether to speak TLS.
    pub tls: bool,
}

impl ServerAddress {
    /// Several, with commas between them.
    ///
    /// # Errors
    /// Which is none, and why.
    pub fn list(text: &str) -> Result<Vec<Self>, AddressError> {
        text.split(',').map(|one| one.trim().parse()).collect()
    }
}

/// Why a text is no server address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no server address: {reason}; write \"host:port\" or \"tls://host:port\", as in \"127.0.0.1:7700\""
)]
pub struct AddressError {
    text: String,
    reason: &'static str,
}

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = |reason| AddressError {
            text: text.chars().take(80).collect(),
            reason,
        };
        let (tls, rest) = match text.split_once("://") {
            Some(("tls", rest)) => (true, rest),
            Some(("tcp", rest)) => (false, rest),
            Some(_) => return Err(error("the scheme is neither tcp nor tls")),
            None => (false, text),
        };
        let (host, port) = rest
            .rsplit_once(':')
            .ok_or_else(|| error("it has no port"))?;
        let host = match host.strip_prefix('[') {
            Some(inner) => inner
                .strip_suffix(']')
                .ok_or_else(|| error("a bracket is not closed"))?,
            None if host.contains(':') => return Err(error("an IPv6 address needs brackets")),
            None => host,
        };
        if host.is_empty() {
            return Err(error("it has no host"));
        }
        match port.parse() {
            Ok(port) if port != 0 => Ok(Self {
                host: host.to_owned(),
                port,
                tls,
            }),
            _ => Err(error("the port is not 1 to 65535")),
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "tls://" } else { "" };
        if self.host.contains(':') {
            write!(f, "{scheme}[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_alike() {
        for (text, host, port, tls) in [
            ("127.0.0.1:7700", "127.0.0.1", 7700, false),
            ("tls://presence.example:443", "presence.example", 443, true),
            ("[::1]:7700", "::1", 7700, false),
        ] {
            let address: ServerAddress = text.parse().expect(text);
            assert_eq!(
                (address.host.as_str(), address.port, address.tls),
                (host, port, tls)
            );
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn several_stand_with_commas_between_them() {
        let list = ServerAddress::list("a:1, tls://b:2,[::1]:3").expect("three");
        let texts: Vec<_> = list.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["a:1", "tls://b:2", "[::1]:3"]);
        for text in ["", "a:1,", ",a:1", "a:1;b:2"] {
            assert!(ServerAddress::list(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_why() {
        for (text, reason) in [
            ("", "no port"),
            ("host", "no port"),
            (":7700", "no host"),
            ("host:0", "1 to 65535"),
            ("host:70000", "1 to 65535"),
            ("http://host:80", "scheme"),
            ("::1:7700", "brackets"),
            ("[::1:7700", "bracket"),
        ] {
            let error = text.parse::<ServerAddress>().expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
