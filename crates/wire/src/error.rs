//! What can be wrong with bytes from the other side.

/// Why a frame was refused. The text is meant to be sent: it goes into `Closing.desc`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A length prefix of 0.
    #[error("a frame has length 0; every frame holds one message")]
    EmptyFrame,
    /// A length prefix, or a message to be sent, beyond the cap.
    #[error("a frame is {bytes} bytes long; at most {bytes_max} are allowed here")]
    FrameTooLong {
        /// Its length without the prefix.
        bytes: usize,
        /// The cap that applied.
        bytes_max: usize,
    },
    /// More list entries than a frame may hold.
    #[error("a frame holds {entries} list entries; at most {entries_max} are allowed")]
    TooManyEntries {
        /// How many.
        entries: usize,
        /// The cap.
        entries_max: usize,
    },
    /// Not the message it should be.
    #[error("a frame cannot be read: {0}")]
    Malformed(#[from] prost::DecodeError),
    /// The two sides share no version of the protocol.
    #[error(
        "the client speaks protocol versions {client_min} to {client_max}, this server {} to {}; update the older side",
        crate::PROTOCOL_MIN,
        crate::PROTOCOL_MAX
    )]
    NoCommonVersion {
        /// Oldest version the client speaks.
        client_min: u32,
        /// Newest version the client speaks.
        client_max: u32,
    },
}
