//! `im_open_login_svc`: accounts.

use super::answer::{Answer, Base, Fail, OK, result, to_bytes};
use super::body::{Account, at_most, needed, parse};
use super::gate::Call;
use super::named::Named;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use userstatus_core::{Code, Refusal, UserId};
use userstatus_gateway::Gateway;
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{AccountKey, Doomed, Store};
use utoipa::ToSchema;

/// Accounts in one request.
const ACCOUNTS_MAX: usize = 100;

/// One account. Some libraries still send its old name; what else they send of it is not kept.
#[derive(Deserialize, ToSchema)]
pub(super) struct OneAccount<'b> {
    /// Who.
    #[serde(rename = "UserID", borrow)]
    #[schema(value_type = Option<String>)]
    user_id: Option<Account<'b>>,
    /// The same, by its old name.
    #[serde(rename = "Identifier", borrow)]
    #[schema(value_type = Option<String>)]
    identifier: Option<Account<'b>>,
}

impl OneAccount<'_> {
    fn user(self, call: &Call) -> Result<UserId, Fail> {
        let named = self.user_id.or(self.identifier);
        needed(call.service, "UserID", named)?.one(call.service)
    }
}

/// One account of several.
#[derive(Deserialize, ToSchema)]
struct AccountItem<'b> {
    /// Who.
    #[serde(rename = "UserID", borrow)]
    #[schema(value_type = String)]
    user_id: Account<'b>,
}

/// Accounts to import, in the one form or the other.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MultiaccountImport<'b> {
    /// Whom; at most 100.
    #[serde(borrow)]
    #[schema(value_type = Option<Vec<String>>)]
    accounts: Option<Vec<Account<'b>>>,
    /// The same, in the newer form.
    #[serde(borrow)]
    account_list: Option<Vec<AccountItem<'b>>>,
}

/// The answer to `multiaccount_import`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MultiaccountImported<'a> {
    #[serde(flatten)]
    base: Base,
    /// Those that were not imported.
    #[schema(required = false)]
    fail_accounts: Vec<&'a str>,
}

/// Accounts to look for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountCheck<'b> {
    /// Whom; at most 100.
    #[serde(borrow)]
    #[schema(value_type = Vec<AccountItem>)]
    check_item: Option<Vec<AccountItem<'b>>>,
}

/// The answer to `account_check`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountChecked<'a> {
    #[serde(flatten)]
    base: Base,
    /// In the order asked for.
    #[schema(required = false)]
    result_item: Vec<CheckedAccount<'a>>,
}

/// Whether there is an account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct CheckedAccount<'a> {
    /// Who.
    #[serde(rename = "UserID")]
    user_id: &'a str,
    /// 0.
    result_code: i32,
    /// Empty.
    result_info: &'static str,
    /// `Imported` or `NotImported`.
    account_status: &'static str,
}

/// Accounts to delete.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountDelete<'b> {
    /// Whom; at most 100.
    #[serde(borrow)]
    #[schema(value_type = Vec<AccountItem>)]
    delete_item: Option<Vec<AccountItem<'b>>>,
}

/// What became of each of several accounts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountResults<'a> {
    #[serde(flatten)]
    pub(super) base: Base,
    /// In the order given.
    #[schema(required = false)]
    pub(super) result_item: Vec<AccountResult<'a>>,
}

/// What became of one account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AccountResult<'a> {
    /// Who.
    #[serde(rename = "UserID")]
    pub(super) user_id: &'a str,
    /// 0, or why not.
    pub(super) result_code: i32,
    /// The same for people.
    pub(super) result_info: String,
}

/// Registers an account; one that is registered stays as it is.
#[utoipa::path(
    post, path = "/v4/im_open_login_svc/account_import", tag = "im_open_login_svc", operation_id = "account_import",
    params(super::openapi::Credentials),
    request_body = OneAccount, responses((status = 200, description = "What became of it", body = Base))
)]
pub(super) async fn account_import(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: OneAccount<'_> = parse(call.service, body)?;
    let account = AccountKey::new(call.app.id, wanted.user(call)?);
    let imported = gateway.import(&account).await;
    imported.map_err(|error| Fail::operator(call.service, &error))?;
    tracing::debug!(
        app = call.app.id.get(),
        user = account.user.as_str(),
        by = call.admin.as_str(),
        "account imported"
    );
    Ok(to_bytes(&OK))
}

/// Registers up to 100 accounts.
#[utoipa::path(
    post, path = "/v4/im_open_login_svc/multiaccount_import", tag = "im_open_login_svc", operation_id = "multiaccount_import",
    params(super::openapi::Credentials),
    request_body = MultiaccountImport, responses((status = 200, description = "What became of it", body = MultiaccountImported))
)]
pub(super) async fn multiaccount_import(
    gateway: &Arc<Gateway<EmbeddedStore>>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: MultiaccountImport<'_> = parse(call.service, body)?;
    let newer = wanted.account_list.unwrap_or_default();
    let newer = newer.into_iter().map(|account| account.user_id);
    let mut named = wanted.accounts.unwrap_or_default();
    named.extend(newer);
    at_most(call.service, "AccountList", &named, ACCOUNTS_MAX)?;
    let (mut accounts, mut texts, mut fail_accounts) = (Vec::new(), Vec::new(), Vec::new());
    for account in &named {
        match account.user()? {
            Ok(user) => {
                accounts.push(AccountKey::new(call.app.id, user));
                texts.push(account.text()?);
            }
            Err(_) => fail_accounts.push(account.text()?),
        }
    }
    let imported = gateway.import_all(accounts).await;
    let failed = texts
        .iter()
        .zip(&imported)
        .filter(|(_, imported)| !**imported);
    fail_accounts.extend(failed.map(|(text, _)| *text));
    tracing::debug!(
        app = call.app.id.get(),
        accounts = imported.len(),
        failed = fail_accounts.len(),
        by = call.admin.as_str(),
        "accounts imported"
    );
    if fail_accounts.len() == named.len() && !imported.is_empty() {
        return Err(Fail::from(call.service.internal()));
    }
    Ok(to_bytes(&MultiaccountImported {
        base: OK,
        fail_accounts,
    }))
}

/// Says which accounts there are.
#[utoipa::path(
    post, path = "/v4/im_open_login_svc/account_check", tag = "im_open_login_svc", operation_id = "account_check",
    params(super::openapi::Credentials),
    request_body = AccountCheck, responses((status = 200, description = "What became of it", body = AccountChecked))
)]
pub(super) async fn account_check(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let asked: AccountCheck<'_> = parse(call.service, body)?;
    let items = needed(call.service, "CheckItem", asked.check_item)?;
    at_most(call.service, "CheckItem", &items, ACCOUNTS_MAX)?;
    let named = Named::in_all(items.iter().map(|item| &item.user_id))?;
    let there = gateway.store().presences(call.app.id, named.users()).await;
    let there = there.map_err(|error| Fail::store(call.service, &error))?;
    let result_item = named.with(&there).map(|(user_id, there)| CheckedAccount {
        user_id,
        result_code: 0,
        result_info: "",
        account_status: match there {
            Some(Some(_)) => "Imported",
            Some(None) | None => "NotImported",
        },
    });
    let result_item = result_item.collect();
    Ok(to_bytes(&AccountChecked {
        base: OK,
        result_item,
    }))
}

/// Erases accounts, with everything known of them.
#[utoipa::path(
    post, path = "/v4/im_open_login_svc/account_delete", tag = "im_open_login_svc", operation_id = "account_delete",
    params(super::openapi::Credentials),
    request_body = AccountDelete, responses((status = 200, description = "What became of it", body = AccountResults))
)]
pub(super) async fn account_delete(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: AccountDelete<'_> = parse(call.service, body)?;
    let items = needed(call.service, "DeleteItem", wanted.delete_item)?;
    at_most(call.service, "DeleteItem", &items, ACCOUNTS_MAX)?;
    let named = Named::in_all(items.iter().map(|item| &item.user_id))?;
    let doomed = named.users().iter().map(|user| Doomed {
        account: AccountKey::new(call.app.id, user.clone()),
        away_since: None,
    });
    let doomed: Vec<_> = doomed.collect();
    let deleted = gateway.delete_accounts(call.app.id, &doomed).await;
    let deleted = deleted.map_err(|error| Fail::operator(call.service, &error))?;
    tracing::info!(
        app = call.app.id.get(),
        accounts = deleted.iter().filter(|deleted| **deleted).count(),
        by = call.admin.as_str(),
        "accounts deleted"
    );
    let result_item = named.with(&deleted).map(|(user_id, deleted)| {
        let deleted = match deleted {
            Some(true) => Ok(()),
            Some(false) | None => Err(NO_SUCH_ACCOUNT),
        };
        let (result_code, result_info) = result(call.service, &deleted);
        AccountResult {
            user_id,
            result_code,
            result_info,
        }
    });
    let result_item = result_item.collect();
    Ok(to_bytes(&AccountResults {
        base: OK,
        result_item,
    }))
}

const NO_SUCH_ACCOUNT: Refusal = Refusal {
    code: Code::NoSuchAccount,
    detail: None,
};

/// Logs all devices of an account out, and revokes every UserSig minted before now.
#[utoipa::path(
    post, path = "/v4/im_open_login_svc/kick", tag = "im_open_login_svc", operation_id = "kick",
    params(super::openapi::Credentials),
    request_body = OneAccount, responses((status = 200, description = "What became of it", body = Base))
)]
pub(super) async fn kick(gateway: &Gateway<EmbeddedStore>, call: &Call, body: &[u8]) -> Answer {
    let wanted: OneAccount<'_> = parse(call.service, body)?;
    let account = AccountKey::new(call.app.id, wanted.user(call)?);
    let kicked = gateway.kick_all(&account).await;
    let devices = kicked.map_err(|error| Fail::operator(call.service, &error))?;
    tracing::info!(
        app = call.app.id.get(),
        user = account.user.as_str(),
        devices,
        by = call.admin.as_str(),
        "account kicked"
    );
    let users = [account.user];
    let there = gateway.store().presences(call.app.id, &users).await;
    let there = there.map_err(|error| Fail::store(call.service, &error))?;
    match there.as_slice() {
        [Some(_)] => Ok(to_bytes(&OK)),
        // A kick holds for one that has never logged in, too (D4).
        _ => Err(Fail {
            code: call.service.no_such_account().0,
            info: "there is no such account; UserSigs minted for it before now are revoked all the same"
                .to_owned(),
        }),
    }
}
