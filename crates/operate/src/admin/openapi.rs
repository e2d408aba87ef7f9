//! The description of the admin API, made from the code that answers it.

use super::api::ErrorBody;
use super::{accounts, apps, erasure, friends, upkeep};
use crate::health;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

/// What a request is refused with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "it describes what is answered elsewhere")]
pub(super) enum Refusals {
    /// The request is wrong.
    #[response(status = 400)]
    Wrong(ErrorBody),
    /// The token is missing, or wrong.
    #[response(status = 401)]
    Token(ErrorBody),
    /// There is no such thing.
    #[response(status = 404)]
    Nothing(ErrorBody),
    /// It cannot be done as things stand.
    #[response(status = 409)]
    Standing(ErrorBody),
    /// Too many wrong tokens came from here.
    #[response(status = 429)]
    Guesses(ErrorBody),
    /// The server failed.
    #[response(status = 500)]
    Server(ErrorBody),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "userstatus admin",
        description = "What operators ask of userstatusd. A refusal has a status, and a body with a code and a message."
    ),
    tags(
        (name = "server", description = "The server itself"),
        (name = "apps", description = "Apps, their settings and keys"),
        (name = "accounts", description = "Accounts"),
        (name = "friends", description = "Friends"),
        (name = "health", description = "For balancers and supervisors, without a token")
    ),
    paths(
        upkeep::stats,
        upkeep::reload,
        upkeep::backup,
        apps::list_apps,
        apps::create_app,
        apps::show_app,
        apps::change_app,
        apps::delete_app,
        apps::add_key,
        apps::remove_key,
        accounts::import_accounts,
        accounts::list_accounts,
        accounts::query_accounts,
        accounts::show_account,
        accounts::kick_account,
        erasure::delete_account,
        erasure::delete_accounts,
        erasure::purge_accounts,
        friends::list_friends,
        friends::add_friends,
        friends::delete_friends,
        health::livez,
        health::readyz,
    ),
    components(schemas(ErrorBody)),
    security(("token" = [])),
    modifiers(&Token)
)]
struct Document;

struct Token;

impl Modify for Token {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// The OpenAPI document of the admin API.
pub fn document() -> String {
    let document = Document::openapi().to_pretty_json();
    document.expect("the document is texts, numbers and lists of them") + "\n"
}

/// The same as it is served.
pub(super) async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document())
}
