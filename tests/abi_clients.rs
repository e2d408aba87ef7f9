//! Several clients in one process: what `include/userstatus.h` promises about `USClient`.

mod abi_support;

use abi_support::{build, run};

#[test]
fn clients_have_callbacks_and_ends_of_their_own_and_dead_numbers_are_errors() {
    assert_eq!(run(&build("clients"), &[]), "ok\n");
}
