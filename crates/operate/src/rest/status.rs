//! `openim`: who is online.

use super::answer::{Answer, Base, Fail, OK, to_bytes};
use super::body::{Account, Flag, at_most, needed, parse};
use super::gate::Call;
use serde::{Deserialize, Serialize};
use userstatus_core::{Code, InstanceId, NormalStatus, Platform, Timestamp, UserId};
use userstatus_gateway::Gateway;
use userstatus_store::embedded::EmbeddedStore;
use userstatus_store::{Presence, Store};
use utoipa::ToSchema;

/// Users in one query.
const USERS_MAX: usize = 500;

/// So long after its last device was lost a user could still be reached by a push; then it is offline.
const PUSH_ONLINE_MS: u64 = 7 * 86_400_000;

/// `openim/query_online_status`.
#[derive(Deserialize, ToSchema)]
pub(super) struct QueryOnlineStatus<'b> {
    /// Whom; at most 500.
    #[serde(rename = "To_Account", borrow)]
    #[schema(value_type = Vec<String>)]
    to_account: Option<Vec<Account<'b>>>,
    /// 1: where they are online, too.
    #[serde(rename = "IsNeedDetail", default)]
    #[schema(value_type = i32)]
    is_need_detail: Flag,
    /// 1: each device by itself, with a number.
    #[serde(rename = "IsReturnInstid", default)]
    #[schema(value_type = i32)]
    is_return_instid: Flag,
    /// 1: the custom status, too.
    #[serde(rename = "IsReturnCustomStatus", default)]
    #[schema(value_type = i32)]
    is_return_custom_status: Flag,
}

/// The answer to `openim/query_online_status`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueriedOnlineStatus<'a> {
    #[serde(flatten)]
    base: Base,
    /// Those there are, in the order asked for.
    #[schema(required = false)]
    query_result: Vec<OnlineStatus<'a>>,
    /// Those there are not.
    #[schema(required = false)]
    error_list: Vec<NoSuchUser<'a>>,
}

/// One user's status.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct OnlineStatus<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    to_account: &'a str,
    /// `Online`; `PushOnline`: its devices were lost in the last seven days; `Offline`.
    #[schema(examples("Online"))]
    status: &'static str,
    /// The same, unless the app's `rest_state_member` is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// What the user has set, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_status: Option<&'a str>,
    /// Where the user is online, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Vec<Detail>>,
}

/// One platform, or one device.
#[derive(PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    /// `iPhone`, `Android`, `Web`, `PC`, `iPad`, `Mac`; also `Linux`, `Console` and `Unknown`.
    platform: &'static str,
    /// `Online`.
    status: &'static str,
    /// The device, while it is the same installation that has not been started anew, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    instid: Option<u32>,
}

/// A user there is not.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
struct NoSuchUser<'a> {
    /// Who.
    #[serde(rename = "To_Account")]
    to_account: &'a str,
    /// 70107.
    error_code: i32,
}

/// Who is online. Needs no plan and no switch: those say what players may ask.
#[utoipa::path(
    post, path = "/v4/openim/query_online_status", tag = "openim", operation_id = "query_online_status",
    params(super::openapi::Credentials),
    request_body = QueryOnlineStatus, responses((status = 200, description = "What became of it", body = QueriedOnlineStatus))
)]
pub(super) async fn query_online_status(
    gateway: &Gateway<EmbeddedStore>,
    call: &Call,
    body: &[u8],
) -> Answer {
    let service = call.service;
    let asked: QueryOnlineStatus<'_> = parse(service, body)?;
    let accounts = needed(service, "To_Account", asked.to_account)?;
    at_most(service, "To_Account", &accounts, USERS_MAX)?;
    // What can be nobody's id is nobody: one mistake does not hide the others.
    let mut users = Vec::with_capacity(accounts.len());
    for account in &accounts {
        users.extend(account.user()?);
    }
    let presences = gateway.store().presences(call.app.id, &users).await;
    let presences = presences.map_err(|error| Fail::store(service, &error))?;
    let mut known = users.iter().zip(&presences).peekable();
    let now = gateway.clock().now();
    let has_state = call.app.settings.rest.state_member;
    let mut query_result = Vec::with_capacity(accounts.len());
    let mut error_list = Vec::new();
    for account in &accounts {
        let to_account = account.text()?;
        let is_this = |(user, _): &(&UserId, _)| user.as_str() == to_account;
        match known.next_if(is_this) {
            Some((_, Some(presence))) => {
                let status = name_of(presence, now);
                query_result.push(OnlineStatus {
                    to_account,
                    status,
                    state: has_state.then_some(status),
                    custom_status: asked
                        .is_return_custom_status
                        .0
                        .then(|| presence.custom.as_str()),
                    detail: (asked.is_need_detail.0 || asked.is_return_instid.0)
                        .then(|| detail(presence, asked.is_return_instid.0)),
                });
            }
            Some((_, None)) | None => error_list.push(NoSuchUser {
                to_account,
                error_code: Code::NoSuchAccount.number(),
            }),
        }
    }
    Ok(to_bytes(&QueriedOnlineStatus {
        base: OK,
        query_result,
        error_list,
    }))
}

fn name_of(presence: &Presence, now: Timestamp) -> &'static str {
    match presence.normal {
        NormalStatus::Online => "Online",
        NormalStatus::Offline if now.ms_since(presence.away_since) < PUSH_ONLINE_MS => "PushOnline",
        NormalStatus::Offline | NormalStatus::UnLogined | NormalStatus::Unknown => "Offline",
    }
}

/// Each platform once, or each device.
fn detail(presence: &Presence, with_instid: bool) -> Vec<Detail> {
    let mut details = Vec::new();
    for device in &presence.devices {
        let detail = Detail {
            platform: platform_name(device.platform),
            status: "Online",
            instid: with_instid.then(|| instid(device.instance)),
        };
        if !details.contains(&detail) {
            details.push(detail);
        }
    }
    details
}

/// A number for an instance. Some read it into 32 bits with a sign.
fn instid(instance: InstanceId) -> u32 {
    let (words, _) = instance.0.as_chunks();
    let folded = words.iter().map(|word| u32::from_be_bytes(*word));
    folded.fold(0, |one, other| one ^ other) & 0x7fff_ffff
}

/// As that API calls a platform.
const fn platform_name(platform: Platform) -> &'static str {
    match platform {
        Platform::Windows => "PC",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use userstatus_core::CustomStatus;

    fn away(normal: NormalStatus) -> Presence {
        Presence {
            normal,
            custom: CustomStatus::default(),
            devices: Vec::new(),
            away_since: Timestamp::from_ms(1_000),
        }
    }

    #[test]
    fn a_user_that_was_lost_can_be_reached_by_push_for_seven_days() {
        let name = |normal, ms| name_of(&away(normal), Timestamp::from_ms(1_000 + ms));
        assert_eq!(name(NormalStatus::Offline, 0), "PushOnline");
        assert_eq!(
            name(NormalStatus::Offline, PUSH_ONLINE_MS - 1),
            "PushOnline"
        );
        assert_eq!(name(NormalStatus::Offline, PUSH_ONLINE_MS), "Offline");
        assert_eq!(name(NormalStatus::UnLogined, 0), "Offline");
        assert_eq!(name(NormalStatus::Online, PUSH_ONLINE_MS), "Online");
    }

    #[test]
    fn windows_is_a_pc_there() {
        let names: Vec<_> = Platform::ALL.into_iter().map(platform_name).collect();
        assert_eq!(
            names,
            [
                "Unknown", "PC", "Mac", "Linux", "iPhone", "iPad", "Android", "Web", "Console"
            ]
        );
    }
}
