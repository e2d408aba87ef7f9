//! The documents of the APIs are those that the code makes. `US_UPDATE_OPENAPI=1`, or `make openapi`, writes them anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;

fn is_committed(name: &str, document: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/openapi")
        .join(name);
    if std::env::var_os("US_UPDATE_OPENAPI").is_some() {
        fs::write(&file, document).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap();
    assert!(
        committed == document,
        "{} is not what the code says; run `make openapi` and commit it",
        file.display()
    );
}

#[test]
fn the_committed_document_of_rest_is_what_the_code_says() {
    is_committed("rest.json", &userstatus_operate::rest::document());
}

#[test]
fn the_committed_document_of_the_admin_port_is_what_the_code_says() {
    is_committed("admin.json", &userstatus_operate::admin::document());
}
