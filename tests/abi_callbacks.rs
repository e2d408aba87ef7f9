//! Where, when and in which order callbacks run, and what the log says.

mod abi_support;

use abi_support::{build, run, scratch};
use std::fs;

#[test]
fn callbacks_come_in_order_on_one_thread_and_do_not_pile_up() {
    assert_eq!(run(&build("order"), &[]), "ok\n");
}

#[test]
fn in_pump_mode_callbacks_run_inside_the_pump_alone() {
    assert_eq!(run(&build("pump"), &[]), "ok\n");
}

#[test]
fn the_log_goes_where_it_was_asked_to_go() {
    let folder = scratch().join(format!("abi_log_{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the scratch folder is ours");
    assert_eq!(
        run(&build("log"), &[folder.to_str().expect("UTF-8")]),
        "ok\n"
    );
    fs::remove_dir_all(&folder).expect("it was just made");
}
