//! `sns/friend_…`: friends (R1, R2).

use super::answer::{Answer, FRIENDS_OK, Fail, FriendsBase, ResultItem, result, to_bytes};
use super::body::{Account, TextOrList, at_most, needed, parse};
use super::gate::Call;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use userstatus_core::{Code, Friend, FriendUpdate, Refusal, Timestamp, UserId};
use userstatus_gateway::Gateway;
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{AccountKey, Store};
use utoipa::ToSchema;

/// Friends to add in one request: each is on disk before the next is looked at.
const ADD_MAX: usize = 100;

/// Friends in other requests.
const USERS_MAX: usize = 1_000;

/// Friends whose records are made together: others get their turn in between.
const DELETED_TOGETHER_MAX: usize = 100;

/// Friends in a page.
const PAGE_MAX: usize = 100;

/// What is said of a friend.
mod tag {
    pub(super) const ADD_SOURCE: &str = "Tag_SNS_IM_AddSource";
    pub(super) const REMARK: &str = "Tag_SNS_IM_Remark";
    pub(super) const GROUP: &str = "Tag_SNS_IM_Group";
    pub(super) const ADD_WORDING: &str = "Tag_SNS_IM_AddWording";
    pub(super) const ADD_TIME: &str = "Tag_SNS_IM_AddTime";
}

/// Friends to add or to import.
#[derive(Deserialize, ToSchema)]
pub(super) struct FriendsToAdd<'b> {
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
pub(super) struct FriendsToUpdate<'b> {
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

/// One thing that is said of a friend.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct TagValue {
    /// What.
    tag: String,
    /// A text; a list of texts for `Tag_SNS_IM_Group`; Unix time for `Tag_SNS_IM_AddTime`.
    value: Value,
}

/// Friends to delete.
#[derive(Deserialize, ToSchema)]
pub(super) struct FriendsToDelete<'b> {
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
pub(super) struct FriendDeleteAll<'b> {
    /// Whose list.
    #[serde(rename = "From_Account", borrow)]
    #[schema(value_type = String)]
    from_account: Option<Account<'b>>,
    /// `Delete_Type_Single`, or `Delete_Type_Both` for both lists.
    #[serde(rename = "DeleteType")]
    delete_type: Option<String>,
}

/// An account and others, to be held against each other.
#[derive(Deserialize, ToSchema)]
pub(super) struct FriendCheck<'b> {
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
pub(super) struct FriendsChecked<'a> {
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
pub(super) struct FriendGet<'b> {
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
pub(super) struct FriendPage<'a> {
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
pub(super) struct FriendGetList<'b> {
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
pub(super) struct FriendsByName<'a> {
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

/// What became of each of several users. The request as a whole was done even so.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FriendResults<'a> {
    #[serde(flatten)]
    base: FriendsBase,
    /// In the order given.
    #[schema(required = false)]
    result_item: Vec<ResultItem<'a>>,
    /// Those with whom it was not done.
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fail_account: Vec<&'a str>,
}

/// Makes friends; those who are friends already stay as they are.
#[utoipa::path(
    post, path = "/v4/sns/friend_add", tag = "sns", operation_id = "friend_add",
    params(super::openapi::Credentials),
    request_body = FriendsToAdd, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(super) async fn friend_add(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToAdd<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let both = wanted.add_type.as_deref() != Some("Add_Type_Single");
    let items = needed(call.service, "AddFriendItem", wanted.add_friend_item)?;
    at_most(call.service, "AddFriendItem", &items, ADD_MAX)?;
    let named = named_in(items.iter().map(|item| &item.to_account))?;
    let users = others(&named)?;
    let now = gateway.clock().wall();
    let said = valid(&items)?.map(|item| item.friend(now).map(|(friend, _)| friend));
    let friends = said.collect::<Result<Vec<_>, _>>()?;
    let added = gateway.add_friends(&account, friends, both).await;
    let added = added.map_err(|error| Fail::operator(call.service, &error))?;
    log(call, &account, "friends added", &added);
    results(call, named, &users, &added)
}

/// Puts friends on one account's list, with all that is said of them. Made again it changes nothing.
#[utoipa::path(
    post, path = "/v4/sns/friend_import", tag = "sns", operation_id = "friend_import",
    params(super::openapi::Credentials),
    request_body = FriendsToAdd, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(super) async fn friend_import(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToAdd<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let items = needed(call.service, "AddFriendItem", wanted.add_friend_item)?;
    at_most(call.service, "AddFriendItem", &items, USERS_MAX)?;
    let named = named_in(items.iter().map(|item| &item.to_account))?;
    let users = others(&named)?;
    let now = gateway.clock().wall();
    let friends = valid(&items)?.map(|item| item.friend(now));
    let friends = friends.collect::<Result<Vec<_>, _>>()?;
    let imported = gateway.import_friends(&account, friends).await;
    let imported = imported.map_err(|error| Fail::operator(call.service, &error))?;
    log(call, &account, "friends imported", &imported);
    results(call, named, &users, &imported)
}

/// Changes what an account says of its friends.
#[utoipa::path(
    post, path = "/v4/sns/friend_update", tag = "sns", operation_id = "friend_update",
    params(super::openapi::Credentials),
    request_body = FriendsToUpdate, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(super) async fn friend_update(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToUpdate<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let items = needed(call.service, "UpdateItem", wanted.update_item)?;
    at_most(call.service, "UpdateItem", &items, USERS_MAX)?;
    let named = named_in(items.iter().map(|item| &item.to_account))?;
    let users = others(&named)?;
    let mut updates = Vec::with_capacity(items.len());
    for item in &items {
        if let Ok(user) = item.to_account.user()? {
            updates.push(update(user, &item.sns_item));
        }
    }
    let updated = gateway.update_friends(&account, updates).await;
    let updated = updated.map_err(|error| Fail::operator(call.service, &error))?;
    log(call, &account, "friends updated", &updated);
    results(call, named, &users, &updated)
}

/// Ends friendships.
#[utoipa::path(
    post, path = "/v4/sns/friend_delete", tag = "sns", operation_id = "friend_delete",
    params(super::openapi::Credentials),
    request_body = FriendsToDelete, responses((status = 200, description = "What became of it", body = FriendResults))
)]
pub(super) async fn friend_delete(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: FriendsToDelete<'_> = parse(call.service, body)?;
    let account = from_account(call, wanted.from_account.as_ref())?;
    let named = named(call, wanted.to_account.as_ref(), USERS_MAX)?;
    let users = others(&named)?;
    let both = is_both(wanted.delete_type.as_ref());
    let mut deleted = Vec::with_capacity(users.len());
    for part in users.chunks(DELETED_TOGETHER_MAX) {
        match gateway.end_friendships(&account, part, both).await {
            Ok(ended) => deleted.extend(ended),
            // Some are gone: it is said of each.
            Err(userstatus_gateway::OperatorError::Refused(refusal)) if !deleted.is_empty() => {
                deleted.resize(users.len(), Err(refusal));
                break;
            }
            Err(error) => return Err(Fail::operator(call.service, &error)),
        }
    }
    log(call, &account, "friends deleted", &deleted);
    results(call, named, &users, &deleted)
}

/// Ends all friendships of an account.
#[utoipa::path(
    post, path = "/v4/sns/friend_delete_all", tag = "sns", operation_id = "friend_delete_all",
    params(super::openapi::Credentials),
    request_body = FriendDeleteAll, responses((status = 200, description = "What became of it", body = FriendsBase))
)]
pub(super) async fn friend_delete_all(
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

/// Who of an account and others is on whose list.
#[utoipa::path(
    post, path = "/v4/sns/friend_check", tag = "sns", operation_id = "friend_check",
    params(super::openapi::Credentials),
    request_body = FriendCheck, responses((status = 200, description = "What became of it", body = FriendsChecked))
)]
pub(super) async fn friend_check(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: FriendCheck<'_> = parse(call.service, body)?;
    let account = from_account(call, asked.from_account.as_ref())?;
    let named = named(call, asked.to_account.as_ref(), USERS_MAX)?;
    let users = others(&named)?;
    let both = is_both(asked.check_type.as_ref());
    let friends = friends_named(gateway, call, &account, &users).await?;
    let mut relations = Vec::with_capacity(users.len());
    for (user, friend) in users.iter().zip(&friends) {
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
    let mut known = users.iter().zip(&relations).peekable();
    let mut info_item = Vec::with_capacity(named.len());
    let mut fail_account = Vec::new();
    for to_account in named {
        let is_this = |(user, _): &(&UserId, _)| user.as_str() == to_account;
        let (relation, registered) = match known.next_if(is_this) {
            Some((_, (relation, registered))) => (*relation, *registered),
            None => (NO_RELATION, false),
        };
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
    params(super::openapi::Credentials),
    request_body = FriendGet, responses((status = 200, description = "What became of it", body = FriendPage))
)]
pub(super) async fn friend_get(
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
    params(super::openapi::Credentials),
    request_body = FriendGetList, responses((status = 200, description = "What became of it", body = FriendsByName))
)]
pub(super) async fn friend_get_list(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: FriendGetList<'_> = parse(call.service, body)?;
    let account = from_account(call, asked.from_account.as_ref())?;
    let named = named(call, asked.to_account.as_ref(), USERS_MAX)?;
    let users = others(&named)?;
    let friends = friends_named(gateway, call, &account, &users).await?;
    let tags = asked.tag_list.unwrap_or_default();
    let is_wanted = |tag: &str| tags.is_empty() || tags.iter().any(|wanted| wanted == tag);
    let mut known = users.iter().zip(&friends).peekable();
    let mut info_item = Vec::with_capacity(named.len());
    let mut fail_account = Vec::new();
    for to_account in named {
        let is_this = |(user, _): &(&UserId, _)| user.as_str() == to_account;
        let friend = known
            .next_if(is_this)
            .and_then(|(_, friend)| friend.as_ref());
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

const NO_RELATION: &str = "CheckResult_Type_NoRelation";

const STRANGER: Refusal = Refusal {
    code: Code::FriendNoSuchAccount,
    detail: None,
};

pub(super) fn is_both(kind: Option<&String>) -> bool {
    kind.is_some_and(|kind| kind.ends_with("_Both"))
}

/// The account that a request is about.
pub(super) fn from_account(call: &Call, account: Option<&Account<'_>>) -> Result<AccountKey, Fail> {
    let account = needed(call.service, "From_Account", account)?;
    let user = account.user()?.map_err(|_| no_such_account(call))?;
    Ok(AccountKey::new(call.app.id, user))
}

pub(super) fn no_such_account(call: &Call) -> Fail {
    call.service.no_such_account().into()
}

/// The others that a request names, as it has them.
pub(super) fn named<'a>(
    call: &Call,
    accounts: Option<&'a Vec<Account<'_>>>,
    max: usize,
) -> Result<Vec<&'a str>, Fail> {
    let accounts = needed(call.service, "To_Account", accounts)?;
    at_most(call.service, "To_Account", accounts, max)?;
    named_in(accounts.iter())
}

fn named_in<'a, 'b: 'a>(
    accounts: impl Iterator<Item = &'a Account<'b>>,
) -> Result<Vec<&'a str>, Fail> {
    accounts.map(Account::text).collect()
}

/// Those of them that can be accounts, in the same order.
pub(super) fn others(named: &[&str]) -> Result<Vec<UserId>, Fail> {
    Ok(named
        .iter()
        .filter_map(|named| UserId::parse(named).ok())
        .collect())
}

/// Puts what became of those that can be accounts among those that cannot.
pub(super) fn results(
    call: &Call,
    named: Vec<&str>,
    users: &[UserId],
    done: &[Result<(), Refusal>],
) -> Answer {
    let mut known = users.iter().zip(done).peekable();
    let mut result_item = Vec::with_capacity(named.len());
    let mut fail_account = Vec::new();
    let nobody = Err(STRANGER);
    for to_account in named {
        let is_this = |(user, _): &(&UserId, _)| user.as_str() == to_account;
        let done = known.next_if(is_this).map_or(&nobody, |(_, done)| done);
        let (result_code, result_info) = result(call.service, done);
        if result_code != 0 {
            fail_account.push(to_account);
        }
        result_item.push(ResultItem {
            to_account,
            result_code,
            result_info,
        });
    }
    Ok(to_bytes(&FriendResults {
        base: FRIENDS_OK,
        result_item,
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

fn log(call: &Call, account: &AccountKey, what: &str, done: &[Result<(), Refusal>]) {
    tracing::debug!(
        app = call.app.id.get(),
        user = account.user.as_str(),
        by = call.admin.as_str(),
        friends = done.iter().filter(|done| done.is_ok()).count(),
        "{what}"
    );
}

/// Those that can be accounts.
fn valid<'a, 'b>(
    items: &'a [FriendToAdd<'b>],
) -> Result<impl Iterator<Item = &'a FriendToAdd<'b>>, Fail> {
    Ok(items
        .iter()
        .filter(|item| matches!(item.to_account.user(), Ok(Ok(_)))))
}

impl FriendToAdd<'_> {
    /// The friend, and whether its date is said.
    fn friend(&self, now: Timestamp) -> Result<(Friend, bool), Fail> {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
        let user = self.to_account.user()?;
        let said_at = self.add_time.filter(|at| *at > 0).map(from_s);
        let friend = Friend {
            user: user.map_err(|error| Fail {
                code: Code::FriendNoSuchAccount.number(),
                info: error.to_string(),
            })?,
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
        Ok((friend, said_at.is_some()))
    }
}

const fn from_s(seconds: u64) -> Timestamp {
    Timestamp::from_ms(seconds.saturating_mul(1_000))
}

/// What a list of tags changes. Of values of another kind than the tag has, nothing is.
fn update(user: UserId, items: &[TagValue]) -> FriendUpdate {
    let mut update = FriendUpdate {
        user,
        remark: None,
        group_name: None,
        add_source: None,
        add_wording: None,
        added_at: None,
    };
    for TagValue { tag, value } in items {
        let text = || value.as_str().map(Box::from);
        match tag.as_str() {
            tag::REMARK => update.remark = text(),
            tag::ADD_SOURCE => update.add_source = text(),
            tag::ADD_WORDING => update.add_wording = text(),
            tag::GROUP => {
                let first = value.get(0).and_then(Value::as_str);
                update.group_name = match value {
                    Value::Array(_) => Some(first.unwrap_or_default().into()),
                    _ => text(),
                };
            }
            tag::ADD_TIME => update.added_at = value.as_u64().map(from_s),
            _ => {}
        }
    }
    update
}

/// What an account says of a friend, where it says something.
fn said_of(friend: &Friend, is_wanted: impl Fn(&str) -> bool) -> Vec<TagValue> {
    let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
    let group = (!friend.group_name.is_empty()).then(|| Value::from(vec![&*friend.group_name]));
    let said = [
        (tag::ADD_SOURCE, text(&friend.add_source)),
        (tag::REMARK, text(&friend.remark)),
        (tag::GROUP, group),
        (tag::ADD_TIME, Some(friend.added_at.as_s().into())),
        (tag::ADD_WORDING, text(&friend.add_wording)),
    ];
    let said = said.into_iter().filter(|(tag, _)| is_wanted(tag));
    said.filter_map(|(tag, value)| {
        Some(TagValue {
            tag: tag.to_owned(),
            value: value?,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(json: &str) -> Vec<TagValue> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_said_of_a_friend_is_told_by_the_tags_it_was_set_by() {
        let json = r#"[{"Tag":"Tag_SNS_IM_AddSource","Value":"AddSource_Type_Web"},{"Tag":"Tag_SNS_IM_Remark","Value":"r"},{"Tag":"Tag_SNS_IM_Group","Value":["g"]},{"Tag":"Tag_SNS_IM_AddTime","Value":7},{"Tag":"Tag_SNS_IM_AddWording","Value":"w"}]"#;
        let wanted = update(UserId::parse("bob").unwrap(), &values(json));
        let friend = Friend {
            user: wanted.user,
            remark: wanted.remark.unwrap(),
            group_name: wanted.group_name.unwrap(),
            add_source: wanted.add_source.unwrap(),
            add_wording: wanted.add_wording.unwrap(),
            added_at: wanted.added_at.unwrap(),
        };
        let said = serde_json::to_string(&said_of(&friend, |_| true)).unwrap();
        assert_eq!(said, json);
        assert_eq!(said_of(&friend, |tag| tag == tag::REMARK).len(), 1);
    }

    #[test]
    fn tags_that_nobody_knows_and_values_of_another_kind_change_nothing() {
        let json = r#"[{"Tag":"Tag_SNS_Custom_Level","Value":"9"},{"Tag":"Tag_SNS_IM_Remark","Value":9},{"Tag":"Tag_SNS_IM_AddTime","Value":"now"}]"#;
        let wanted = update(UserId::parse("bob").unwrap(), &values(json));
        assert!(wanted.remark.is_none() && wanted.added_at.is_none());
        let json = r#"[{"Tag":"Tag_SNS_IM_Group","Value":[]}]"#;
        let wanted = update(UserId::parse("bob").unwrap(), &values(json));
        assert_eq!(wanted.group_name.as_deref(), Some(""), "out of all groups");
    }
}
