//! Beginning, ending, and the thread callbacks run on: what `include/userstatus.h` promises about them.

mod abi_support;

use abi_support::{build, run};

#[test]
fn beginning_and_ending_a_thousand_times_leaves_nothing_and_owes_nothing() {
    assert_eq!(run(&build("lifecycle"), &[]), "ok\n");
}

#[test]
fn any_function_can_be_called_inside_a_callback_and_ending_waits_for_those_outside() {
    assert_eq!(run(&build("reentrancy"), &[]), "ok\n");
}
