//! What goes over the admin port, for both of its ends.

use super::settings::SettingsPatch;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/apps`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateApp {
    /// A random one if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// A random one if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
    /// Those not given are as for every new app: basic, everything off.
    #[serde(default)]
    pub settings: SettingsPatch,
}

/// `PATCH /v1/apps/{id}`: what is given changes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeApp {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Plan, switches, limits.
    #[serde(default)]
    pub settings: SettingsPatch,
}

/// `POST /v1/apps/{id}/keys`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddKey {
    /// A random one if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
}

/// `POST /v1/apps/{id}/accounts`: registers accounts without a login.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportAccounts {
    /// Whom; at most [`IMPORT_USERS_MAX`].
    pub user_ids: Vec<String>,
}

/// Most accounts in one [`ImportAccounts`].
pub const IMPORT_USERS_MAX: usize = 1_000;

/// One app.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AppView {
    /// Its id.
    pub id: u64,
    /// For people.
    pub name: String,
    /// Unix time.
    pub created_at_ms: u64,
    /// All of them.
    pub settings: SettingsPatch,
    /// Oldest first.
    pub keys: Vec<KeyView>,
}

/// One key of an app.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct KeyView {
    /// Names it within its app.
    pub id: u32,
    /// Unix time.
    pub created_at_ms: u64,
    /// Only where it was just made, or asked for with `?secrets=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
}

/// `GET /v1/apps`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AppList {
    /// By id.
    pub apps: Vec<AppView>,
}

/// One account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// Its app.
    pub app_id: u64,
    /// Its name.
    pub user_id: String,
    /// `online`, `offline` or `unlogined` (S3).
    pub status: String,
    /// What the user has set.
    pub custom_status: String,
    /// Of the newest change announced.
    pub version: u64,
    /// Connected, or expected back.
    pub devices: Vec<DeviceView>,
    /// Earliest first (W2).
    pub subscriptions: Vec<String>,
    /// When the list is cleared unless the user comes back (W7), in Unix time.
    pub subscriptions_clear_at_ms: Option<u64>,
    /// By user id.
    pub friends: Vec<String>,
    /// UserSigs minted before this are revoked, in Unix time; 0: none is.
    pub sigs_valid_from_ms: u64,
}

/// One device of an account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceView {
    /// What it runs on.
    pub platform: String,
    /// Its connection, as in the log.
    pub session: u64,
    /// Unix time.
    pub logged_in_at_ms: u64,
    /// When it counts as gone unless it comes back, in Unix time; none: it is connected.
    pub lease_until_ms: Option<u64>,
}

/// `GET /v1/apps/{id}/accounts?prefix=…&after=…&limit=…`: a page of accounts.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountList {
    /// By user id.
    pub accounts: Vec<AccountSummaryView>,
    /// What to ask for `after` to have the next page; none: this was the last.
    pub next_after: Option<String>,
}

/// Accounts of a page for which no `limit` was asked.
pub const ACCOUNTS_PAGE_DEFAULT: usize = 1_000;

/// Most accounts of a page.
pub const ACCOUNTS_PAGE_MAX: usize = 10_000;

/// `POST /v1/apps/{id}/accounts/query`: what many accounts are at.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryAccounts {
    /// Whom; at most [`QUERY_USERS_MAX`].
    pub user_ids: Vec<String>,
}

/// Most accounts in one [`QueryAccounts`].
pub const QUERY_USERS_MAX: usize = 1_000;

/// The answer to [`QueryAccounts`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QueriedAccounts {
    /// In the order asked for.
    pub accounts: Vec<AccountSummaryView>,
}

/// `POST /v1/apps/{id}/accounts/delete`: erases many accounts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteAccounts {
    /// Whom; at most [`DELETE_USERS_MAX`].
    pub user_ids: Vec<String>,
}

/// Most accounts in one [`DeleteAccounts`].
pub const DELETE_USERS_MAX: usize = 1_000;

/// What a deletion did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deleted {
    /// Accounts that were there and are not any more.
    pub accounts: usize,
}

/// `POST /v1/apps/{id}/accounts/purge`: erases accounts that nobody has used for long, a page of accounts at a time.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurgeAccounts {
    /// Those whose last device was there longer ago than this, at least 1; days on which the server did not run do not count.
    pub not_seen_for_days: u32,
    /// Only users whose ids begin with this.
    #[serde(default)]
    pub prefix: String,
    /// Only users after this one: `next_after` of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Say who it would be, and erase nobody.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a purge did, or would do, in one page of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Purged {
    /// Accounts looked at.
    pub looked_at: usize,
    /// Of those, whose last device has not been there for long enough.
    pub user_ids: Vec<String>,
    /// How many of them were erased.
    pub deleted: usize,
    /// Accounts of which nobody knows when they were last used: they stay.
    pub never_seen: usize,
    /// What to ask for `after` to go on; none: all have been looked at.
    pub next_after: Option<String>,
}

/// `GET /v1/apps/{id}/accounts/{user}/friends?after=…&limit=…`: a page of an account's friends.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FriendList {
    /// By user id.
    pub friends: Vec<FriendView>,
    /// What to ask for `after` to have the next page; none: this was the last.
    pub next_after: Option<String>,
}

/// Friends of a page for which no `limit` was asked.
pub const FRIENDS_PAGE_DEFAULT: usize = 1_000;

/// Most friends of a page.
pub const FRIENDS_PAGE_MAX: usize = 10_000;

/// One friend. The texts are those that a client may give when it adds one.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FriendView {
    /// Who.
    pub user_id: String,
    /// Unix time.
    pub added_at_ms: u64,
    /// What the account calls the friend.
    pub remark: String,
    /// Where the account keeps the friend.
    pub group_name: String,
    /// Where the friendship comes from.
    pub add_source: String,
    /// What was said when it was made.
    pub add_wording: String,
}

/// `POST /v1/apps/{id}/accounts/{user}/friends`: each of these and the account become each other's friends.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddFriends {
    /// Whom; 1 to [`ADD_FRIENDS_MAX`].
    pub user_ids: Vec<String>,
}

/// Most users in one [`AddFriends`]: each is on disk before the next is looked at.
pub const ADD_FRIENDS_MAX: usize = 100;

/// `POST /v1/apps/{id}/accounts/{user}/friends/delete`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteFriends {
    /// Whom; 1 to [`DELETE_FRIENDS_MAX`].
    pub user_ids: Vec<String>,
    /// From both lists, as they came onto both; false: from the account's only.
    #[serde(default = "both_lists")]
    pub both: bool,
}

const fn both_lists() -> bool {
    true
}

/// Most users in one [`DeleteFriends`].
pub const DELETE_FRIENDS_MAX: usize = 1_000;

/// The answer to [`AddFriends`] and [`DeleteFriends`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FriendResults {
    /// In the order given.
    pub results: Vec<FriendResultView>,
}

/// What became of one friend.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FriendResultView {
    /// Who.
    pub user_id: String,
    /// From the one table of codes; 0: done.
    pub code: i32,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// An account in a list.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountSummaryView {
    /// Its name.
    pub user_id: String,
    /// `online`, `offline` or `unlogined` (S3); `unknown`: there is no such account.
    pub status: String,
    /// What the user has set.
    pub custom_status: String,
    /// When a device of it was last there, in Unix time, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at_ms: Option<u64>,
}

/// What a kick did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Kicked {
    /// Devices logged out.
    pub devices: usize,
}

/// What an import did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Imported {
    /// Accounts that are registered now; those that were before count as well.
    pub accounts: usize,
}

/// `GET /v1/stats`: counts, since the start where it is not said otherwise.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Stats {
    /// Of this userstatusd.
    pub version: String,
    /// Apps now.
    pub apps: usize,
    /// Registered accounts now.
    pub accounts: usize,
    /// Connections now.
    pub connections: u32,
    /// Connections there may be.
    pub connections_max: u32,
    /// Connections let in.
    pub connections_accepted: u64,
    /// Connections turned away because there were too many.
    pub connections_refused: u64,
    /// Logged-in connections now.
    pub sessions: u64,
    /// Status changes encoded.
    pub encodes: u64,
    /// Statuses put in outboxes.
    pub deliveries: u64,
    /// Statuses made superfluous by newer ones while a connection was slow (N6).
    pub merges: u64,
    /// Log lines dropped because nobody read them in time.
    pub log_lines_dropped: u64,
}

/// `POST /v1/reload`: what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reloaded {
    /// Whether the configuration could be used. If not, the old one holds.
    pub reloaded: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Settings that differ from those the server runs with.
    pub settings: Vec<ReloadedSetting>,
}

/// A setting that differs from what the server runs with. Its value may be a secret and is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadedSetting {
    /// As in the configuration file.
    pub setting: String,
    /// When it takes effect.
    pub takes_effect: TakesEffect,
}

/// When a changed setting takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakesEffect {
    /// It has.
    Now,
    /// When the server is started again.
    AtTheNextStart,
}

/// `POST /v1/backup`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// An absolute path on the server's machine where there is no file yet.
    pub to: String,
}

/// A backup that was written.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BackedUp {
    /// Where.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Apps in it.
    pub apps: u64,
    /// Accounts in it.
    pub accounts: u64,
    /// How long it took.
    pub took_ms: u64,
}

/// `GET /v1/apps/{id}/accounts/{user}/trace?for_s=…&texts=…`: one of the lines it is answered with, as it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceLine {
    /// Unix time; 0 of the last line.
    pub at_ms: u64,
    /// The connection, as in the log; none: it is not logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    /// How many were missed before this one, because they were not read fast enough.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missed: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: TraceEvent,
}

impl TraceLine {
    /// The last.
    pub const fn end() -> Self {
        Self {
            at_ms: 0,
            session: None,
            missed: 0,
            event: TraceEvent::End,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What happened to a traced account. No UserSig is in it, and no text of a custom status that was not asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum TraceEvent {
    /// A login was answered.
    Login {
        /// Where it came from.
        peer: String,
        /// What it runs on, as the client says.
        platform: String,
        /// Whether the client came back by itself.
        reconnect: bool,
        /// How.
        #[serde(flatten)]
        answer: TraceAnswer,
    },
    /// A request was.
    Request {
        /// As `userstatus_requests_total` calls it.
        request: String,
        /// Whom it named.
        users: TraceUsers,
        /// Of a custom status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<TraceText>,
        /// How.
        #[serde(flatten)]
        answer: TraceAnswer,
    },
    /// It was told of others, or of itself.
    Told {
        /// Of whom.
        users: TraceUsers,
    },
    /// A connection ended.
    Ended {
        /// Why, in words.
        reason: String,
    },
    /// The time is over: the last line.
    End,
}

/// How something was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceAnswer {
    /// From the one table of codes; 0: it was done.
    pub code: i32,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long it took in the server.
    pub took_us: u64,
}

/// Users that were named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceUsers {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<String>,
}

/// A custom status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceText {
    /// Its length.
    pub bytes: usize,
    /// Itself, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Something was not done.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// From the one table of codes.
    pub code: i32,
    /// What is wrong and what to do.
    pub message: String,
}
