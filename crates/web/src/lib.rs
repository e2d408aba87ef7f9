//! The client of a web page: [`userstatus_client::session`] as a WebAssembly module, which imports nothing.
//!
//! The page has what the session lacks: sockets, a clock, randomness. `web/index.js` is the driver around this module, and says what is called when.
//!
//! - [`exports`] is what the page calls: numbers, and places in the module's memory.
//! - [`page`] is what stands behind it: the clients of one page, and the two buffers through which everything goes in and out.
//! - `read` and `write` are what is said both ways, in JSON.

mod clock;
pub mod exports;
mod json;
mod page;
mod read;
mod write;

pub use page::{CLIENTS_MAX, INPUT_BYTES_MAX};
