//! The userstatus client: log in to userstatusd, set one's own status, ask about others, watch them, and be told.
//!
//! - [`session`] is what a client does, as a state machine without sockets, clock or randomness of its own.
//! - the driver puts a tokio task, TCP or TLS, and timers around it.
//! - [`Client`] is the API: cheap to clone, many in a process, on a runtime of the caller's.
//!
//! Without the feature `driver` there is the session alone, for places that have sockets and timers of their own, such as web pages.
//!
//! ```no_run
//! use userstatus_client::{Client, ClientConfig, Event};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = ClientConfig::new("127.0.0.1:7700".parse()?, 1_400_000_001);
//! let client = Client::new(config, &tokio::runtime::Handle::current(), |event| {
//!     if let Event::StatusChanged(statuses) = event {
//!         println!("{statuses:?}");
//!     }
//! })?;
//! client.login("alice", "eJw…").await?;
//! client.subscribe(vec!["bob".to_owned()]).await?;
//! client.set_self_status("in a match").await?;
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

#[cfg(feature = "driver")]
mod address;
#[cfg(feature = "driver")]
mod client;
#[cfg(feature = "driver")]
mod driver;
mod error;
mod event;
mod instant;
#[cfg(feature = "driver")]
mod pin;
mod request;
pub mod session;

#[cfg(feature = "driver")]
pub use address::{AddressError, ServerAddress};
#[cfg(feature = "driver")]
pub use client::{Client, ClientConfig, HEARTBEAT_INTERVAL_MIN};
#[cfg(feature = "driver")]
pub use driver::SERVERS_MAX;
#[cfg(feature = "driver")]
pub use error::ConfigError;
pub use error::Error;
pub use event::{ConnectionState, Event, LoginStatus};
pub use instant::Instant;
#[cfg(feature = "driver")]
pub use pin::{CertificatePin, PinError};
pub use request::{AddFriend, Answer, Friend, FriendResult, Reply, Request, UserStatus};
pub use session::NetworkChange;
