//! Every rule about one account, as one pure function.

mod draft;
mod friends;
mod presence;
mod watching;

use crate::{
    Account, AppSettings, Code, CustomStatus, Edit, Friend, InstanceId, Platform, SessionId,
    Timestamp, UserId, UserStatus,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use draft::Draft;
use friends::{add_friend, become_friend_of, cease_friend_of, delete_friend};
use presence::{
    connection_lost, hold_under_lease, import, kick_all, login, logout, set_self_status,
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
    /// The server has restarted: devices recorded as connected go under lease for the silence time-out (S6).
    HoldUnderLease,
    /// Sets the custom status (C1 to C5).
    SetSelfStatus {
        /// Who asks.
        session: SessionId,
        /// The text; empty clears.
        custom: CustomStatus,
    },
    /// Asks about users (G1 to G3). The answer's statuses are read by the caller.
    Query {
        /// Who asks.
        session: SessionId,
        /// About whom, in order; duplicates are dropped.
        users: Vec<UserId>,
    },
    /// Subscribes (W1 to W4). The answer's statuses are read by the caller, after the hub has the subscription (W8).
    Subscribe {
        /// Who asks.
        session: SessionId,
        /// To whom, in order.
        users: Vec<UserId>,
    },
    /// Unsubscribes; an empty list means all (W6).
    Unsubscribe {
        /// Who asks.
        session: SessionId,
        /// From whom.
        users: Vec<UserId>,
    },
    /// Adds a friend (D0).
    AddFriend {
        /// The friend as it will be on the list; `added_at` is ignored, it is now.
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
    },
    /// Removes a friend.
    DeleteFriend {
        /// Whom.
        user: UserId,
        /// From both lists.
        both: bool,
        /// Sent again after its answer was lost: not being a friend is success.
        resent: bool,
    },
    /// The effect of another's [`Command::DeleteFriend`] with `both`: nothing happens if not a friend.
    CeaseFriendOf {
        /// Whose friend no more.
        user: UserId,
    },
    /// Registers the account without a login.
    Import,
    /// The operator logs all devices out and revokes every UserSig minted before now (D2).
    KickAll {
        /// By the clock of those who mint UserSigs.
        now: Timestamp,
    },
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
        /// Whom the account watches: false if the list is empty (never filled, or cleared by W7).
        subscriptions_kept: bool,
        /// The subscription list, oldest first.
        subscriptions: Vec<UserId>,
        /// The friends.
        friends: Vec<UserId>,
        /// The status after login.
        status: UserStatus,
    },
    /// All devices logged out by the operator: connections to be told 70052.
    KickedAll {
        /// Which.
        sessions: Vec<SessionId>,
    },
    /// The query is allowed, about these, duplicates dropped.
    Query {
        /// In the order asked.
        users: Vec<UserId>,
    },
    /// Subscribed.
    Subscribed {
        /// All asked for that are on the list now, in the order asked, each once: those whose status is handed back (W8).
        users: Vec<UserId>,
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
        } => {
            draft.expire();
            login(
                &mut draft,
                *session,
                *instance,
                *platform,
                *reconnect,
                *sig_minted_at,
            )
        }
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
            if draft.has_edits() {
                Outcome::Done
            } else {
                Outcome::Nothing
            }
        }
        Command::HoldUnderLease => hold_under_lease(&mut draft),
        Command::SetSelfStatus { session, custom } => set_self_status(&mut draft, *session, custom),
        Command::Query { session, users } => query(&mut draft, *session, users),
        Command::Subscribe { session, users } => subscribe(&mut draft, *session, users),
        Command::Unsubscribe { session, users } => unsubscribe(&mut draft, *session, users),
        Command::AddFriend {
            friend,
            both,
            peer,
            resent,
        } => add_friend(&mut draft, friend, *both, *peer, *resent),
        Command::BecomeFriendOf { user } => become_friend_of(&mut draft, user),
        Command::DeleteFriend { user, both, resent } => {
            delete_friend(&mut draft, user, *both, *resent)
        }
        Command::CeaseFriendOf { user } => cease_friend_of(&mut draft, user),
        Command::Import => import(&mut draft),
        Command::KickAll { now } => kick_all(&mut draft, *now),
    };
    draft.finish(outcome)
}
