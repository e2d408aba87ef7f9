//! `sns/black_list_…`: who is hidden from whom (R2).

use super::answer::{Answer, FRIENDS_OK, Fail, FriendsBase, to_bytes};
use super::body::{Account, parse};
use super::gate::Call;
use super::named::{FriendResults, Named, from_account, is_both, no_such_account, results};
use serde::{Deserialize, Serialize};
use userstatus_core::{Block, UserId};
use userstatus_gateway::Gateway;
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{AccountKey, Store};
use utoipa::ToSchema;

/// Users in one request, and in one page.
const USERS_MAX: usize = 1_000;

/// Users in a page for which no `MaxLimited` was asked.
const PAGE_DEFAULT: usize = 100;

/// Versions go by the clock, in units so much finer than a second.
const VERSIONS_PER_S: u64 = 1_024 * 1_000;

/// An account and others.
#[derive(Deserialize, ToSchema)]
pub(super) struct BlackListChange<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// Whom; at most 1,000.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = Vec<String>)]
    to_account: Option<Vec<Account<'b>>>,
}

/// A page of a list.
#[derive(Deserialize, ToSchema)]
pub(super) struct BlackListGet<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// 0, or what the answer before said.
    #[serde(rename = "StartIndex")]
    start_index: Option<usize>,
    /// Users in the answer, at most 1,000; 100 if it is left out.
    #[serde(rename = "MaxLimited")]
    max_limited: Option<usize>,
    /// `CurruentSequence` of what is known already: if the list is the same, it is not sent again.
    #[serde(rename = "LastSequence")]
    last_sequence: Option<i64>,
}

/// The answer to `black_list_get`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BlackListPage<'a> {
    #[serde(flatten)]
    base: FriendsBase,
    /// By user id.
    #[schema(required = false)]
    black_list_item: Vec<BlackListItem<'a>>,
    /// What to ask for next; 0: this was the last page.
    #[schema(required = false)]
    start_index: usize,
    /// Another one after a change of the list. Spelt as clients expect it.
    #[schema(required = false)]
    curruent_sequence: u32,
}

/// Somebody who is blocked.
#[derive(Serialize, ToSchema)]
struct BlackListItem<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    to_account: &'a str,
    /// Since when, in Unix time.
    #[serde(rename = "AddBlackTimeStamp")]
    add_black_time_stamp: u64,
}

/// An account and others, to be held against each other.
#[derive(Deserialize, ToSchema)]
pub(super) struct BlackListCheck<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// Whom; at most 1,000.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = Vec<String>)]
    to_account: Option<Vec<Account<'b>>>,
    /// `BlackCheckResult_Type_Single`, or `BlackCheckResult_Type_Both` for their lists, too.
    #[serde(rename = "CheckType")]
    check_type: Option<String>,
}

/// The answer to `black_list_check`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BlackListChecked<'a> {
    #[serde(flatten)]
    base: FriendsBase,
    /// In the order asked for.
    #[schema(required = false)]
    black_list_check_item: Vec<BlackListCheckItem<'a>>,
}

/// How two stand to each other.
#[derive(Serialize, ToSchema)]
struct BlackListCheckItem<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    to_account: &'a str,
    /// `BlackCheckResult_Type_NO`, `…_AWithB`, `…_BWithA` or `…_BothWay`.
    #[serde(rename = "Relation")]
    relation: &'static str,
    /// 0.
    #[serde(rename = "ResultCode")]
    result_code: i32,
    /// Empty.
    #[serde(rename = "ResultInfo")]
    result_info: &'static str,
}

/// Hides an account and others from each other.
#[utoipa::path(
    post, path = "/v4/sns/black_list_add", tag = "sns", operation_id = "black_list_add",
    params(super::openapi::Credentials),
    request_body = BlackListChange, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(super) async fn black_list_add(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: BlackListChange<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let named = Named::of(call, wanted.to_account.as_ref(), USERS_MAX)?;
    let blocked = gateway.block_for(&account, named.users()).await;
    let blocked = blocked.map_err(|error| Fail::operator(call.service, &error))?;
    results(call, &named, &blocked)
}

/// Shows them to each other again.
#[utoipa::path(
    post, path = "/v4/sns/black_list_delete", tag = "sns", operation_id = "black_list_delete",
    params(super::openapi::Credentials),
    request_body = BlackListChange, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(super) async fn black_list_delete(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: BlackListChange<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let named = Named::of(call, wanted.to_account.as_ref(), USERS_MAX)?;
    let unblocked = gateway.unblock_for(&account, named.users()).await;
    unblocked.map_err(|error| Fail::operator(call.service, &error))?;
    let done: Vec<_> = named.users().iter().map(|_| Ok(())).collect();
    results(call, &named, &done)
}

/// Whom an account has blocked.
#[utoipa::path(
    post, path = "/v4/sns/black_list_get", tag = "sns", operation_id = "black_list_get",
    params(super::openapi::Credentials),
    request_body = BlackListGet, responses((status = 200, description = "What became of it", body = BlackListPage))
)]
pub(super) async fn black_list_get(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: BlackListGet<'_> = parse(call.service, body)?;
    let account = from_account(call, asked.from_account.as_ref())?;
    let limit = asked.max_limited.filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(PAGE_DEFAULT).min(USERS_MAX);
    let start = asked.start_index.unwrap_or_default();
    let page = gateway.store().block_page(&account, start, limit).await;
    let page = page.map_err(|error| Fail::store(call.service, &error))?;
    let page = page.ok_or_else(|| no_such_account(call))?;
    let is_known = start == 0 && asked.last_sequence == Some(page.fingerprint.into());
    let blocks = if is_known { &[][..] } else { &page.blocks };
    let next = start + page.blocks.len();
    let item = |block: &'_ Block| (block.since.0 / VERSIONS_PER_S, block.user.clone());
    let items: Vec<_> = blocks.iter().map(item).collect();
    Ok(to_bytes(&BlackListPage {
        base: FRIENDS_OK,
        black_list_item: items
            .iter()
            .map(|(since_s, user)| BlackListItem {
                to_account: user.as_str(),
                add_black_time_stamp: *since_s,
            })
            .collect(),
        start_index: match !is_known && next < page.count {
            true => next,
            false => 0,
        },
        curruent_sequence: page.fingerprint,
    }))
}

/// Who of an account and others has blocked whom.
#[utoipa::path(
    post, path = "/v4/sns/black_list_check", tag = "sns", operation_id = "black_list_check",
    params(super::openapi::Credentials),
    request_body = BlackListCheck, responses((status = 200, description = "What became of it", body = BlackListChecked))
)]
pub(super) async fn black_list_check(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: BlackListCheck<'_> = parse(call.service, body)?;
    let account = from_account(call, asked.from_account.as_ref())?;
    let named = Named::of(call, asked.to_account.as_ref(), USERS_MAX)?;
    let blocks = blocks_between(gateway, call, &account, named.users()).await?;
    let both = is_both(asked.check_type.as_ref());
    let item = |(to_account, block): (_, Option<&Option<_>>)| BlackListCheckItem {
        to_account,
        relation: relation(block.and_then(Option::as_ref), both),
        result_code: 0,
        result_info: "",
    };
    Ok(to_bytes(&BlackListChecked {
        base: FRIENDS_OK,
        black_list_check_item: named.with(&blocks).map(item).collect(),
    }))
}

async fn blocks_between(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    account: &AccountKey,
    users: &[UserId],
) -> Result<Vec<Option<Block>>, Fail> {
    let blocks = gateway.store().blocks_named(account, users).await;
    let blocks = blocks.map_err(|error| Fail::store(call.service, &error))?;
    blocks.ok_or_else(|| no_such_account(call))
}

fn relation(block: Option<&Block>, both: bool) -> &'static str {
    let mine = block.is_some_and(|block| block.mine);
    let theirs = both && block.is_some_and(|block| block.theirs);
    match (mine, theirs) {
        (true, true) => "BlackCheckResult_Type_BothWay",
        (true, false) => "BlackCheckResult_Type_AWithB",
        (false, true) => "BlackCheckResult_Type_BWithA",
        (false, false) => "BlackCheckResult_Type_NO",
    }
}
