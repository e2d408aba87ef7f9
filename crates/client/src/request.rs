//! What is asked of a client, and its answers.

use crate::Error;
use userstatus_core::{NormalStatus, Platform};
use userstatus_wire::v1;

/// A request. Each is answered exactly once.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// Log in. While logged in as the same user it renews the UserSig (D3): the server checks it like any login's, and if it is refused the
    /// old one stays. While the connection is being restored the next login uses it, and answers it.
    Login {
        /// As whom.
        user_id: String,
        /// The UserSig.
        user_sig: String,
    },
    /// Log out; succeeds also when not logged in.
    Logout,
    /// Set one's own custom status (C1); empty clears it.
    SetSelfStatus(String),
    /// Ask about users (G1).
    GetUserStatus(Vec<String>),
    /// Watch users (W1). An id that no account can have is answered as unknown (S7), and watched by nobody.
    Subscribe(Vec<String>),
    /// Watch users no more; an empty list means all (W6).
    Unsubscribe(Vec<String>),
    /// Add a friend.
    AddFriend(AddFriend),
    /// Delete friends.
    DeleteFriends {
        /// Whom.
        user_ids: Vec<String>,
        /// From their lists too.
        both: bool,
    },
    /// List one's friends.
    ListFriends,
    /// Block users (R2): neither is told of the other any more.
    Block(Vec<String>),
    /// Block users no more.
    Unblock(Vec<String>),
    /// List those one has blocked.
    ListBlocked,
    /// Set the data for the operator's webhooks; at most 64 bytes. Kept for later logins of this client; without one it goes with the next.
    SetUserDefinedData(Vec<u8>),
}

/// A friend to be added. See [`v1::AddFriend`] for the limits of the texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddFriend {
    /// Whom.
    pub user_id: String,
    /// Each becomes the other's friend.
    pub both: bool,
    /// One's own note.
    pub remark: String,
    /// One's own group.
    pub group_name: String,
    /// Where from.
    pub add_source: String,
    /// What is said.
    pub add_wording: String,
}

/// The one answer to a request.
pub type Reply = Result<Answer, Error>;

/// What a request that succeeded hands back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing more.
    Done,
    /// Of a query, in the order asked; of a subscribe, the present status of each (W8).
    Statuses(Vec<UserStatus>),
    /// Of friends added or deleted, of users blocked or not any more, in the order given.
    FriendResults(Vec<FriendResult>),
    /// One's friends, by user id.
    Friends(Vec<Friend>),
    /// Those one has blocked, by user id.
    Blocked(Vec<String>),
}

/// The whole status of one user. The id is as asked for, also where no account can have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserStatus {
    /// Whose.
    pub user_id: String,
    /// Of two of one user the higher is the later.
    pub version: u64,
    /// Kept by the system.
    pub normal: NormalStatus,
    /// Set by the user.
    pub custom_status: String,
    /// Where the user is online.
    pub platforms: Vec<Platform>,
}

/// What became of one friend in a request about several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendResult {
    /// Who.
    pub user_id: String,
    /// 0, or why not.
    pub code: i32,
    /// For people.
    pub desc: String,
}

/// One friend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Friend {
    /// Who.
    pub user_id: String,
    /// One's own note.
    pub remark: String,
    /// One's own group.
    pub group_name: String,
    /// Where from.
    pub add_source: String,
    /// What was said.
    pub add_wording: String,
    /// When, in seconds since the Unix epoch.
    pub add_time_s: u64,
}

impl std::fmt::Debug for Request {
    /// Names the request only: bodies and UserSigs stay out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Login { .. } => "Login",
            Self::Logout => "Logout",
            Self::SetSelfStatus(_) => "SetSelfStatus",
            Self::GetUserStatus(_) => "GetUserStatus",
            Self::Subscribe(_) => "Subscribe",
            Self::Unsubscribe(_) => "Unsubscribe",
            Self::AddFriend(_) => "AddFriend",
            Self::DeleteFriends { .. } => "DeleteFriends",
            Self::ListFriends => "ListFriends",
            Self::Block(_) => "Block",
            Self::Unblock(_) => "Unblock",
            Self::ListBlocked => "ListBlocked",
            Self::SetUserDefinedData(_) => "SetUserDefinedData",
        })
    }
}

impl From<v1::UserStatus> for UserStatus {
    fn from(status: v1::UserStatus) -> Self {
        let normal = match status.normal() {
            v1::NormalStatus::Unknown => NormalStatus::Unknown,
            v1::NormalStatus::Online => NormalStatus::Online,
            v1::NormalStatus::Offline => NormalStatus::Offline,
            v1::NormalStatus::Unlogined => NormalStatus::UnLogined,
        };
        Self {
            user_id: status.user_id,
            version: status.version,
            normal,
            custom_status: status.custom_status,
            platforms: status
                .online_platforms
                .into_iter()
                .map(Platform::from_number)
                .collect(),
        }
    }
}

impl From<v1::Friend> for Friend {
    fn from(friend: v1::Friend) -> Self {
        let v1::Friend {
            user_id,
            remark,
            group_name,
            add_source,
            add_wording,
            add_time_s,
        } = friend;
        Self {
            user_id,
            remark,
            group_name,
            add_source,
            add_wording,
            add_time_s,
        }
    }
}

impl From<v1::FriendResult> for FriendResult {
    fn from(result: v1::FriendResult) -> Self {
        Self {
            user_id: result.user_id,
            code: result.code,
            desc: result.desc,
        }
    }
}
