//! For operators: what they see and change while the server runs.
//!
//! It asks the gateway and the store; it knows no connection.
#![forbid(unsafe_code)]

pub mod admin;
mod guessing;
pub mod health;
mod http;
pub mod metrics;
pub mod rest;
pub mod visible;
