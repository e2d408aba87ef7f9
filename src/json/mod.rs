//! JSON at the boundary: the exact keys and forms of the ABI, in and out.

mod read;
mod write;

pub(crate) use read::{
    AddFriendParam, DeleteFriendParam, InitConfig, JsonError, Object, Operation, SelfStatus,
    ServerInfo, ServerInfoAddress, SetConfig, parse_object, parse_users,
};
pub(crate) use write::Payload;
