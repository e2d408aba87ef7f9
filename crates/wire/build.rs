//! Compiles the `.proto` with protox, so that no `protoc` is needed.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(["userstatus/v1/protocol.proto"], ["proto"])?;
    // These hold a UserSig: their Debug is written by hand, so that no log line can print the sig.
    prost_build::Config::new()
        .skip_debug(["userstatus.v1.Login", "userstatus.v1.RenewSig"])
        .compile_fds(descriptors)?;
    Ok(())
}
