//! Another Rust library in the same program, with a standard library of its own.

/// 42, if a panic unwinds to where it is caught.
#[unsafe(no_mangle)]
pub extern "C" fn other_catches_a_panic() -> i32 {
    std::panic::set_hook(Box::new(|_| {}));
    let caught = std::panic::catch_unwind(|| {
        let _dropped_on_the_way = vec![1; 1000];
        panic!("meant to");
    });
    if caught.is_err() { 42 } else { 0 }
}
