//! `userstatus`: what the SDK's own API lacks.

use super::accounts::{AccountResult, AccountResults};
use super::answer::{Answer, Fail, OK, result, to_bytes};
use super::body::{Account, at_most, needed, parse};
use super::gate::Call;
use serde::Deserialize;
use std::borrow::Cow;
use userstatus_core::{Code, Refusal};
use userstatus_gateway::{Gateway, OperatorError};
use userstatus_store::AccountKey;
use userstatus_store::embedded::EmbeddedStore;
use utoipa::ToSchema;

/// Accounts in one request.
const ACCOUNTS_MAX: usize = 100;

/// Custom statuses to set.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetCustomStatus<'b> {
    /// Whose and which; at most 100.
    #[serde(borrow)]
    #[schema(value_type = Vec<SetItem>)]
    set_item: Option<Vec<SetItem<'b>>>,
}

/// One custom status to set.
#[derive(Deserialize, ToSchema)]
struct SetItem<'b> {
    /// Whose.
    #[serde(rename = "UserID", borrow)]
    #[schema(value_type = String)]
    user_id: Account<'b>,
    /// The text; empty, or left out, clears it.
    #[serde(rename = "CustomStatus", borrow)]
    #[schema(value_type = Option<String>)]
    custom_status: Option<Cow<'b, str>>,
}

/// Sets custom statuses of accounts that are online, or clears them, as the accounts' devices could: their watchers are told, and a device
/// may set another afterwards.
#[utoipa::path(
    post, path = "/v4/userstatus/set_custom_status", tag = "userstatus", operation_id = "set_custom_status",
    params(super::openapi::Credentials),
    request_body = SetCustomStatus, responses((status = 200, description = "What became of it", body = AccountResults))
)]
pub(super) async fn set_custom_status(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let wanted: SetCustomStatus<'_> = parse(call.service, body)?;
    let named = needed(call.service, "SetItem", wanted.set_item)?;
    at_most(call.service, "SetItem", &named, ACCOUNTS_MAX)?;
    // All are looked at before the first is set.
    let mut users = Vec::with_capacity(named.len());
    for item in &named {
        users.push(item.user_id.user()?);
    }
    let mut result_item = Vec::with_capacity(named.len());
    for (item, user) in named.iter().zip(users) {
        let set = match user {
            Ok(user) => {
                let account = AccountKey::new(call.app.id, user);
                let custom = item.custom_status.as_deref().unwrap_or_default();
                let set = gateway.set_status_for(&account, custom).await;
                match set {
                    Err(OperatorError::Refused(refusal)) => Err(refusal),
                    Err(error) => return Err(Fail::operator(call.service, &error)),
                    Ok(()) => Ok(()),
                }
            }
            Err(_) => Err(Refusal {
                code: Code::NoSuchAccount,
                detail: None,
            }),
        };
        let (result_code, result_info) = result(call.service, &set);
        result_item.push(AccountResult {
            user_id: item.user_id.text()?,
            result_code,
            result_info,
        });
    }
    tracing::debug!(
        app = call.app.id.get(),
        accounts = named.len(),
        by = call.admin.as_str(),
        "custom statuses set"
    );
    Ok(to_bytes(&AccountResults {
        base: OK,
        result_item,
    }))
}
