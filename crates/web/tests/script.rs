//! What `web/index.js` and this module have to agree on, where neither is run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use userstatus_web::exports;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names that begin so, each once.
fn names<'a>(text: &'a str, before: &str) -> BTreeSet<&'a str> {
    text.split(before)
        .skip(1)
        .map(|rest| {
            let end = rest.find(|char: char| char != '_' && !char.is_ascii_lowercase());
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn the_script_calls_every_export_and_nothing_else() {
    let script = read("web/index.js");
    let exports = read("crates/web/src/exports.rs");
    let mut called = names(&script, "'us_");
    called.extend(names(&script, "exports.us_"));
    let exported = names(&exports, "pub extern \"C\" fn us_");
    assert!(exported.len() > 15, "{exported:?}");
    assert_eq!(called, exported);
}

#[test]
fn script_and_module_are_of_one_version() {
    let version = format!("const MODULE_VERSION = {};", exports::VERSION);
    assert!(read("web/index.js").contains(&version), "{version}");
    let package: serde_json::Value =
        serde_json::from_str(&read("web/package.json")).expect("it is JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    let unity = read("unity-bindings/Runtime/Plugins/WebGL/userstatus.jslib");
    let version = format!(" VERSION: '{}',", env!("CARGO_PKG_VERSION"));
    assert!(unity.contains(&version), "{version}");
}

#[test]
fn the_requests_of_the_script_are_read() {
    let script = read("web/index.js");
    let reader = read("crates/web/src/read.rs");
    for request in script.split("#ask(").skip(1).filter_map(|rest| {
        let name = rest.trim_start_matches(['{', ' ', '\'']);
        let end = name.find(|char: char| !char.is_ascii_alphabetic())?;
        // The definition itself, whose argument is called so.
        Some(&name[..end]).filter(|name| *name != "request")
    }) {
        assert!(
            reader.contains(&format!("\"{request}\"")),
            "{request} is read by nobody"
        );
    }
}

#[test]
fn the_events_told_are_those_that_the_types_name() {
    let types = read("web/index.d.ts");
    let writer = read("crates/web/src/write.rs");
    let named = types
        .split_once("interface ClientEvents {")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .map(|(events, _)| events)
        .expect("the events stand there");
    let events: BTreeSet<_> = named
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(char::is_alphabetic))
        .collect();
    let told: BTreeSet<_> = writer
        .split("=> \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.contains(char::is_uppercase))
        .collect();
    assert_eq!(events, told);
}
