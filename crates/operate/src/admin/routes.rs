//! Which request is answered where.

pub(super) use super::body::parse;
pub(super) use super::failure::Failure;
use super::{Admin, accounts, apps, authorize, erasure, friends, openapi, trace, upkeep};
use crate::health;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router, middleware};
use std::sync::Arc;
use userstatus_core::{AppId, Code, UserId};
use userstatus_store::AccountKey;

pub(super) type Answer<T> = Result<Json<T>, Failure>;
pub(super) type At = State<Arc<Admin>>;

pub(super) fn router(admin: Arc<Admin>) -> Router {
    let health = health::router(Arc::clone(&admin.health));
    Router::new()
        .route("/metrics", get(upkeep::metrics))
        .route("/v1/openapi.json", get(openapi::serve))
        .route("/v1/stats", get(upkeep::stats))
        .route("/v1/reload", post(upkeep::reload))
        .route("/v1/backup", post(upkeep::backup))
        .route("/v1/apps", get(apps::list_apps).post(apps::create_app))
        .route(
            "/v1/apps/{app}",
            get(apps::show_app)
                .patch(apps::change_app)
                .delete(apps::delete_app),
        )
        .route("/v1/apps/{app}/keys", post(apps::add_key))
        .route("/v1/apps/{app}/keys/{key}", delete(apps::remove_key))
        .route(
            "/v1/apps/{app}/accounts",
            get(accounts::list_accounts).post(accounts::import_accounts),
        )
        .route(
            "/v1/apps/{app}/accounts/query",
            post(accounts::query_accounts),
        )
        .route(
            "/v1/apps/{app}/accounts/delete",
            post(erasure::delete_accounts),
        )
        .route(
            "/v1/apps/{app}/accounts/purge",
            post(erasure::purge_accounts),
        )
        .route(
            "/v1/apps/{app}/accounts/{user}",
            get(accounts::show_account).delete(erasure::delete_account),
        )
        .route(
            "/v1/apps/{app}/accounts/{user}/kick",
            post(accounts::kick_account),
        )
        .route("/v1/apps/{app}/accounts/{user}/trace", get(trace::trace))
        .route(
            "/v1/apps/{app}/accounts/{user}/friends",
            get(friends::list_friends).post(friends::add_friends),
        )
        .route(
            "/v1/apps/{app}/accounts/{user}/friends/delete",
            post(friends::delete_friends),
        )
        .fallback(no_such_endpoint)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&admin),
            authorize::authorize,
        ))
        .with_state(admin)
        .merge(health)
}

async fn no_such_endpoint() -> Failure {
    let message = "there is no such endpoint";
    Failure::new(StatusCode::NOT_FOUND, Code::BadParameters, message)
}

/// How many there may be on the page that was asked for.
pub(super) fn page_limit(
    wanted: Option<usize>,
    default: usize,
    max: usize,
) -> Result<usize, Failure> {
    let limit = wanted.unwrap_or(default);
    match (1..=max).contains(&limit) {
        true => Ok(limit),
        false => Err(Failure::invalid(format!(
            "limit is {limit}; it must be 1 to {max}"
        ))),
    }
}

/// After whom the next page begins. A page that is not full is the last.
pub(super) fn next_after<T>(
    page: &[T],
    limit: usize,
    user: impl FnOnce(&T) -> &UserId,
) -> Option<String> {
    let last = page.last().filter(|_| page.len() == limit)?;
    Some(user(last).as_str().to_owned())
}

pub(super) fn app_id(text: &str) -> Result<AppId, Failure> {
    parse_app_id(text.parse().unwrap_or_default())
}

pub(super) fn parse_app_id(number: u64) -> Result<AppId, Failure> {
    AppId::new(number).ok_or_else(|| Failure::invalid("an app id is a whole number and not 0"))
}

pub(super) fn account_key(app: AppId, user: &str) -> Result<AccountKey, Failure> {
    Ok(AccountKey::new(app, user_id(user)?))
}

pub(super) fn user_id(text: &str) -> Result<UserId, Failure> {
    UserId::parse(text).map_err(|error| Failure::invalid(error.to_string()))
}
