//! The header of the PROXY protocol, versions 1 and 2, with which a balancer says whose connection it hands on.

use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use userstatus_wire::WireError;

/// A balancer sends its header first of all, and at once.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

const V1_BYTES_MIN: usize = b"PROXY UNKNOWN\r\n".len();
const V1_BYTES_MAX: usize = 107;
const V1_BEGINNING: &[u8] = b"PROXY ";

/// Requests of HTTP, version 2 included.
const HTTP_BEGINNINGS: [&[u8; 4]; 8] = [
    b"GET ", b"HEAD", b"POST", b"PUT ", b"OPTI", b"DELE", b"PATC", b"PRI ",
];

/// A handshake record of any version of TLS.
const TLS_BEGINNING: &[u8] = &[0x16, 3];

const V2_FIXED_BYTES: usize = 16;
/// The header may promise 65,535 bytes. Addresses and everything that balancers are known to add take a few hundred.
const V2_BYTES_MAX: usize = 2_048;
const V2_BEGINNING: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

/// Whose connection it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// This client's.
    Client(SocketAddr),
    /// The balancer's own, which looks whether the server is well, or a client's of whom it knows nothing.
    Balancer,
}

/// Why there is no header.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HeaderError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(
        "a connection to this port has to begin with a PROXY protocol header, and this one does not; does the balancer send one?"
    )]
    None,
    #[error("the PROXY protocol header is {0} bytes long; at most {V2_BYTES_MAX} are read")]
    TooLong(usize),
    #[error("the PROXY protocol header cannot be read: {0}")]
    Malformed(proxy_header::Error),
    #[error("the PROXY protocol header is of a UDP connection")]
    Datagram,
}

/// Reads a header, and not a byte beyond it.
pub(crate) async fn read_header(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Claim, HeaderError> {
    let mut header = Vec::with_capacity(V1_BYTES_MAX);
    read_to(V1_BYTES_MIN, &mut header, stream).await?;
    if header.starts_with(V1_BEGINNING) {
        while !header.ends_with(b"\r\n") && header.len() < V1_BYTES_MAX {
            let more = header.len() + 1;
            read_to(more, &mut header, stream).await?;
        }
    } else {
        read_to(V2_FIXED_BYTES, &mut header, stream).await?;
        let more = u16::from_be_bytes([header[14], header[15]]);
        let bytes = V2_FIXED_BYTES + usize::from(more);
        if bytes > V2_BYTES_MAX {
            return Err(HeaderError::TooLong(bytes));
        }
        read_to(bytes, &mut header, stream).await?;
    }
    let (parsed, _) =
        ProxyHeader::parse(&header, ParseConfig::default()).map_err(HeaderError::Malformed)?;
    match parsed.proxied_address() {
        None => Ok(Claim::Balancer),
        Some(client) if client.protocol == Protocol::Stream => Ok(Claim::Client(client.source)),
        Some(_) => Err(HeaderError::Datagram),
    }
}

/// Reads until so many bytes are there, or what is there cannot become a header.
async fn read_to(
    bytes: usize,
    header: &mut Vec<u8>,
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<(), HeaderError> {
    while header.len() < bytes {
        let missing = (bytes - header.len()) as u64;
        if (&mut *stream).take(missing).read_buf(header).await? == 0 {
            return Err(HeaderError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        if ![V1_BEGINNING, V2_BEGINNING]
            .iter()
            .any(|beginning| begins_like(header, beginning))
        {
            return Err(HeaderError::None);
        }
    }
    Ok(())
}

fn begins_like(bytes: &[u8], beginning: &[u8]) -> bool {
    let compared = bytes.len().min(beginning.len());
    bytes[..compared] == beginning[..compared]
}

/// What a frame really is that is refused because its beginning, taken for a length, is too long: such a header, or TLS.
pub(crate) fn advice(error: &WireError) -> Option<&'static str> {
    match error {
        WireError::FrameTooLong { bytes, .. } => {
            let first_bytes = u32::try_from(*bytes).ok()?.to_be_bytes();
            match is_tls(first_bytes) {
                true => Some(
                    "this looks like TLS; this listener speaks plain TCP: leave tls:// out, or give the listener a certificate",
                ),
                false => advice_on(first_bytes),
            }
        }
        WireError::EmptyFrame
        | WireError::TooManyEntries { .. }
        | WireError::Malformed(_)
        | WireError::NoCommonVersion { .. } => None,
    }
}

pub(crate) fn is_tls(first_bytes: [u8; 4]) -> bool {
    first_bytes.starts_with(TLS_BEGINNING)
}

/// The same of the first bytes of something else, such as TLS.
pub(crate) fn advice_on(first_bytes: [u8; 4]) -> Option<&'static str> {
    if HTTP_BEGINNINGS.contains(&&first_bytes) {
        return Some(
            "this looks like HTTP: web pages connect to a listener with websocket = true, and health and the admin port have ports of their own",
        );
    }
    [V1_BEGINNING, V2_BEGINNING]
        .iter()
        .any(|beginning| beginning.starts_with(&first_bytes))
        .then_some(
            "this looks like a PROXY protocol header: set proxy_protocol and proxy_trusted on this listener, or have the balancer send none",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Claim, HeaderError> {
        read_header(&mut &bytes[..]).await
    }

    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [V2_BEGINNING, &[command, family], &length, rest].concat()
    }

    fn client(address: &str) -> Claim {
        Claim::Client(address.parse().unwrap())
    }

    const V4_ADDRESSES: [u8; 12] = [192, 0, 2, 1, 10, 0, 0, 1, 0x15, 0xb3, 0x1e, 0x14];

    #[tokio::test]
    async fn both_versions_say_who_the_client_is() {
        for (header, expected) in [
            (
                b"PROXY TCP4 192.0.2.1 10.0.0.1 5555 7700\r\n".to_vec(),
                client("192.0.2.1:5555"),
            ),
            (
                b"PROXY TCP6 2001:db8::1 2001:db8::2 5555 7700\r\n".to_vec(),
                client("[2001:db8::1]:5555"),
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), Claim::Balancer),
            (
                b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n".to_vec(),
                Claim::Balancer,
            ),
            (v2(0x21, 0x11, &V4_ADDRESSES), client("192.0.2.1:5555")),
            // With something behind the addresses, as AWS adds.
            (
                v2(
                    0x21,
                    0x11,
                    &[&V4_ADDRESSES[..], &[0xea, 0, 2, 1, 2]].concat(),
                ),
                client("192.0.2.1:5555"),
            ),
            (v2(0x20, 0x00, &[]), Claim::Balancer),
            (v2(0x20, 0x11, &V4_ADDRESSES), Claim::Balancer),
            (v2(0x21, 0x00, &[]), Claim::Balancer),
        ] {
            let shown = header.escape_ascii().to_string();
            assert_eq!(read(&header).await.unwrap(), expected, "{shown}");
        }
    }

    #[tokio::test]
    async fn not_a_byte_behind_the_header_is_taken_however_it_is_cut() {
        let v1 = b"PROXY TCP4 192.0.2.1 10.0.0.1 5555 7700\r\n".to_vec();
        for header in [v1, v2(0x21, 0x11, &V4_ADDRESSES), v2(0x20, 0, &[])] {
            for cut in 0..=header.len() {
                let (first, second) = header.split_at(cut);
                let second = [second, b"hello"].concat();
                let mut stream = first.chain(&second[..]);
                read_header(&mut stream).await.unwrap();
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await.unwrap();
                assert_eq!(rest, b"hello");
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_header_is_refused_at_the_first_byte_that_is_wrong() {
        for bytes in [
            &b"X"[..],
            b"\0\0\0\x14\x0a\x12",
            b"PROXX",
            b"\x16\x03\x01",
            b"\r\n\r\nX",
        ] {
            assert!(matches!(read(bytes).await, Err(HeaderError::None)));
        }
        let mut long = V1_BEGINNING.to_vec();
        long.resize(1_000, b'x');
        assert!(matches!(read(&long).await, Err(HeaderError::Malformed(_))));
        let unterminated = [&b"PROXY UNKNOWN "[..], &[b'x'; 200]].concat();
        let mut rest = &unterminated[..];
        assert!(read_header(&mut rest).await.is_err());
        assert_eq!(rest.len(), unterminated.len() - V1_BYTES_MAX);
        for bytes in [
            v2(0x31, 0x11, &V4_ADDRESSES),
            v2(0x22, 0x11, &V4_ADDRESSES),
            v2(0x21, 0x11, &V4_ADDRESSES[..11]),
            v2(0x21, 0x51, &V4_ADDRESSES),
            b"PROXY TCP4 192.0.2.1 10.0.0.1 5555 77000\r\n".to_vec(),
            b"PROXY TCP4 2001:db8::1 10.0.0.1 5555 7700\r\n".to_vec(),
        ] {
            assert!(matches!(read(&bytes).await, Err(HeaderError::Malformed(_))));
        }
        let datagram = v2(0x21, 0x12, &V4_ADDRESSES);
        assert!(matches!(read(&datagram).await, Err(HeaderError::Datagram)));
    }

    #[tokio::test]
    async fn a_length_that_is_too_long_is_refused_before_it_is_read() {
        let exactly = v2(0x20, 0, &[0; V2_BYTES_MAX - V2_FIXED_BYTES]);
        assert_eq!(read(&exactly).await.unwrap(), Claim::Balancer);
        let longer = v2(0x20, 0, &[0; V2_BYTES_MAX - V2_FIXED_BYTES + 1]);
        let mut rest = &longer[..];
        let error = read_header(&mut rest).await.unwrap_err();
        assert!(matches!(error, HeaderError::TooLong(2_049)));
        assert_eq!(rest.len(), longer.len() - V2_FIXED_BYTES);
    }

    #[tokio::test]
    async fn the_end_is_an_end_wherever_it_comes() {
        let header = v2(0x21, 0x11, &V4_ADDRESSES);
        for cut in 0..header.len() {
            assert!(matches!(
                read(&header[..cut]).await,
                Err(HeaderError::Io(_))
            ));
        }
    }

    #[test]
    fn a_header_that_was_taken_for_a_frame_is_recognised() {
        let too_long = |first: &[u8; 4]| WireError::FrameTooLong {
            bytes: u32::from_be_bytes(*first) as usize,
            bytes_max: 1_024,
        };
        assert!(advice(&too_long(b"PROX")).is_some());
        assert!(advice(&too_long(b"\r\n\r\n")).is_some());
        let tls = advice(&too_long(&[0x16, 3, 1, 2])).unwrap();
        assert!(tls.contains("TLS"));
        let http = advice(&too_long(b"GET ")).unwrap();
        assert!(http.contains("websocket = true"));
        assert!(advice(&too_long(b"what")).is_none());
        assert!(advice(&WireError::EmptyFrame).is_none());
    }
}
