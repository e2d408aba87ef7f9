//! Any text is a configuration or a list of what is wrong with it; a configuration survives being written and read again.
#![no_main]

use config::Config;
use libfuzzer_sys::fuzz_target;

// Links to the server's files, rather than a dependency on the server: all that it needs would take minutes to build.
#[allow(dead_code, unused_imports, reason = "the rest of the server uses it")]
mod config;
#[allow(dead_code, unused_imports, reason = "the rest of the server uses it")]
mod logging;
#[allow(dead_code, unused_imports, reason = "the rest of the server uses it")]
mod settings;

extern crate self as userstatus_edge;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Config::parse(text) {
        Ok(config) => {
            let again = toml::to_string(&config).expect("every setting can be written as TOML");
            assert_eq!(Config::parse(&again).ok(), Some(config));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
