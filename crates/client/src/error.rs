//! What can go wrong.

#[cfg(feature = "driver")]
use std::path::PathBuf;
#[cfg(feature = "driver")]
use std::time::Duration;
use userstatus_core::Code;

/// A request that failed: a code as the C ABI has it, and a text that says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {desc}")]
pub struct Error {
    /// The number; [`Code::from_number`] names those known here, a newer server may send others.
    pub code: i32,
    /// For people.
    pub desc: String,
}

impl Error {
    /// An error with its code's own text.
    pub fn of(code: Code) -> Self {
        Self {
            code: code.number(),
            desc: code.text().to_owned(),
        }
    }

    /// An error with a text that says more.
    pub fn with(code: Code, desc: impl Into<String>) -> Self {
        Self {
            code: code.number(),
            desc: desc.into(),
        }
    }
}

/// A client that cannot be made.
#[cfg(feature = "driver")]
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The CA file cannot be read, or holds no certificate.
    #[error("cannot use the CA file {}: {reason}", path.display())]
    CaFile {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The same of a text.
    #[error("cannot use the CA certificates given as PEM: {0}")]
    CaPem(String),
    /// More pins than allowed.
    #[error("{0} pins of server keys; at most {max} are allowed", max = crate::pin::PINS_MAX)]
    Pins(usize),
    /// No server, or more than allowed.
    #[error("{0} servers; 1 to {max} are allowed", max = crate::driver::SERVERS_MAX)]
    Servers(usize),
    /// A heartbeat more often than allowed.
    #[error("a heartbeat every {} ms; at least {} ms have to lie between two", .0.as_millis(), crate::HEARTBEAT_INTERVAL_MIN.as_millis())]
    Heartbeat(Duration),
    /// The server's name cannot be checked by TLS.
    #[error("{0:?} is no name TLS can check; use a DNS name or an IP address")]
    ServerName(String),
    /// More user-defined data than allowed.
    #[error("the user-defined data has {0} bytes; at most 64 are allowed")]
    UserDefinedData(usize),
}
