//! Who is on whose list.

use super::USERS_MAX;
use super::said::{TagValue, said_of};
use crate::rest::answer::{Answer, FRIENDS_OK, Fail, FriendsBase, result, to_bytes};
use crate::rest::body::{Account, parse};
use crate::rest::gate::Call;
use crate::rest::named::{Named, STRANGER, from_account, is_both, no_such_account};
use serde::{Deserialize, Serialize};
use userstatus_core::{Code, Friend, UserId};
use userstatus_gateway::Gateway;
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{AccountKey, Store};
use utoipa::ToSchema;

/// Friends in a page.
const PAGE_MAX: usize = 100;

const NO_RELATION: &str = "CheckResult_Type_NoRelation";

/// An account and others, to be held against each other.
#[derive(Deserialize, ToSchema)]
pub(in crate::rest) struct FriendCheck<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// Whom; at most 1,000.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = Vec<String>)]
    to_account: Option<Vec<Account<'b>>>,
    /// `CheckResult_Type_Single`, or `CheckResult_Type_Both` for their lists, too.
    #[serde(rename = "CheckType")]
    check_type: Option<String>,
}

/// The answer to `friend_check`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(in crate::rest) struct FriendsChecked<'a> {
    #[serde(flatten)]
    base: FriendsBase,
    /// In the order asked for.
    #[schema(required = false)]
    info_item: Vec<CheckedFriend<'a>>,
    /// Those there are not.
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fail_account: Vec<&'a str>,
}

/// How two stand to each other.
#[derive(Serialize, ToSchema)]
struct CheckedFriend<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    to_account: &'a str,
    /// `CheckResult_Type_NoRelation`, `…_AWithB`, `…_BWithA` or `…_BothWay`.
    #[serde(rename = "Relation")]
    relation: &'static str,
    /// 0, or 30003.
    #[serde(rename = "ResultCode")]
    result_code: i32,
    /// The same for people.
    #[serde(rename = "ResultInfo")]
    result_info: String,
}

/// A page of an account's friends.
#[derive(Deserialize, ToSchema)]
pub(in crate::rest) struct FriendGet<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// 0, or `NextStartIndex` of the answer before.
    #[serde(rename = "StartIndex")]
    start_index: Option<usize>,
    /// `StandardSequence` of what is known already: if the list is the same, it is not sent again.
    #[serde(rename = "StandardSequence")]
    standard_sequence: Option<i64>,
}

/// The answer to `friend_get`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(in crate::rest) struct FriendPage<'a> {
    #[serde(flatten)]
    base: FriendsBase,
    /// By user id, 100 at most.
    #[schema(required = false)]
    user_data_item: Vec<UserData<'a>>,
    /// Another one after a change of the list.
    #[schema(required = false)]
    standard_sequence: u32,
    /// The same.
    #[schema(required = false)]
    custom_sequence: u32,
    /// How many friends the account has.
    #[schema(required = false)]
    friend_num: usize,
    /// 1: this was the last page.
    #[schema(required = false)]
    complete_flag: u8,
    /// What to ask for next.
    #[schema(required = false)]
    next_start_index: usize,
}

/// One friend.
#[derive(Serialize, ToSchema)]
struct UserData<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    to_account: &'a str,
    /// What is said of it.
    #[serde(rename = "ValueItem")]
    value_item: Vec<TagValue>,
}

/// Friends by name.
#[derive(Deserialize, ToSchema)]
pub(in crate::rest) struct FriendGetList<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// Whom; at most 1,000.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = Vec<String>)]
    to_account: Option<Vec<Account<'b>>>,
    /// What is to be told of them; all there is if it is left out.
    #[serde(rename = "TagList")]
    tag_list: Option<Vec<String>>,
}

/// The answer to `friend_get_list`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(in crate::rest) struct FriendsByName<'a> {
    #[serde(flatten)]
    base: FriendsBase,
    /// In the order asked for.
    #[schema(required = false)]
    info_item: Vec<FriendByName<'a>>,
    /// Those who are no friends.
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fail_account: Vec<&'a str>,
}

/// One friend, or one who is none.
#[derive(Serialize, ToSchema)]
struct FriendByName<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    to_account: &'a str,
    /// What is said of it.
    #[serde(rename = "SnsProfileItem")]
    sns_profile_item: Vec<TagValue>,
    /// 0, or 31704.
    #[serde(rename = "ResultCode")]
    result_code: i32,
    /// The same for people.
    #[serde(rename = "ResultInfo")]
    result_info: &'static str,
}

/// Who of an account and others is on whose list.
#[utoipa::path(
    post, path = "/v4/sns/friend_check", tag = "sns", operation_id = "friend_check",
    params(crate::rest::openapi::Credentials),
    request_body = FriendCheck, responses((status = 200, description = "What became of it", body = FriendsChecked))
)]
pub(in crate::rest) async fn friend_check(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: FriendCheck<'_> = parse(call.service, body)?;
    let account = from_account(call, asked.from_account.as_ref())?;
    let named = Named::of(call, asked.to_account.as_ref(), USERS_MAX)?;
    let both = is_both(asked.check_type.as_ref());
    let friends = friends_named(gateway, call, &account, named.users()).await?;
    let mut relations = Vec::with_capacity(friends.len());
    for (user, friend) in named.users().iter().zip(&friends) {
        let peer = AccountKey::new(call.app.id, user.clone());
        let facts = gateway.store().peer_facts(&peer, &account.user).await;
        let facts = facts.map_err(|error| Fail::store(call.service, &error))?;
        let relation = match (friend.is_some(), both && facts.has_me) {
            (true, true) => "CheckResult_Type_BothWay",
            (true, false) => "CheckResult_Type_AWithB",
            (false, true) => "CheckResult_Type_BWithA",
            (false, false) => NO_RELATION,
        };
        relations.push((relation, facts.registered));
    }
    let mut info_item = Vec::new();
    let mut fail_account = Vec::new();
    for (to_account, found) in named.with(&relations) {
        let (relation, registered) = found.copied().unwrap_or((NO_RELATION, false));
        let checked = match registered {
            true => Ok(()),
            false => Err(STRANGER),
        };
        if checked.is_err() {
            fail_account.push(to_account);
        }
        let (result_code, result_info) = result(call.service, &checked);
        info_item.push(CheckedFriend {
            to_account,
            relation,
            result_code,
            result_info,
        });
    }
    Ok(to_bytes(&FriendsChecked {
        base: FRIENDS_OK,
        info_item,
        fail_account,
    }))
}

/// An account's friends, a page at a time.
#[utoipa::path(
    post, path = "/v4/sns/friend_get", tag = "sns", operation_id = "friend_get",
    params(crate::rest::openapi::Credentials),
    request_body = FriendGet, responses((status = 200, description = "What became of it", body = FriendPage))
)]
pub(in crate::rest) async fn friend_get(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: FriendGet<'_> = parse(call.service, body)?;
    let account = from_account(call, asked.from_account.as_ref())?;
    let start = asked.start_index.unwrap_or_default();
    let page = gateway.store().friend_page(&account, start, PAGE_MAX).await;
    let page = page.map_err(|error| Fail::store(call.service, &error))?;
    let page = page.ok_or_else(|| no_such_account(call))?;
    // Of a later page it is said as well, by libraries that go on with what the first told them: they want that page.
    let is_known = start == 0 && asked.standard_sequence == Some(page.fingerprint.into());
    let friends = if is_known { &[][..] } else { &page.friends };
    let next = start + page.friends.len();
    let is_complete = is_known || next >= page.count;
    Ok(to_bytes(&FriendPage {
        base: FRIENDS_OK,
        user_data_item: friends
            .iter()
            .map(|friend| UserData {
                to_account: friend.user.as_str(),
                value_item: said_of(friend, |_| true),
            })
            .collect(),
        standard_sequence: page.fingerprint,
        custom_sequence: page.fingerprint,
        friend_num: page.count,
        complete_flag: u8::from(is_complete),
        next_start_index: if is_complete { 0 } else { next },
    }))
}

/// An account's friends by name.
#[utoipa::path(
    post, path = "/v4/sns/friend_get_list", tag = "sns", operation_id = "friend_get_list",
    params(crate::rest::openapi::Credentials),
    request_body = FriendGetList, responses((status = 200, description = "What became of it", body = FriendsByName))
)]
pub(in crate::rest) async fn friend_get_list(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: FriendGetList<'_> = parse(call.service, body)?;
    let account = from_account(call, asked.from_account.as_ref())?;
    let named = Named::of(call, asked.to_account.as_ref(), USERS_MAX)?;
    let friends = friends_named(gateway, call, &account, named.users()).await?;
    let tags = asked.tag_list.unwrap_or_default();
    let is_wanted = |tag: &str| tags.is_empty() || tags.iter().any(|wanted| wanted == tag);
    let mut info_item = Vec::new();
    let mut fail_account = Vec::new();
    for (to_account, friend) in named.with(&friends) {
        let friend = friend.and_then(Option::as_ref);
        let (result_code, result_info) = match friend {
            Some(_) => (0, ""),
            None => (Code::NotAFriend.number(), Code::NotAFriend.text()),
        };
        if friend.is_none() {
            fail_account.push(to_account);
        }
        info_item.push(FriendByName {
            to_account,
            sns_profile_item: friend.map_or_else(Vec::new, |friend| said_of(friend, is_wanted)),
            result_code,
            result_info,
        });
    }
    Ok(to_bytes(&FriendsByName {
        base: FRIENDS_OK,
        info_item,
        fail_account,
    }))
}

async fn friends_named(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    account: &AccountKey,
    users: &[UserId],
) -> Result<Vec<Option<Friend>>, Fail> {
    let friends = gateway.store().friends_named(account, users).await;
    let friends = friends.map_err(|error| Fail::store(call.service, &error))?;
    friends.ok_or_else(|| no_such_account(call))
}
