//! Networks, as in `10.0.0.0/8`.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// The addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    prefix_bits: u8,
}

/// A text that is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotANetwork(String);

impl Network {
    /// All addresses there are.
    pub const ALL: [Self; 2] = [
        Self {
            first: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            prefix_bits: 0,
        },
        Self {
            first: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            prefix_bits: 0,
        },
    ];

    /// Whether an address is in it. An IPv4 address is the same in its IPv6 form.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                begin_alike(first.to_bits().into(), address.to_bits().into(), 32, self)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                begin_alike(first.to_bits(), address.to_bits(), 128, self)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn begin_alike(one: u128, other: u128, bits: u8, network: &Network) -> bool {
    (one ^ other)
        .checked_shr(u32::from(bits - network.prefix_bits))
        .unwrap_or(0)
        == 0
}

const fn bits_of(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let wrong = |why: &str| NotANetwork(format!("`{}` {why}", text.escape_debug()));
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address
            .parse()
            .map_err(|_| wrong("is no network; write one as 10.0.0.0/8, fd00::/8 or 192.0.2.1"))?;
        let bits = bits_of(first);
        let prefix_bits = match prefix {
            None => bits,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|prefix| *prefix <= bits)
                .ok_or_else(|| wrong(&format!("ends in no number from 0 to {bits}")))?,
        };
        let network = Self { first, prefix_bits };
        if first != first.to_canonical() {
            return Err(wrong("is IPv4 in its IPv6 form; write the IPv4 network"));
        }
        if !network.is_first(first) {
            return Err(wrong(&format!(
                "has more bits than the {prefix_bits} before the slash; end it in zeros, or correct the number"
            )));
        }
        Ok(network)
    }
}

impl Network {
    fn is_first(&self, address: IpAddr) -> bool {
        let (value, bits) = match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let host_bits = u32::from(bits - self.prefix_bits);
        value & !u128::MAX.checked_shl(host_bits).unwrap_or(0) == 0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.first, self.prefix_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn contains(network: &str, address: &str) -> bool {
        let network: Network = network.parse().unwrap();
        network.contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("192.0.2.1", "192.0.2.1", "192.0.2.0"),
            ("fd00::/8", "fdff::1", "fe00::"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ] {
            assert!(contains(network, inside), "{network} {inside}");
            assert!(!contains(network, outside), "{network} {outside}");
        }
        assert!(contains("0.0.0.0/0", "255.255.255.255"));
        assert!(!contains("0.0.0.0/0", "::1"));
        assert!(contains("::/0", "ffff::"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "fd00::/8", "::/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        let one: Network = "192.0.2.1".parse().unwrap();
        assert_eq!(one.to_string(), "192.0.2.1/32");
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_is_wrong() {
        for (text, why) in [
            ("", "write one as"),
            ("balancer", "write one as"),
            ("10.0.0.0/33", "from 0 to 32"),
            ("10.0.0.0/", "from 0 to 32"),
            ("10.0.0.0/-1", "from 0 to 32"),
            ("fd00::/129", "from 0 to 128"),
            ("10.0.0.1/8", "end it in zeros"),
            ("::ffff:10.0.0.0/104", "write the IPv4 network"),
        ] {
            let error = text.parse::<Network>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
