//! The description of this API, made from the code that answers it.

use super::answer::{Base, FriendsBase};
use super::{accounts, blocks, custom_status, friends, status};
use axum::body::Bytes;
use std::sync::OnceLock;
use utoipa::{IntoParams, OpenApi};

/// Who asks. Every request shows it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "it describes what is read by name")]
pub(super) struct Credentials {
    /// The app.
    #[param(example = 1_400_000_001_u64)]
    sdkappid: u64,
    /// One of the app's REST admins.
    #[param(example = "administrator")]
    identifier: String,
    /// A UserSig of that admin.
    usersig: String,
    /// Any number; nobody looks at it.
    random: Option<u64>,
    /// `json`; nobody looks at it.
    contenttype: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "userstatus REST",
        description = "What a studio's back end asks of userstatusd. Every answer is HTTP 200; `ActionStatus` and `ErrorCode` say what became of the request, and of one that failed they and `ErrorInfo` are all there is."
    ),
    tags(
        (name = "openim", description = "Who is online"),
        (name = "im_open_login_svc", description = "Accounts"),
        (name = "sns", description = "Friends and blocks"),
        (name = "userstatus", description = "What the SDK's own API lacks")
    ),
    paths(
        status::query_online_status,
        accounts::account_import,
        accounts::multiaccount_import,
        accounts::account_check,
        accounts::account_delete,
        accounts::kick,
        friends::changes::friend_add,
        friends::changes::friend_import,
        friends::changes::friend_update,
        friends::changes::friend_delete,
        friends::changes::friend_delete_all,
        friends::lists::friend_check,
        friends::lists::friend_get,
        friends::lists::friend_get_list,
        blocks::black_list_add,
        blocks::black_list_delete,
        blocks::black_list_get,
        blocks::black_list_check,
        custom_status::set_custom_status,
    ),
    components(schemas(Base, FriendsBase))
)]
struct Document;

/// The OpenAPI document of this API.
pub fn document() -> String {
    let document = Document::openapi().to_pretty_json();
    document.expect("the document is texts, numbers and lists of them") + "\n"
}

/// The same as it is served.
pub(super) fn bytes() -> Bytes {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    DOCUMENT.get_or_init(|| document().into()).clone()
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::*;

    #[test]
    fn it_describes_every_command_and_nothing_else() {
        let document: serde_json::Value = serde_json::from_str(&document()).unwrap();
        let mut described: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
        let mut commands: Vec<_> = Command::ALL
            .iter()
            .map(|(command, _)| command.path())
            .collect();
        described.sort_unstable();
        commands.sort_unstable();
        assert_eq!(described, commands);
    }
}
