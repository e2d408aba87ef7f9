//! Friends, as the studio's own server makes them.

use super::accounts::no_such_account;
use super::api::{
    ADD_FRIENDS_MAX, AddFriends, DELETE_FRIENDS_MAX, DeleteFriends, FRIENDS_PAGE_DEFAULT,
    FRIENDS_PAGE_MAX, FriendList, FriendResultView, FriendResults, FriendView,
};
use super::openapi::Refusals;
use super::routes::{
    Answer, At, Failure, account_key, app_id, next_after, page_limit, parse, user_id,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use userstatus_core::{Code, Friend, Refusal, UserId};
use userstatus_gateway::desc_of;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Only users after this one: `next_after` of the page before.
    after: Option<String>,
    /// How many there may be on the page.
    limit: Option<usize>,
}

/// A page of an account's friends.
#[utoipa::path(
    get, path = "/v1/apps/{app}/accounts/{user}/friends", tag = "friends", operation_id = "list_friends",
    params(("app" = u64, Path, description = "The app's id"), ("user" = String, Path, description = "The user's id"), Page),
    responses((status = 200, description = "It was done", body = FriendList), Refusals)
)]
pub(super) async fn list_friends(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
    page: Result<Query<Page>, QueryRejection>,
) -> Answer<FriendList> {
    let key = account_key(app_id(&app)?, &user)?;
    let Query(page) = page?;
    let limit = page_limit(page.limit, FRIENDS_PAGE_DEFAULT, FRIENDS_PAGE_MAX)?;
    let after = page.after.as_deref().map(user_id).transpose()?;
    let Some(account) = admin.gateway.account(&key).await? else {
        return Err(no_such_account(&key));
    };
    let friends: Vec<_> = account.friends.after(after.as_ref()).take(limit).collect();
    Ok(Json(FriendList {
        next_after: next_after(&friends, limit, |friend| &friend.user),
        friends: friends.into_iter().map(friend_view).collect(),
    }))
}

/// Makes friends, on both lists.
#[utoipa::path(
    post, path = "/v1/apps/{app}/accounts/{user}/friends", tag = "friends", operation_id = "add_friends",
    params(("app" = u64, Path, description = "The app's id"), ("user" = String, Path, description = "The user's id")),
    request_body = AddFriends,
    responses((status = 200, description = "It was done", body = FriendResults), Refusals)
)]
pub(super) async fn add_friends(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
    body: Bytes,
) -> Answer<FriendResults> {
    let key = account_key(app_id(&app)?, &user)?;
    let AddFriends { user_ids } = parse(&body)?;
    let others = named(&user_ids, ADD_FRIENDS_MAX)?;
    let made = admin.gateway.make_friends(&key, &others).await?;
    tracing::info!(
        app = key.app.get(),
        user = key.user.as_str(),
        friends = made.iter().filter(|result| result.is_ok()).count(),
        "friends added"
    );
    Ok(results(user_ids, made))
}

/// Ends friendships.
#[utoipa::path(
    post, path = "/v1/apps/{app}/accounts/{user}/friends/delete", tag = "friends", operation_id = "delete_friends",
    params(("app" = u64, Path, description = "The app's id"), ("user" = String, Path, description = "The user's id")),
    request_body = DeleteFriends,
    responses((status = 200, description = "It was done", body = FriendResults), Refusals)
)]
pub(super) async fn delete_friends(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
    body: Bytes,
) -> Answer<FriendResults> {
    let key = account_key(app_id(&app)?, &user)?;
    let DeleteFriends { user_ids, both } = parse(&body)?;
    let others = named(&user_ids, DELETE_FRIENDS_MAX)?;
    let ended = admin.gateway.end_friendships(&key, &others, both).await?;
    tracing::info!(
        app = key.app.get(),
        user = key.user.as_str(),
        friends = ended.iter().filter(|result| result.is_ok()).count(),
        "friends deleted"
    );
    Ok(results(user_ids, ended))
}

/// All are looked at before anything is done with the first.
fn named(user_ids: &[String], count_max: usize) -> Result<Vec<UserId>, Failure> {
    let count = user_ids.len();
    if !(1..=count_max).contains(&count) {
        return Err(Failure::invalid(format!(
            "{count} user ids; 1 to {count_max} are allowed"
        )));
    }
    let parsed = user_ids.iter().enumerate().map(|(index, user)| {
        UserId::parse(user).map_err(|error| Failure::invalid(format!("user_ids[{index}]: {error}")))
    });
    parsed.collect()
}

fn results(user_ids: Vec<String>, results: Vec<Result<(), Refusal>>) -> Json<FriendResults> {
    let of = |(user_id, result): (String, Result<(), Refusal>)| {
        let (code, message) = match &result {
            Ok(()) => (Code::Ok, None),
            Err(refusal) => (refusal.code, Some(desc_of(refusal))),
        };
        FriendResultView {
            user_id,
            code: code.number(),
            message,
        }
    };
    Json(FriendResults {
        results: user_ids.into_iter().zip(results).map(of).collect(),
    })
}

fn friend_view(friend: &Friend) -> FriendView {
    let text = |text: &str| text.to_owned();
    FriendView {
        user_id: text(friend.user.as_str()),
        // By the clock that people read, unlike all other times of an account.
        added_at_ms: friend.added_at.as_ms(),
        remark: text(&friend.remark),
        group_name: text(&friend.group_name),
        add_source: text(&friend.add_source),
        add_wording: text(&friend.add_wording),
    }
}
