//! The rules of user status as pure functions: what a command does to an account, who has to be told, and what is refused.
//!
//! Nothing here reads a clock, draws a random number, or touches network or disk: the crate is `no_std`, time is an
//! argument, and the same inputs always give the same [`Decision`]. The server runs these rules against its store; the client
//! shares the types and the quota window; tests run them against a naive model.
//!
//! The rules carry the numbers of `docs/rules.md` (S1, C5, W2, …), and so do the tests.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod account;
mod asked;
mod block;
mod code;
mod decide;
mod device;
mod fingerprint;
mod friend;
mod id;
mod network;
mod pace;
mod quota;
mod settings;
mod status;
mod subscription;
mod time;

pub use account::{Account, Away, Edit};
pub use asked::Asked;
pub use block::{Block, BlockList};
pub use code::Code;
pub use decide::{
    BlockedUser, Command, Decision, Effect, FriendRequest, FriendUpdate, ImportedFriend, LossCause,
    Outcome, PeerFacts, Refusal, Relation, Restored, decide, delivers,
};
pub use device::{Device, KICKED_INSTANCES_MAX};
pub use friend::{Friend, FriendList};
pub use id::{AppId, IdError, InstanceId, Platform, SessionId, USER_ID_BYTES_MAX, UserId};
pub use network::{Network, NotANetwork};
pub use pace::{Pace, PaceLimit};
pub use quota::{Quotas, SlidingWindow};
pub use settings::{
    AppSettings, DevicePolicy, FriendsPolicy, Limits, Plan, REST_ADMINS_MAX, REST_NETWORKS_MAX,
    RestSettings, SettingsError, SigEnd,
};
pub use status::{CustomStatus, NormalStatus, UserStatus, Version};
pub use subscription::SubscriptionList;
pub use time::Timestamp;
