//! Bad input at the boundary of the C ABI.

mod abi_support;

use abi_support::{build, run};

#[test]
fn every_export_answers_bad_input_with_its_code() {
    assert_eq!(run(&build("bad_input"), &[]), "ok\n");
}
