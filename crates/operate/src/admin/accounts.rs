//! Accounts, as operators ask for them.

use super::Admin;
use super::api::{
    ACCOUNTS_PAGE_DEFAULT, ACCOUNTS_PAGE_MAX, AccountList, AccountSummaryView, AccountView,
    DeviceView, IMPORT_USERS_MAX, ImportAccounts, Imported, Kicked, QUERY_USERS_MAX,
    QueriedAccounts, QueryAccounts,
};
use super::openapi::Refusals;
use super::routes::{
    Answer, At, Failure, account_key, app_id, next_after, page_limit, parse, user_id,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use std::borrow::Borrow;
use userstatus_core::{Account, AppId, Code, NormalStatus, Timestamp, UserId, UserStatus};
use userstatus_store::apps::AppError;
use userstatus_store::embedded::Gaps;
use userstatus_store::{AccountKey, AccountSummary, Store};
use utoipa::IntoParams;

/// Registers accounts without a login.
#[utoipa::path(
    post, path = "/v1/apps/{app}/accounts", tag = "accounts", operation_id = "import_accounts",
    params(("app" = u64, Path, description = "The app's id")),
    request_body = ImportAccounts,
    responses((status = 200, description = "It was done", body = Imported), Refusals)
)]
pub(super) async fn import_accounts(
    State(admin): At,
    Path(app): Path<String>,
    body: Bytes,
) -> Answer<Imported> {
    let app = app_id(&app)?;
    let ImportAccounts { user_ids } = parse(&body)?;
    if user_ids.len() > IMPORT_USERS_MAX {
        return Err(Failure::invalid(format!(
            "{} user ids; at most {IMPORT_USERS_MAX} are allowed",
            user_ids.len()
        )));
    }
    // All are looked at before the first is imported.
    let accounts: Vec<_> = user_ids
        .iter()
        .map(|user| account_key(app, user))
        .collect::<Result<_, _>>()?;
    for account in &accounts {
        admin.gateway.import(account).await?;
    }
    tracing::info!(
        app = app.get(),
        accounts = accounts.len(),
        users = some_of(&accounts),
        "accounts imported"
    );
    Ok(Json(Imported {
        accounts: accounts.len(),
    }))
}

/// Accounts that a log line names; of more it tells the number.
const NAMED_MAX: usize = 10;

/// The users of the first of these accounts, for a log line.
pub(super) fn some_of<A: Borrow<AccountKey>>(accounts: &[A]) -> String {
    let named = accounts.iter().take(NAMED_MAX);
    let mut named: Vec<_> = named
        .map(|account| account.borrow().user.as_str())
        .collect();
    if accounts.len() > NAMED_MAX {
        named.push("…");
    }
    named.join(" ")
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Only users whose ids begin with this.
    #[serde(default)]
    #[param(required = false)]
    prefix: String,
    /// Only users after this one: `next_after` of the page before.
    after: Option<String>,
    /// How many there may be on the page.
    limit: Option<usize>,
}

/// A page of accounts.
#[utoipa::path(
    get, path = "/v1/apps/{app}/accounts", tag = "accounts", operation_id = "list_accounts",
    params(("app" = u64, Path, description = "The app's id"), Page),
    responses((status = 200, description = "It was done", body = AccountList), Refusals)
)]
pub(super) async fn list_accounts(
    State(admin): At,
    Path(app): Path<String>,
    page: Result<Query<Page>, QueryRejection>,
) -> Answer<AccountList> {
    let app = existing(&admin, &app)?;
    let Query(page) = page?;
    let limit = page_limit(page.limit, ACCOUNTS_PAGE_DEFAULT, ACCOUNTS_PAGE_MAX)?;
    let after = page.after.as_deref().map(user_id).transpose()?;
    let times = WallTimes::of(&admin);
    let listed = admin
        .gateway
        .store()
        .list_accounts(app, after.as_ref(), &page.prefix, limit)
        .await?;
    Ok(Json(AccountList {
        accounts: listed
            .iter()
            .map(|account| summary_view(account, &times))
            .collect(),
        next_after: next_after(&listed, limit, |account| &account.status.user),
    }))
}

/// What many accounts are at.
#[utoipa::path(
    post, path = "/v1/apps/{app}/accounts/query", tag = "accounts", operation_id = "query_accounts",
    params(("app" = u64, Path, description = "The app's id")),
    request_body = QueryAccounts,
    responses((status = 200, description = "It was done", body = QueriedAccounts), Refusals)
)]
pub(super) async fn query_accounts(
    State(admin): At,
    Path(app): Path<String>,
    body: Bytes,
) -> Answer<QueriedAccounts> {
    let app = existing(&admin, &app)?;
    let QueryAccounts { user_ids } = parse(&body)?;
    if user_ids.len() > QUERY_USERS_MAX {
        return Err(Failure::invalid(format!(
            "{} user ids; at most {QUERY_USERS_MAX} are allowed",
            user_ids.len()
        )));
    }
    // What can be nobody's id is nobody, as for clients (G1): one mistake does not hide the others.
    let users: Vec<_> = user_ids
        .iter()
        .filter_map(|user| UserId::parse(user).ok())
        .collect();
    let statuses = admin.gateway.store().statuses(app, None, &users).await?;
    let mut statuses = statuses.iter().peekable();
    let accounts = user_ids
        .into_iter()
        .map(
            |user| match statuses.next_if(|status| status.user.as_str() == user) {
                Some(status) => status_view(status),
                None => nobody(user),
            },
        )
        .collect();
    Ok(Json(QueriedAccounts { accounts }))
}

/// One account.
#[utoipa::path(
    get, path = "/v1/apps/{app}/accounts/{user}", tag = "accounts", operation_id = "show_account",
    params(("app" = u64, Path, description = "The app's id"), ("user" = String, Path, description = "The user's id")),
    responses((status = 200, description = "It was done", body = AccountView), Refusals)
)]
pub(super) async fn show_account(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
) -> Answer<AccountView> {
    let key = account_key(app_id(&app)?, &user)?;
    match admin.gateway.account(&key).await? {
        Some(account) => {
            let view = account_view(key.app, &account, &WallTimes::of(&admin));
            Ok(Json(view))
        }
        None => Err(no_such_account(&key)),
    }
}

/// Logs all devices of an account out, and revokes its UserSigs.
#[utoipa::path(
    post, path = "/v1/apps/{app}/accounts/{user}/kick", tag = "accounts", operation_id = "kick_account",
    params(("app" = u64, Path, description = "The app's id"), ("user" = String, Path, description = "The user's id")),
    responses((status = 200, description = "It was done", body = Kicked), Refusals)
)]
pub(super) async fn kick_account(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
) -> Answer<Kicked> {
    let key = account_key(app_id(&app)?, &user)?;
    let devices = admin.gateway.kick_all(&key).await?;
    tracing::info!(
        app = key.app.get(),
        user = key.user.as_str(),
        devices,
        "account kicked"
    );
    Ok(Json(Kicked { devices }))
}

pub(super) fn existing(admin: &Admin, app: &str) -> Result<AppId, Failure> {
    let id = app_id(app)?;
    match admin.gateway.apps().get(id) {
        Some(app) => Ok(app.id),
        None => Err(AppError::NoSuchApp(id).into()),
    }
}

pub(super) fn no_such_account(key: &AccountKey) -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        Code::NoSuchAccount,
        format!("there is no account {} in app {}", key.user, key.app),
    )
}

fn status_name(status: NormalStatus) -> &'static str {
    match status {
        NormalStatus::Unknown => "unknown",
        NormalStatus::Online => "online",
        NormalStatus::Offline => "offline",
        NormalStatus::UnLogined => "unlogined",
    }
}

/// Times of the server's clock as the wall has them: the two differ where the system's clock was set back, or stood wrong at a start.
struct WallTimes {
    gaps: Gaps,
    ahead_ms: u64,
}

impl WallTimes {
    fn of(admin: &Admin) -> Self {
        let clock = admin.gateway.clock();
        Self {
            gaps: admin.gateway.store().gaps(),
            ahead_ms: clock.now().ms_since(clock.wall()),
        }
    }

    fn ms(&self, at: Timestamp) -> u64 {
        self.gaps.on_the_wall(at, self.ahead_ms).as_ms()
    }
}

/// When its last device was there, or it was imported; none while one is there, and of accounts from before this was known.
pub(super) fn last_seen(account: &AccountSummary) -> Option<Timestamp> {
    account
        .away_since
        .filter(|since| *since > Timestamp::default())
}

fn summary_view(account: &AccountSummary, times: &WallTimes) -> AccountSummaryView {
    AccountSummaryView {
        last_seen_at_ms: last_seen(account).map(|at| times.ms(at)),
        ..status_view(&account.status)
    }
}

fn status_view(status: &UserStatus) -> AccountSummaryView {
    AccountSummaryView {
        user_id: status.user.as_str().to_owned(),
        status: status_name(status.normal).to_owned(),
        custom_status: status.custom.as_str().to_owned(),
        last_seen_at_ms: None,
    }
}

fn nobody(user_id: String) -> AccountSummaryView {
    AccountSummaryView {
        user_id,
        status: status_name(NormalStatus::Unknown).to_owned(),
        custom_status: String::new(),
        last_seen_at_ms: None,
    }
}

fn account_view(app: AppId, account: &Account, times: &WallTimes) -> AccountView {
    let wall_ms = |at: Timestamp| times.ms(at);
    let device = |device: &userstatus_core::Device| DeviceView {
        platform: device.platform.name().to_owned(),
        session: device.session.0,
        logged_in_at_ms: wall_ms(device.logged_in_at),
        lease_until_ms: device.lease_until.map(wall_ms),
    };
    let names = |user: &UserId| user.as_str().to_owned();
    AccountView {
        app_id: app.get(),
        user_id: names(&account.user),
        status: status_name(account.normal()).to_owned(),
        custom_status: account.custom.as_str().to_owned(),
        version: account.version.0,
        devices: account.devices.iter().map(device).collect(),
        subscriptions: account.subscriptions.iter().map(names).collect(),
        subscriptions_clear_at_ms: account.subscriptions_clear_at.map(wall_ms),
        friends: account
            .friends
            .iter()
            .map(|friend| names(&friend.user))
            .collect(),
        sigs_valid_from_ms: account.sigs_valid_from.as_ms(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_names_ten_accounts_at_most() {
        let app = AppId::new(7).unwrap();
        let accounts: Vec<_> = (0..11)
            .map(|number| AccountKey::new(app, UserId::parse(&format!("u{number}")).unwrap()))
            .collect();
        assert_eq!(some_of(&accounts[..2]), "u0 u1");
        assert_eq!(some_of(&accounts), "u0 u1 u2 u3 u4 u5 u6 u7 u8 u9 …");
    }
}
