//! Erasing accounts: one, many, and those that nobody has used for long.

use super::Admin;
use super::accounts::{existing, last_seen, no_such_account, some_of};
use super::api::{DELETE_USERS_MAX, DeleteAccounts, Deleted, PurgeAccounts, Purged};
use super::openapi::Refusals;
use super::routes::{Answer, At, Failure, account_key, app_id, next_after, parse, user_id};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use userstatus_core::{AppId, NormalStatus, Timestamp};
use userstatus_gateway::OperatorError;
use userstatus_store::embedded::Gaps;
use userstatus_store::{AccountKey, AccountSummary, Doomed, Store};

/// Accounts a purge looks at in one request.
const PURGE_PAGE: usize = 1_000;

const DAY_MS: u64 = 86_400_000;

/// Erases an account.
#[utoipa::path(
    delete, path = "/v1/apps/{app}/accounts/{user}", tag = "accounts", operation_id = "delete_account",
    params(("app" = u64, Path, description = "The app's id"), ("user" = String, Path, description = "The user's id")),
    responses((status = 204, description = "It was done"), Refusals)
)]
pub(super) async fn delete_account(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let key = account_key(app_id(&app)?, &user)?;
    let doomed = Doomed {
        account: key.clone(),
        away_since: None,
    };
    if erase(&admin, key.app, &[doomed]).await?.is_empty() {
        return Err(no_such_account(&key));
    }
    tracing::info!(
        app = key.app.get(),
        user = key.user.as_str(),
        "account deleted"
    );
    Ok(StatusCode::NO_CONTENT)
}

/// Erases accounts.
#[utoipa::path(
    post, path = "/v1/apps/{app}/accounts/delete", tag = "accounts", operation_id = "delete_accounts",
    params(("app" = u64, Path, description = "The app's id")),
    request_body = DeleteAccounts,
    responses((status = 200, description = "It was done", body = Deleted), Refusals)
)]
pub(super) async fn delete_accounts(
    State(admin): At,
    Path(app): Path<String>,
    body: Bytes,
) -> Answer<Deleted> {
    let app = existing(&admin, &app)?;
    let DeleteAccounts { user_ids } = parse(&body)?;
    if user_ids.len() > DELETE_USERS_MAX {
        return Err(Failure::invalid(format!(
            "{} user ids; at most {DELETE_USERS_MAX} are allowed",
            user_ids.len()
        )));
    }
    // All are looked at before the first is erased.
    let doomed = user_ids
        .iter()
        .map(|user| {
            let account = account_key(app, user)?;
            let away_since = None;
            Ok(Doomed {
                account,
                away_since,
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let erased = erase(&admin, app, &doomed).await?;
    let accounts = erased.len();
    if accounts > 0 {
        let users = some_of(&erased);
        tracing::info!(app = app.get(), accounts, users, "accounts deleted");
    }
    Ok(Json(Deleted { accounts }))
}

/// Erases accounts that nobody has used for long, a page of accounts at a time.
#[utoipa::path(
    post, path = "/v1/apps/{app}/accounts/purge", tag = "accounts", operation_id = "purge_accounts",
    params(("app" = u64, Path, description = "The app's id")),
    request_body = PurgeAccounts,
    responses((status = 200, description = "It was done", body = Purged), Refusals)
)]
pub(super) async fn purge_accounts(
    State(admin): At,
    Path(app): Path<String>,
    body: Bytes,
) -> Answer<Purged> {
    let app = existing(&admin, &app)?;
    let wanted: PurgeAccounts = parse(&body)?;
    if wanted.not_seen_for_days == 0 {
        return Err(Failure::invalid(
            "not_seen_for_days is 0; it must be 1 or more",
        ));
    }
    let after = wanted.after.as_deref().map(user_id).transpose()?;
    let page = admin
        .gateway
        .store()
        .list_accounts(app, after.as_ref(), &wanted.prefix, PURGE_PAGE)
        .await?;
    let days_ms = u64::from(wanted.not_seen_for_days) * DAY_MS;
    let now = admin.gateway.clock().now();
    let gaps = admin.gateway.store().gaps();
    let unused: Vec<_> = page
        .iter()
        .filter(|account| is_unused(account, &gaps, now, days_ms))
        .map(|account| Doomed {
            account: AccountKey::new(app, account.status.user.clone()),
            away_since: account.away_since,
        })
        .collect();
    let user_ids = unused
        .iter()
        .map(|doomed| doomed.account.user.as_str().to_owned())
        .collect();
    let deleted = match wanted.dry_run {
        true => Vec::new(),
        false => erase(&admin, app, &unused).await?,
    };
    if !deleted.is_empty() {
        tracing::info!(
            app = app.get(),
            accounts = deleted.len(),
            users = some_of(&deleted),
            "unused accounts deleted"
        );
    }
    Ok(Json(Purged {
        looked_at: page.len(),
        user_ids,
        deleted: deleted.len(),
        never_seen: page.iter().filter(|account| is_never_seen(account)).count(),
        next_after: next_after(&page, PURGE_PAGE, |account| &account.status.user),
    }))
}

/// What the system's clock says of the time the server did not run may be wrong, and erased is erased.
fn is_unused(account: &AccountSummary, gaps: &Gaps, now: Timestamp, days_ms: u64) -> bool {
    account.status.normal != NormalStatus::Online
        && last_seen(account).is_some_and(|seen| gaps.ran_ms(seen, now) > days_ms)
}

fn is_never_seen(account: &AccountSummary) -> bool {
    account.status.normal != NormalStatus::Online && last_seen(account).is_none()
}

/// Says who went.
async fn erase<'a>(
    admin: &Admin,
    app: AppId,
    doomed: &'a [Doomed],
) -> Result<Vec<&'a AccountKey>, OperatorError> {
    let deleted = admin.gateway.delete_accounts(app, doomed).await?;
    let erased = doomed.iter().zip(deleted);
    Ok(erased
        .filter(|(_, is_deleted)| *is_deleted)
        .map(|(doomed, _)| &doomed.account)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use userstatus_core::{UserId, UserStatus};

    #[test]
    fn unused_is_who_is_away_and_was_last_seen_long_enough_ago() {
        let now = Timestamp::from_ms(100 * DAY_MS);
        let seen = |day: u64, normal| AccountSummary {
            status: UserStatus {
                normal,
                ..UserStatus::unknown(UserId::parse("guest").unwrap())
            },
            away_since: Some(Timestamp::from_ms(day * DAY_MS)),
        };
        let is_unused =
            |account: &AccountSummary| is_unused(account, &Gaps::default(), now, 30 * DAY_MS);
        assert!(is_unused(&seen(69, NormalStatus::UnLogined)));
        assert!(is_unused(&seen(69, NormalStatus::Offline)));
        assert!(!is_unused(&seen(70, NormalStatus::UnLogined)));
        assert!(!is_unused(&seen(69, NormalStatus::Online)));
        // Of an account that was written before this was known.
        assert!(!is_unused(&seen(0, NormalStatus::UnLogined)));
        assert!(is_never_seen(&seen(0, NormalStatus::UnLogined)));
    }
}
