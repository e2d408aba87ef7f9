//! The userstatus protocol: frames, versions, limits, codec. `docs/protocol.md` describes it for people who write a client.

/// The messages, generated from `proto/userstatus/v1/protocol.proto`.
#[allow(missing_docs, clippy::doc_markdown)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/userstatus.v1.rs"));
}
