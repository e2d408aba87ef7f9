//! Addresses on the command line.

use std::net::SocketAddr;

/// `ADDR:PORT`, where ADDR may be `localhost`.
pub(super) fn parse(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        "it is no ADDR:PORT, such as 127.0.0.1:7700 or [::1]:7700; port 0 is any free one"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_an_address_and_names_are_not() {
        assert_eq!(parse("localhost:7").unwrap().to_string(), "127.0.0.1:7");
        assert!(parse("[::1]:0").is_ok());
        for text in [
            "example.com:7",
            "7700",
            ":7700",
            "127.0.0.1",
            "localhost:70000",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
