//! Answering operators.

use super::Admin;
use super::api::{
    AccountView, AddKey, AppList, AppView, ChangeApp, CreateApp, DeviceView, ErrorBody,
    IMPORT_USERS_MAX, ImportAccounts, Imported, KeyView, Kicked, Stats,
};
use super::settings::SettingsPatch;
use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use userstatus_core::{Account, AppId, AppSettings, Code, NormalStatus, UserId};
use userstatus_gateway::OperatorError;
use userstatus_store::AccountKey;
use userstatus_store::Store;
use userstatus_store::apps::{App, AppError, AppKey, NewApp};
use userstatus_usersig::SecretKey;

type Answer<T> = Result<Json<T>, Failure>;
type At = State<Arc<Admin>>;

pub(super) fn router(admin: Arc<Admin>) -> Router {
    Router::new()
        .route("/v1/stats", get(stats))
        .route("/v1/apps", get(list_apps).post(create_app))
        .route(
            "/v1/apps/{app}",
            get(show_app).patch(change_app).delete(delete_app),
        )
        .route("/v1/apps/{app}/keys", post(add_key))
        .route("/v1/apps/{app}/keys/{key}", delete(remove_key))
        .route("/v1/apps/{app}/accounts", post(import_accounts))
        .route("/v1/apps/{app}/accounts/{user}", get(show_account))
        .route("/v1/apps/{app}/accounts/{user}/kick", post(kick_account))
        .fallback(no_such_endpoint)
        .method_not_allowed_fallback(no_such_endpoint)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&admin),
            authorize,
        ))
        .with_state(admin)
}

/// A request that was not done.
struct Failure {
    status: StatusCode,
    code: Code,
    message: String,
}

impl Failure {
    fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidParameters, message)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            code: self.code.number(),
            message: self.message,
        };
        (self.status, Json(body)).into_response()
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let (status, code) = match &error {
            AppError::NoSuchApp(_) => (StatusCode::NOT_FOUND, Code::UnknownApp),
            AppError::NoSuchKey(..) => (StatusCode::NOT_FOUND, Code::BadParameters),
            AppError::Exists(_)
            | AppError::TooManyKeys(_)
            | AppError::KeyExists(_)
            | AppError::LastKey(..)
            | AppError::TooManyApps => (StatusCode::CONFLICT, Code::InvalidOperation),
            AppError::NameTooLong(_) | AppError::Settings(_) => {
                (StatusCode::BAD_REQUEST, Code::InvalidParameters)
            }
            AppError::NotDurable(_) | AppError::Store(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Code::Internal)
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::App(error) => error.into(),
            OperatorError::Refused(refusal) => {
                let status = match refusal.code {
                    Code::NoSuchAccount => StatusCode::NOT_FOUND,
                    Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
                    _ => StatusCode::BAD_REQUEST,
                };
                let code = refusal.code;
                Self::new(status, code, OperatorError::Refused(refusal).to_string())
            }
            OperatorError::Store(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::Internal,
                error.to_string(),
            ),
        }
    }
}

async fn authorize(State(admin): At, headers: HeaderMap, request: Request, next: Next) -> Response {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if shown.is_some_and(|shown| admin.token.is(shown)) {
        // Carried out to its end, also if whoever asked does not wait for it: half of a change is none.
        return match tokio::spawn(next.run(request)).await {
            Ok(response) => response,
            Err(error) => {
                tracing::error!(%error, "a request of an operator failed");
                let message = "the server failed; its log says why";
                Failure::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, message)
                    .into_response()
            }
        };
    }
    let message = match shown {
        None => "the header `Authorization: Bearer TOKEN` is missing",
        Some(_) => {
            "the admin token is wrong; it is in the server's configuration or in `admin-token` in its data directory"
        }
    };
    Failure::new(StatusCode::UNAUTHORIZED, Code::NotAdmin, message).into_response()
}

async fn no_such_endpoint() -> Failure {
    let message = "there is no such endpoint, or not with this method";
    Failure::new(StatusCode::NOT_FOUND, Code::BadParameters, message)
}

async fn stats(State(admin): At) -> Json<Stats> {
    let hub = admin.gateway.hub().counters();
    let census = admin.census.count();
    Json(Stats {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        apps: admin.gateway.apps().list().len(),
        accounts: admin.gateway.store().accounts_count(),
        connections: census.connections,
        connections_max: census.connections_max,
        connections_accepted: census.accepted,
        connections_refused: census.refused,
        sessions: hub.sessions,
        encodes: hub.encodes,
        deliveries: hub.deliveries,
        merges: hub.merges,
    })
}

async fn list_apps(State(admin): At) -> Json<AppList> {
    let apps = admin.gateway.apps().list();
    let apps = apps
        .iter()
        .map(|app| app_view(app, Secrets::Hidden))
        .collect();
    Json(AppList { apps })
}

async fn create_app(State(admin): At, body: Bytes) -> Answer<AppView> {
    let wanted: CreateApp = parse(&body)?;
    let mut settings = AppSettings::default();
    wanted.settings.apply_to(&mut settings);
    let new = NewApp {
        id: wanted.id.map(parse_app_id).transpose()?,
        name: wanted.name,
        settings,
        secret: parse_secret(wanted.secret_key)?,
    };
    let gateway = &admin.gateway;
    let app = gateway.apps().create(new, gateway.clock().now()).await?;
    tracing::info!(app = app.id.get(), "app created");
    Ok(Json(app_view(&app, Secrets::Shown)))
}

#[derive(Deserialize)]
struct ShowApp {
    #[serde(default)]
    secrets: bool,
}

async fn show_app(
    State(admin): At,
    Path(app): Path<String>,
    Query(ShowApp { secrets }): Query<ShowApp>,
) -> Answer<AppView> {
    let id = app_id(&app)?;
    let app = admin.gateway.apps().get(id);
    let app = app.ok_or(AppError::NoSuchApp(id))?;
    let secrets = if secrets {
        Secrets::Shown
    } else {
        Secrets::Hidden
    };
    Ok(Json(app_view(&app, secrets)))
}

async fn change_app(State(admin): At, Path(app): Path<String>, body: Bytes) -> Answer<AppView> {
    let id = app_id(&app)?;
    let ChangeApp { name, settings } = parse(&body)?;
    let app = admin
        .gateway
        .apps()
        .update(id, |app| {
            if let Some(name) = name {
                app.name = name;
            }
            settings.apply_to(&mut app.settings);
        })
        .await?;
    admin.gateway.app_changed(id);
    tracing::info!(app = id.get(), "app changed");
    Ok(Json(app_view(&app, Secrets::Hidden)))
}

async fn delete_app(State(admin): At, Path(app): Path<String>) -> Result<StatusCode, Failure> {
    let id = app_id(&app)?;
    admin.gateway.delete_app(id).await?;
    tracing::info!(app = id.get(), "app deleted");
    Ok(StatusCode::NO_CONTENT)
}

async fn add_key(State(admin): At, Path(app): Path<String>, body: Bytes) -> Answer<KeyView> {
    let id = app_id(&app)?;
    let wanted: AddKey = parse(&body)?;
    let secret = parse_secret(wanted.secret_key)?;
    let gateway = &admin.gateway;
    let key = gateway
        .apps()
        .add_key(id, secret, gateway.clock().now())
        .await?;
    tracing::info!(app = id.get(), key = key.id, "key added");
    Ok(Json(key_view(&key, Secrets::Shown)))
}

async fn remove_key(State(admin): At, Path((app, key)): Path<(String, String)>) -> Answer<AppView> {
    let id = app_id(&app)?;
    let key: u32 = key
        .parse()
        .map_err(|_| Failure::invalid(format!("`{key}` is no key id; it is a number")))?;
    let app = admin.gateway.remove_key(id, key).await?;
    tracing::info!(app = id.get(), key, "key removed");
    Ok(Json(app_view(&app, Secrets::Hidden)))
}

async fn import_accounts(
    State(admin): At,
    Path(app): Path<String>,
    body: Bytes,
) -> Answer<Imported> {
    let app = app_id(&app)?;
    let ImportAccounts { user_ids } = parse(&body)?;
    if user_ids.len() > IMPORT_USERS_MAX {
        return Err(Failure::invalid(format!(
            "{} user ids; at most {IMPORT_USERS_MAX} are allowed",
            user_ids.len()
        )));
    }
    // All are looked at before the first is imported.
    let accounts: Vec<_> = user_ids
        .iter()
        .map(|user| account_key(app, user))
        .collect::<Result<_, _>>()?;
    for account in &accounts {
        admin.gateway.import(account).await?;
    }
    Ok(Json(Imported {
        accounts: accounts.len(),
    }))
}

async fn show_account(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
) -> Answer<AccountView> {
    let key = account_key(app_id(&app)?, &user)?;
    match admin.gateway.account(&key).await? {
        Some(account) => Ok(Json(account_view(key.app, &account))),
        None => Err(Failure::new(
            StatusCode::NOT_FOUND,
            Code::NoSuchAccount,
            format!("there is no account {} in app {}", key.user, key.app),
        )),
    }
}

async fn kick_account(
    State(admin): At,
    Path((app, user)): Path<(String, String)>,
) -> Answer<Kicked> {
    let key = account_key(app_id(&app)?, &user)?;
    let devices = admin.gateway.kick_all(&key).await?;
    tracing::info!(
        app = key.app.get(),
        user = key.user.as_str(),
        devices,
        "account kicked"
    );
    Ok(Json(Kicked { devices }))
}

#[derive(Clone, Copy)]
enum Secrets {
    Shown,
    Hidden,
}

fn app_view(app: &App, secrets: Secrets) -> AppView {
    AppView {
        id: app.id.get(),
        name: app.name.clone(),
        created_at_ms: app.created_at.as_ms(),
        settings: SettingsPatch::of(&app.settings),
        keys: app.keys.iter().map(|key| key_view(key, secrets)).collect(),
    }
}

fn key_view(key: &AppKey, secrets: Secrets) -> KeyView {
    KeyView {
        id: key.id,
        created_at_ms: key.created_at.as_ms(),
        secret_key: match secrets {
            Secrets::Shown => Some(key.secret.expose().to_owned()),
            Secrets::Hidden => None,
        },
    }
}

fn account_view(app: AppId, account: &Account) -> AccountView {
    let status = match account.normal() {
        NormalStatus::Unknown => "unknown",
        NormalStatus::Online => "online",
        NormalStatus::Offline => "offline",
        NormalStatus::UnLogined => "unlogined",
    };
    let device = |device: &userstatus_core::Device| DeviceView {
        platform: device.platform.name().to_owned(),
        session: device.session.0,
        logged_in_at_ms: device.logged_in_at.as_ms(),
        lease_until_ms: device.lease_until.map(|at| at.as_ms()),
    };
    let names = |user: &UserId| user.as_str().to_owned();
    AccountView {
        app_id: app.get(),
        user_id: names(&account.user),
        status: status.to_owned(),
        custom_status: account.custom.as_str().to_owned(),
        version: account.version.0,
        devices: account.devices.iter().map(device).collect(),
        subscriptions: account.subscriptions.iter().map(names).collect(),
        subscriptions_clear_at_ms: account.subscriptions_clear_at.map(|at| at.as_ms()),
        friends: account
            .friends
            .iter()
            .map(|friend| names(&friend.user))
            .collect(),
        sigs_valid_from_ms: account.sigs_valid_from.as_ms(),
    }
}

fn parse<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    // Where everything is optional, nothing at all is fine, too.
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Failure::invalid(format!("the body: {error}")))
}

fn app_id(text: &str) -> Result<AppId, Failure> {
    parse_app_id(text.parse().unwrap_or_default())
}

fn parse_app_id(number: u64) -> Result<AppId, Failure> {
    AppId::new(number).ok_or_else(|| Failure::invalid("an app id is a whole number and not 0"))
}

fn account_key(app: AppId, user: &str) -> Result<AccountKey, Failure> {
    let user = UserId::parse(user).map_err(|error| Failure::invalid(error.to_string()))?;
    Ok(AccountKey::new(app, user))
}

fn parse_secret(text: Option<String>) -> Result<Option<SecretKey>, Failure> {
    text.map(|text| SecretKey::new(&text))
        .transpose()
        .map_err(|error| Failure::invalid(error.to_string()))
}
