//! What a call into the C ABI costs, from C's side of the boundary.

fn main() {}
