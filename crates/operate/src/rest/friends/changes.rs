//! Friends come, go, and are spoken of otherwise.

use super::USERS_MAX;
use super::said::{TagValue, from_s, update};
use crate::rest::answer::{Answer, FRIENDS_OK, Fail, FriendsBase, to_bytes};
use crate::rest::body::{Account, TextOrList, at_most, needed, parse};
use crate::rest::gate::Call;
use crate::rest::named::{FriendResults, Named, from_account, is_both, results};
use serde::Deserialize;
use userstatus_core::{Friend, Refusal, Timestamp};
use userstatus_gateway::{Gateway, OperatorError};
use userstatus_store::AccountKey;
use userstatus_store::embedded::EmbeddedStore;
use utoipa::ToSchema;

/// Friends to add in one request: each is on disk before the next is looked at.
const ADD_MAX: usize = 100;

/// Friends whose records are made together: others get their turn in between.
const DELETED_TOGETHER_MAX: usize = 100;

/// Friends to add or to import.
#[derive(Deserialize, ToSchema)]
pub(in crate::rest) struct FriendsToAdd<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// Whom: `friend_add` takes 100 at most, `friend_import` 1,000.
    #[serde(rename = "AddFriendItem", borrow)]
    #[schema(value_type = Vec<FriendToAdd>)]
    add_friend_item: Option<Vec<FriendToAdd<'b>>>,
    /// `friend_add`: `Add_Type_Both`, or `Add_Type_Single` for the one list only.
    #[serde(rename = "AddType")]
    add_type: Option<String>,
}

/// One friend to add or to import. What else is said of it is not kept.
#[derive(Deserialize, ToSchema)]
struct FriendToAdd<'b> {
    /// Who.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = String)]
    to_account: Account<'b>,
    /// Where the friendship comes from.
    #[serde(rename = "AddSource")]
    add_source: Option<String>,
    /// What the account calls the friend.
    #[serde(rename = "Remark")]
    remark: Option<String>,
    /// Where the account keeps the friend: one group; of a list the first is taken.
    #[serde(rename = "GroupName")]
    #[schema(value_type = Option<Vec<String>>)]
    group_name: Option<TextOrList>,
    /// What was said when it was made.
    #[serde(rename = "AddWording")]
    add_wording: Option<String>,
    /// `friend_import`: when, in Unix time.
    #[serde(rename = "AddTime")]
    add_time: Option<u64>,
}

/// What of friends is to change.
#[derive(Deserialize, ToSchema)]
pub(in crate::rest) struct FriendsToUpdate<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// Of whom; at most 1,000.
    #[serde(rename = "UpdateItem", borrow)]
    #[schema(value_type = Vec<FriendToUpdate>)]
    update_item: Option<Vec<FriendToUpdate<'b>>>,
}

/// What of one friend is to change.
#[derive(Deserialize, ToSchema)]
struct FriendToUpdate<'b> {
    /// Who.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = String)]
    to_account: Account<'b>,
    /// What: `Tag_SNS_IM_Remark`, `…_Group`, `…_AddSource`, `…_AddWording`, `…_AddTime`. Other tags are taken, and not kept.
    #[serde(rename = "SnsItem")]
    sns_item: Vec<TagValue>,
}

/// Friends to delete.
#[derive(Deserialize, ToSchema)]
pub(in crate::rest) struct FriendsToDelete<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// Whom; at most 1,000.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = Vec<String>)]
    to_account: Option<Vec<Account<'b>>>,
    /// `Delete_Type_Single`, or `Delete_Type_Both` for both lists.
    #[serde(rename = "DeleteType")]
    delete_type: Option<String>,
}

/// An account all of whose friends are to go.
#[derive(Deserialize, ToSchema)]
pub(in crate::rest) struct FriendDeleteAll<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// `Delete_Type_Single`, or `Delete_Type_Both` for both lists.
    #[serde(rename = "DeleteType")]
    delete_type: Option<String>,
}

/// Makes friends; those who are friends already stay as they are.
#[utoipa::path(
    post, path = "/v4/sns/friend_add", tag = "sns", operation_id = "friend_add",
    params(crate::rest::openapi::Credentials),
    request_body = FriendsToAdd, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(in crate::rest) async fn friend_add(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToAdd<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let both = wanted.add_type.as_deref() != Some("Add_Type_Single");
    let items = needed(call.service, "AddFriendItem", wanted.add_friend_item)?;
    at_most(call.service, "AddFriendItem", &items, ADD_MAX)?;
    let named = Named::in_all(items.iter().map(|item| &item.to_account))?;
    let now = gateway.clock().wall();
    let friends = possible(&items, now).map(|(friend, _)| friend).collect();
    let added = gateway.add_friends(&account, friends, both).await;
    let added = added.map_err(|error| Fail::operator(call.service, &error))?;
    log(call, &account, "friends added", &added);
    results(call, &named, &added)
}

/// Puts friends on one account's list, with all that is said of them. Made again it changes nothing.
#[utoipa::path(
    post, path = "/v4/sns/friend_import", tag = "sns", operation_id = "friend_import",
    params(crate::rest::openapi::Credentials),
    request_body = FriendsToAdd, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(in crate::rest) async fn friend_import(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToAdd<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let items = needed(call.service, "AddFriendItem", wanted.add_friend_item)?;
    at_most(call.service, "AddFriendItem", &items, USERS_MAX)?;
    let named = Named::in_all(items.iter().map(|item| &item.to_account))?;
    let now = gateway.clock().wall();
    let friends = possible(&items, now).collect();
    let imported = gateway.import_friends(&account, friends).await;
    let imported = imported.map_err(|error| Fail::operator(call.service, &error))?;
    log(call, &account, "friends imported", &imported);
    results(call, &named, &imported)
}

/// Changes what an account says of its friends.
#[utoipa::path(
    post, path = "/v4/sns/friend_update", tag = "sns", operation_id = "friend_update",
    params(crate::rest::openapi::Credentials),
    request_body = FriendsToUpdate, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(in crate::rest) async fn friend_update(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToUpdate<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let items = needed(call.service, "UpdateItem", wanted.update_item)?;
    at_most(call.service, "UpdateItem", &items, USERS_MAX)?;
    let named = Named::in_all(items.iter().map(|item| &item.to_account))?;
    let items = items.iter();
    let updates = items
        .filter_map(|item| Some(update(item.to_account.user().ok()?.ok()?, &item.sns_item)))
        .collect();
    let updated = gateway.update_friends(&account, updates).await;
    let updated = updated.map_err(|error| Fail::operator(call.service, &error))?;
    log(call, &account, "friends updated", &updated);
    results(call, &named, &updated)
}

/// Ends friendships.
#[utoipa::path(
    post, path = "/v4/sns/friend_delete", tag = "sns", operation_id = "friend_delete",
    params(crate::rest::openapi::Credentials),
    request_body = FriendsToDelete, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(in crate::rest) async fn friend_delete(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToDelete<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let named = Named::of(call, wanted.to_account.as_ref(), USERS_MAX)?;
    let both = is_both(wanted.delete_type.as_ref());
    let mut deleted = Vec::with_capacity(named.users().len());
    for part in named.users().chunks(DELETED_TOGETHER_MAX) {
        match gateway.end_friendships(&account, part, both).await {
            Ok(ended) => deleted.extend(ended),
            // Some are gone: it is said of each.
            Err(OperatorError::Refused(refusal)) if !deleted.is_empty() => {
                deleted.resize(named.users().len(), Err(refusal));
                break;
            }
            Err(error) => return Err(Fail::operator(call.service, &error)),
        }
    }
    log(call, &account, "friends deleted", &deleted);
    results(call, &named, &deleted)
}

/// Ends all friendships of an account.
#[utoipa::path(
    post, path = "/v4/sns/friend_delete_all", tag = "sns", operation_id = "friend_delete_all",
    params(crate::rest::openapi::Credentials),
    request_body = FriendDeleteAll, responses((status = 200, description = "What became of it", body = FriendsBase))
)]
pub(in crate::rest) async fn friend_delete_all(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendDeleteAll<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let ended = gateway.end_all_friendships(&account, is_both(wanted.delete_type.as_ref()));
    let ended = ended.await;
    ended.map_err(|error| Fail::operator(call.service, &error))?;
    log(call, &account, "all friends deleted", &[]);
    Ok(to_bytes(&FRIENDS_OK))
}

fn log(call: &Call, account: &AccountKey, what: &str, done: &[Result<(), Refusal>]) {
    tracing::debug!(
        app = call.app.id.get(),
        user = account.user.as_str(),
        by = call.admin.as_str(),
        friends = done.iter().filter(|done| done.is_ok()).count(),
        "{what}"
    );
}

/// Those that can be accounts, and whether the date of each is said.
fn possible<'i>(
    items: &'i [FriendToAdd<'_>],
    now: Timestamp,
) -> impl Iterator<Item = (Friend, bool)> + use<'i> {
    items.iter().filter_map(move |item| item.friend(now))
}

impl FriendToAdd<'_> {
    /// The friend, if it can be an account, and whether its date is said.
    fn friend(&self, now: Timestamp) -> Option<(Friend, bool)> {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
        let said_at = self.add_time.filter(|at| *at > 0).map(from_s);
        let friend = Friend {
            user: self.to_account.user().ok()?.ok()?,
            remark: text(&self.remark),
            group_name: self
                .group_name
                .as_ref()
                .map_or("", TextOrList::first)
                .into(),
            add_source: text(&self.add_source),
            add_wording: text(&self.add_wording),
            added_at: said_at.unwrap_or(now),
        };
        Some((friend, said_at.is_some()))
    }
}
