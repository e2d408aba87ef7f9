//! Every rule about one account, as one pure function.

mod blocks;
mod draft;
mod friends;
mod login;
mod presence;
mod watching;

use crate::{
    Account, AppSettings, Asked, Code, CustomStatus, Edit, Friend, InstanceId, Platform, SessionId,
    Timestamp, UserId, UserStatus, Version,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use blocks::{become_blocked_by, block, cease_blocked_by, unblock};
use draft::Draft;
use friends::{
    add_friend, become_friend_of, cease_friend_of, delete_friends, import_friends, request_friends,
    update_friends,
};
use login::{Arrival, login, renew_sig};
use presence::{
    announce, connection_lost, disconnect_all, hold_under_lease, import, kick_all, logout, outrun,
    set_self_status, set_status_for,
};
use watching::{query, subscribe, unsubscribe};

/// What is asked of an account. Requests come from a session of the account; the rest from the server or the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A device logs in. Its UserSig has been checked by the caller except for revocation.
    Login {
        /// The connection it logs in on.
        session: SessionId,
        /// The client instance.
        instance: InstanceId,
        /// What it runs on.
        platform: Platform,
        /// The client's own reconnect after a lost connection, not its user's doing. It never kicks: where the policy leaves
        /// no room, or the instance was kicked while away, it is refused with 6208 (D1).
        reconnect: bool,
        /// When its UserSig was minted; before [`Account::sigs_valid_from`] it is refused with 70052 (D2).
        sig_minted_at: Timestamp,
        /// Reconnect only: the custom status this instance last set (S9).
        restored: Option<Restored>,
        /// Reconnect only: the newest version of the subscription list the client was told of (W7).
        known_list: Version,
        /// The first version that this server can have given: changes before it may have been lost.
        began: Version,
    },
    /// A session shows a new UserSig, which has been checked by the caller except for revocation (D3).
    RenewSig {
        /// Its connection.
        session: SessionId,
        /// When the UserSig was minted.
        sig_minted_at: Timestamp,
    },
    /// A device logs out (S4).
    Logout {
        /// Its connection.
        session: SessionId,
    },
    /// A connection is gone without a logout. Nothing happens if its device has reconnected since.
    ConnectionLost {
        /// The connection.
        session: SessionId,
        /// How it went.
        cause: LossCause,
    },
    /// Time has passed: what was due at or before now happens (leases, W7). Run it at [`Account::next_deadline`].
    Expire,
    /// The server has restarted: devices recorded as connected go under lease for the silence time-out (S6). A lease that ends
    /// earlier stands: it was begun by an earlier restart (S7), or by a broken connection (S8).
    HoldUnderLease {
        /// When the server started.
        since: Timestamp,
        /// Connections with lower numbers are from before that.
        before: SessionId,
    },
    /// Somebody was told of a version that is higher than the account's: changes were lost in a crash. The account gets a higher one
    /// and is announced, so that what they were told then does not outlive what is true now. Nothing happens to an account that
    /// is not registered, or whose version has overtaken it.
    Outrun {
        /// What they were told.
        known: Version,
    },
    /// Announces the account as it stands, under a version above this one.
    Announce {
        /// What somebody was told before.
        above: Version,
    },
    /// Sets the custom status (C1 to C5).
    SetSelfStatus {
        /// Who asks.
        session: SessionId,
        /// The text; empty clears.
        custom: CustomStatus,
    },
    /// The studio's own server sets the custom status, as a device of the account would (C6).
    SetStatusFor {
        /// The text; empty clears.
        custom: CustomStatus,
    },
    /// Asks about users (G1 to G3). The answer's statuses are read by the caller.
    Query {
        /// Who asks.
        session: SessionId,
        /// About whom.
        users: Asked,
    },
    /// Subscribes (W1 to W4). The answer's statuses are read by the caller, after the hub has the subscription (W8).
    Subscribe {
        /// Who asks.
        session: SessionId,
        /// To whom.
        users: Asked,
    },
    /// Unsubscribes; nobody named means all (W6).
    Unsubscribe {
        /// Who asks.
        session: SessionId,
        /// From whom.
        users: Asked,
    },
    /// A session is about to ask something about friends or blocks: whether it may (R1, R2), and it counts.
    RequestFriends {
        /// Who asks.
        session: SessionId,
        /// What.
        request: FriendRequest,
    },
    /// Adds a friend (D0).
    AddFriend {
        /// The friend as it will be on the list.
        friend: Friend,
        /// Each becomes the other's friend.
        both: bool,
        /// What is known of the other account.
        peer: PeerFacts,
        /// Sent again after its answer was lost: being a friend already is success.
        resent: bool,
    },
    /// The effect of another's [`Command::AddFriend`] with `both`: nothing happens if a friend already.
    BecomeFriendOf {
        /// Whose friend.
        user: UserId,
        /// When, by the clock people read.
        at: Timestamp,
    },
    /// Removes friends.
    DeleteFriends {
        /// Whom.
        users: Vec<UserId>,
        /// From both lists.
        both: bool,
        /// Of those named who are not on the account's list, these have the account on theirs: to be taken off it with `both`.
        known_by: Vec<UserId>,
        /// Sent again after its answer was lost: not being a friend is success.
        resent: bool,
    },
    /// The effect of another's [`Command::DeleteFriends`] with `both`: nothing happens if not a friend.
    CeaseFriendOf {
        /// Whose friend no more.
        user: UserId,
    },
    /// The studio's own server puts friends on the account's list, and on no other; one who is there already is put there anew (R2).
    ImportFriends {
        /// Whom.
        friends: Vec<ImportedFriend>,
    },
    /// The studio's own server changes what the account says of friends (R2).
    UpdateFriends {
        /// What of whom.
        updates: Vec<FriendUpdate>,
    },
    /// Hides the account and others from each other (R2).
    Block {
        /// The others.
        users: Vec<BlockedUser>,
    },
    /// The effect of another's [`Command::Block`].
    BecomeBlockedBy {
        /// Who blocked the account.
        user: UserId,
        /// The version that the other's status had.
        version: Version,
    },
    /// Takes blocks back; nothing happens where there is none.
    Unblock {
        /// Of whom.
        users: Vec<UserId>,
    },
    /// The effect of another's [`Command::Unblock`].
    CeaseBlockedBy {
        /// Who blocked the account.
        user: UserId,
    },
    /// Registers the account without a login.
    Import,
    /// The operator logs all devices out, at once; they do not come back by themselves (D1).
    DisconnectAll,
    /// The operator logs all devices out and revokes every UserSig minted before now (D2), also of an account that has never
    /// logged in (D4).
    KickAll {
        /// By the clock of those who mint UserSigs, as it is set now.
        now: Timestamp,
        /// By the same clock, if nobody had set it since the server's start.
        unless_set: Timestamp,
    },
}

impl Command {
    /// Whether it makes a record: what is to be on disk before it takes effect, is shown to anyone, or is answered. Everything else
    /// is presence: a lease, which takes effect at once and is journalled behind.
    pub const fn is_record(&self) -> bool {
        matches!(
            self,
            Self::AddFriend { .. }
                | Self::BecomeFriendOf { .. }
                | Self::DeleteFriends { .. }
                | Self::CeaseFriendOf { .. }
                | Self::ImportFriends { .. }
                | Self::UpdateFriends { .. }
                | Self::Block { .. }
                | Self::BecomeBlockedBy { .. }
                | Self::Unblock { .. }
                | Self::CeaseBlockedBy { .. }
                | Self::Import
                | Self::KickAll { .. }
        )
    }
}

/// A custom status that a client brings back (S9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What it set; empty if it cleared.
    pub custom: CustomStatus,
    /// The version that the server answered it with.
    pub set_at: Version,
}

/// Whom [`Command::ImportFriends`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFriend {
    /// The friend as it will be on the list.
    pub friend: Friend,
    /// The date is what the friendship is said to be of, and not only now: then it holds for one who is a friend already, too.
    pub is_dated: bool,
    /// Whether there is such an account.
    pub registered: bool,
}

/// What [`Command::UpdateFriends`] changes; the rest stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendUpdate {
    /// Which friend.
    pub user: UserId,
    /// [`Friend::remark`].
    pub remark: Option<Box<str>>,
    /// [`Friend::group_name`].
    pub group_name: Option<Box<str>>,
    /// [`Friend::add_source`].
    pub add_source: Option<Box<str>>,
    /// [`Friend::add_wording`].
    pub add_wording: Option<Box<str>>,
    /// [`Friend::added_at`].
    pub added_at: Option<Timestamp>,
}

/// Whom [`Command::Block`] is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedUser {
    /// Who.
    pub user: UserId,
    /// The version of their status; `None`: there is no such account.
    pub version: Option<Version>,
}

/// What a session wants about friends (R1, R2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FriendRequest {
    /// See a list.
    List,
    /// Change its friends.
    Change,
    /// Block or unblock.
    Block,
}

/// How a connection went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossCause {
    /// FIN, RST or a protocol error: gone at once, or after the app's grace (S4, S8).
    Closed,
    /// Nothing heard for the silence time-out: gone now (S6).
    Silent,
}

/// What the caller knows of the other account in [`Command::AddFriend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerFacts {
    /// Whether it exists.
    pub registered: bool,
    /// How many friends it has.
    pub friends: u32,
    /// Whether the account asking is one of them.
    pub has_me: bool,
    /// The version of its status.
    pub version: Version,
}

/// What follows from a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// To be applied in order, all or none.
    pub edits: Vec<Edit>,
    /// The account's status after the edits, if there is something to announce.
    pub change: Option<UserStatus>,
    /// What happens to other accounts.
    pub effects: Vec<Effect>,
    /// The answer.
    pub outcome: Outcome,
}

/// A command for another account, to be run before the answer is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Whose.
    pub user: UserId,
    /// What.
    pub command: Command,
}

/// A command's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; nothing more to say.
    Done,
    /// Nothing to do: the session or device is gone, or nothing was due.
    Nothing,
    /// Logged in.
    LoggedIn {
        /// The instance's earlier connection, to be closed without a word.
        replaced: Option<SessionId>,
        /// Connections kicked by this login (D1), to be told 6208.
        kicked: Vec<SessionId>,
        /// Whether the list is as the client left it: false if it is empty (never filled, or cleared by W7), or was lost.
        subscriptions_kept: bool,
        /// Whether a crash may have taken what the client knows of the list.
        subscriptions_lost: bool,
        /// The version of the list.
        subscriptions_version: Version,
        /// The subscription list, oldest first.
        subscriptions: Vec<UserId>,
        /// The friends.
        friends: Vec<UserId>,
        /// Who is hidden from the account (R2), by user id.
        hidden: Vec<UserId>,
        /// The status after login.
        status: UserStatus,
    },
    /// All devices logged out by the operator: connections to be told 70052.
    KickedAll {
        /// Which.
        sessions: Vec<SessionId>,
    },
    /// The custom status is set.
    StatusSet {
        /// The version it got (S9).
        version: Version,
    },
    /// The query is allowed.
    Query,
    /// Subscribed.
    Subscribed {
        /// All asked for that are on the list now, in the order asked, each once: those whose status is handed back (W8).
        users: Vec<UserId>,
        /// The version of the list (W7).
        list: Version,
    },
    /// Unsubscribed.
    Unsubscribed {
        /// The version of the list.
        list: Version,
    },
    /// Friends are deleted.
    FriendsDeleted {
        /// Those named that were none.
        strangers: Vec<UserId>,
    },
    /// Friends are imported or updated, but for these.
    FriendsChanged {
        /// Whom not, and why.
        refused: Vec<(UserId, Refusal)>,
    },
    /// Blocked, but for these.
    Blocked {
        /// Whom not, and why.
        refused: Vec<(UserId, Refusal)>,
    },
    /// Refused; nothing changed.
    Refused(Refusal),
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// More than the code's text, where there is more to say: the number that was exceeded, what to do.
    pub detail: Option<Box<str>>,
}

/// How a watcher has to do with the user who changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Another device of the same account (N2, N5).
    Own,
    /// Subscribed to (N4).
    Subscribed,
    /// A friend, not subscribed to (N3).
    Friend,
}

/// Whether a change is told to a watcher under the app's settings (N2 to N4, P1, P2).
pub const fn delivers(settings: &AppSettings, relation: Relation) -> bool {
    let premium = matches!(settings.plan, crate::Plan::Premium);
    match relation {
        Relation::Own => true,
        Relation::Subscribed => premium && settings.user_status,
        Relation::Friend => premium && settings.friend_status_notification,
    }
}

/// Whether the app would need another plan for its clients to ask about others at all (P1). Looked at before anything is counted.
pub(crate) const fn needs_premium(settings: &AppSettings) -> bool {
    !matches!(settings.plan, crate::Plan::Premium)
}

/// Decides a command against an account: pure, total, and the only place that knows the rules.
pub fn decide(
    account: &Account,
    settings: &AppSettings,
    command: &Command,
    now: Timestamp,
) -> Decision {
    let mut draft = Draft::new(account, settings, now);
    let outcome = match command {
        Command::Login {
            session,
            instance,
            platform,
            reconnect,
            sig_minted_at,
            restored,
            known_list,
            began,
        } => {
            draft.expire();
            let arrival = Arrival {
                session: *session,
                instance: *instance,
                platform: *platform,
                reconnect: *reconnect,
                sig_minted_at: *sig_minted_at,
                restored: restored.as_ref(),
                known_list: *known_list,
                began: *began,
            };
            login(&mut draft, &arrival)
        }
        Command::RenewSig {
            session,
            sig_minted_at,
        } => renew_sig(&mut draft, *session, *sig_minted_at),
        Command::Logout { session } => {
            draft.expire();
            logout(&mut draft, *session)
        }
        Command::ConnectionLost { session, cause } => {
            draft.expire();
            connection_lost(&mut draft, *session, *cause)
        }
        Command::Expire => {
            draft.expire();
            draft.announce_owed();
            if draft.has_edits() {
                Outcome::Done
            } else {
                Outcome::Nothing
            }
        }
        Command::HoldUnderLease { since, before } => hold_under_lease(&mut draft, *since, *before),
        Command::SetSelfStatus { session, custom } => set_self_status(&mut draft, *session, custom),
        Command::SetStatusFor { custom } => set_status_for(&mut draft, custom),
        Command::Outrun { known } => outrun(&mut draft, *known),
        Command::Announce { above } => announce(&mut draft, *above),
        Command::Query { session, users } => query(&mut draft, *session, users),
        Command::Subscribe { session, users } => subscribe(&mut draft, *session, users),
        Command::Unsubscribe { session, users } => unsubscribe(&mut draft, *session, users),
        Command::RequestFriends { session, request } => {
            request_friends(&mut draft, *session, *request)
        }
        Command::AddFriend {
            friend,
            both,
            peer,
            resent,
        } => add_friend(&mut draft, friend, *both, *peer, *resent),
        Command::BecomeFriendOf { user, at } => become_friend_of(&mut draft, user, *at),
        Command::DeleteFriends {
            users,
            both,
            known_by,
            resent,
        } => delete_friends(&mut draft, users, *both, known_by, *resent),
        Command::CeaseFriendOf { user } => cease_friend_of(&mut draft, user),
        Command::ImportFriends { friends } => import_friends(&mut draft, friends),
        Command::UpdateFriends { updates } => update_friends(&mut draft, updates),
        Command::Block { users } => block(&mut draft, users),
        Command::BecomeBlockedBy { user, version } => become_blocked_by(&mut draft, user, *version),
        Command::Unblock { users } => unblock(&mut draft, users),
        Command::CeaseBlockedBy { user } => cease_blocked_by(&mut draft, user),
        Command::Import => import(&mut draft),
        Command::DisconnectAll => disconnect_all(&mut draft),
        Command::KickAll { now, unless_set } => kick_all(&mut draft, *now, *unless_set),
    };
    draft.finish(outcome)
}
