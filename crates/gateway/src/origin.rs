//! Who counts as one, and who is behind a balancer.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Whoever one client can pretend to be: an IPv4 address, or a /64 of IPv6, which is what one customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(IpAddr);

impl Origin {
    /// Of an address.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from_bits(network)))
            }
            address => Self(address),
        }
    }

    /// This machine itself: whoever is on it has other ways to harm the server.
    pub const fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }
}

/// Whose connection it is that came from `peer`, where HTTP balancers say so in `X-Forwarded-For`: `named` is what they wrote there. Each
/// adds the address it was connected from at the end: the last that is none of them is the client's, and what stands before it
/// anybody may have written there.
///
/// # Errors
/// What of it is no address.
pub fn client_behind<'n>(
    peer: SocketAddr,
    named: impl DoubleEndedIterator<Item = &'n str>,
    is_balancer: impl Fn(IpAddr) -> bool,
) -> Result<SocketAddr, &'n str> {
    let mut client = peer;
    if !is_balancer(peer.ip()) {
        return Ok(client);
    }
    for named in named.rev() {
        client = address(named).ok_or(named)?;
        if !is_balancer(client.ip()) {
            break;
        }
    }
    Ok(client)
}

/// With or without a port, as balancers write it.
fn address(text: &str) -> Option<SocketAddr> {
    let ip = text.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
    match ip.unwrap_or(text).parse::<IpAddr>() {
        Ok(ip) => Some(SocketAddr::new(ip, 0)),
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Origin {
        Origin::of(address.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_64_are_one_and_an_ipv4_address_is_the_same_in_its_ipv6_form() {
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn loopback_is_known_in_each_of_its_forms() {
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(of(address).is_loopback(), "{address}");
        }
        assert!(!of("::2").is_loopback());
        assert!(!of("192.0.2.1").is_loopback());
    }
}
