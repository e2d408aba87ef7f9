//! The protocol's limits. Those of an app (users in a request, bytes of a custom status) are in `LoginResult.limits`.

/// Length prefix of a frame: its body's length, unsigned, big-endian. The caps below do not count it.
pub const FRAME_PREFIX_BYTES: usize = 4;

/// Longest first frame of a connection, which is the hello: a stranger cannot make the server hold more.
pub const HELLO_BYTES_MAX: usize = 1024;

/// Longest frame a server takes once the hello was valid. 1,000 ids of 32 bytes fit, and 5,000 known versions.
pub const CLIENT_FRAME_BYTES_MAX: usize = 256 * 1024;

/// Longest frame a client has to take: an answer about 1,000 users with custom statuses of 4,096 bytes fits.
pub const SERVER_FRAME_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most list entries in one frame from a client. Without it 256 KiB of empty entries would unfold to 4 MiB and more.
pub const CLIENT_FRAME_ENTRIES_MAX: usize = 8_192;

/// Most list entries in one frame from a server, which names some 1,000 users in one: there is room for more.
pub const SERVER_FRAME_ENTRIES_MAX: usize = 16_384;

/// Most statuses the server puts in one push frame; what is more goes in the next frame.
pub const PUSH_ENTRIES_MAX: usize = 1_024;

/// Most bytes of statuses the server puts in one push frame, unless a single one is longer. Far below
/// [`SERVER_FRAME_BYTES_MAX`]: a client can hand on the first before it has read the last.
pub const PUSH_BYTES_MAX: usize = 64 * 1024;

/// Most bytes of entries the server puts in one page of a list, unless a single one is longer: what an asker's socket takes at once.
pub const LIST_PAGE_BYTES_MAX: usize = 48 * 1024;

/// Most entries of one page.
pub const LIST_PAGE_ENTRIES_MAX: usize = 1_000;

/// `Login.instance_id` is exactly this long.
pub const INSTANCE_ID_BYTES: usize = 16;

/// Longest `Login.user_sig`. What the public minters make is under 300 bytes.
pub const USER_SIG_BYTES_MAX: usize = 2_048;

/// Longest `Login.user_defined_data` and `SetUserDefinedData.data`.
pub const USER_DEFINED_DATA_BYTES_MAX: usize = 64;

/// Longest `AddFriend.remark`.
pub const FRIEND_REMARK_BYTES_MAX: usize = 96;

/// Longest `AddFriend.group_name`.
pub const FRIEND_GROUP_NAME_BYTES_MAX: usize = 30;

/// Longest `AddFriend.add_source`.
pub const FRIEND_ADD_SOURCE_BYTES_MAX: usize = 32;

/// Longest `AddFriend.add_wording`.
pub const FRIEND_ADD_WORDING_BYTES_MAX: usize = 256;

/// A client that sent nothing for this long sends a ping, unless `Welcome.heartbeat_interval_ms` says otherwise (S6).
pub const HEARTBEAT_INTERVAL_MS: u32 = 120_000;

/// A server that heard nothing for this long counts the client as gone, unless the app's setting says otherwise (S6).
pub const SILENCE_TIMEOUT_MS: u32 = 400_000;
