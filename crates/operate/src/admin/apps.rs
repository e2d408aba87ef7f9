//! Apps and their keys, as operators ask for them.

use super::api::{AddKey, AppList, AppView, ChangeApp, CreateApp, KeyView};
use super::openapi::Refusals;
use super::routes::{Answer, At, Failure, app_id, parse, parse_app_id};
use super::settings::SettingsPatch;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use userstatus_core::AppSettings;
use userstatus_store::apps::{App, AppError, AppKey, NewApp};
use userstatus_usersig::SecretKey;
use utoipa::IntoParams;

/// All apps.
#[utoipa::path(
    get, path = "/v1/apps", tag = "apps", operation_id = "list_apps",
    responses((status = 200, description = "It was done", body = AppList), Refusals)
)]
pub(super) async fn list_apps(State(admin): At) -> Json<AppList> {
    let apps = admin.gateway.apps().list();
    let apps = apps
        .iter()
        .map(|app| app_view(app, Secrets::Hidden))
        .collect();
    Json(AppList { apps })
}

/// Creates an app.
#[utoipa::path(
    post, path = "/v1/apps", tag = "apps", operation_id = "create_app",
    request_body = CreateApp,
    responses((status = 200, description = "It was done", body = AppView), Refusals)
)]
pub(super) async fn create_app(State(admin): At, body: Bytes) -> Answer<AppView> {
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
    let app = gateway.apps().create(new, gateway.clock().wall()).await?;
    tracing::info!(app = app.id.get(), "app created");
    Ok(Json(app_view(&app, Secrets::Shown)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ShowApp {
    /// Whether its secret keys are shown, too.
    #[serde(default)]
    #[param(required = false)]
    secrets: bool,
}

/// One app.
#[utoipa::path(
    get, path = "/v1/apps/{app}", tag = "apps", operation_id = "show_app",
    params(("app" = u64, Path, description = "The app's id"), ShowApp),
    responses((status = 200, description = "It was done", body = AppView), Refusals)
)]
pub(super) async fn show_app(
    State(admin): At,
    Path(app): Path<String>,
    query: Result<Query<ShowApp>, QueryRejection>,
) -> Answer<AppView> {
    let id = app_id(&app)?;
    let Query(ShowApp { secrets }) = query?;
    let app = admin.gateway.apps().get(id);
    let app = app.ok_or(AppError::NoSuchApp(id))?;
    let secrets = if secrets {
        Secrets::Shown
    } else {
        Secrets::Hidden
    };
    Ok(Json(app_view(&app, secrets)))
}

/// Changes an app, at once for everybody connected.
#[utoipa::path(
    patch, path = "/v1/apps/{app}", tag = "apps", operation_id = "change_app",
    params(("app" = u64, Path, description = "The app's id")),
    request_body = ChangeApp,
    responses((status = 200, description = "It was done", body = AppView), Refusals)
)]
pub(super) async fn change_app(
    State(admin): At,
    Path(app): Path<String>,
    body: Bytes,
) -> Answer<AppView> {
    let id = app_id(&app)?;
    let ChangeApp { name, settings } = parse(&body)?;
    let mut before = None;
    let app = admin
        .gateway
        .change_app(id, |app| {
            before = Some((app.name.clone(), SettingsPatch::of(&app.settings)));
            if let Some(name) = name {
                app.name = name;
            }
            settings.apply_to(&mut app.settings);
        })
        .await?;
    let after = (app.name.clone(), SettingsPatch::of(&app.settings));
    let changes = before.map_or_else(String::new, |before| changes(&before, &after));
    tracing::info!(app = id.get(), changes, "app changed");
    Ok(Json(app_view(&app, Secrets::Hidden)))
}

/// Name and settings that differ, with what they were and are.
fn changes(before: &(String, SettingsPatch), after: &(String, SettingsPatch)) -> String {
    let [before, after] = [before, after].map(|(name, settings)| {
        let mut values =
            serde_json::to_value(settings).expect("settings are texts, numbers and booleans");
        values["name"] = name.as_str().into();
        values
    });
    let names = after.as_object().into_iter().flatten();
    let changed: Vec<_> = names
        .filter(|(name, value)| before[name.as_str()] != **value)
        .map(|(name, value)| format!("{name} {} → {value}", before[name.as_str()]))
        .collect();
    match changed.is_empty() {
        true => "none".to_owned(),
        false => changed.join(", "),
    }
}

/// Deletes an app with all its accounts.
#[utoipa::path(
    delete, path = "/v1/apps/{app}", tag = "apps", operation_id = "delete_app",
    params(("app" = u64, Path, description = "The app's id")),
    responses((status = 204, description = "It was done"), Refusals)
)]
pub(super) async fn delete_app(
    State(admin): At,
    Path(app): Path<String>,
) -> Result<StatusCode, Failure> {
    let id = app_id(&app)?;
    admin.gateway.delete_app(id).await?;
    tracing::info!(app = id.get(), "app deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// Adds a second secret key.
#[utoipa::path(
    post, path = "/v1/apps/{app}/keys", tag = "apps", operation_id = "add_key",
    params(("app" = u64, Path, description = "The app's id")),
    request_body = AddKey,
    responses((status = 200, description = "It was done", body = KeyView), Refusals)
)]
pub(super) async fn add_key(
    State(admin): At,
    Path(app): Path<String>,
    body: Bytes,
) -> Answer<KeyView> {
    let id = app_id(&app)?;
    let wanted: AddKey = parse(&body)?;
    let secret = parse_secret(wanted.secret_key)?;
    let gateway = &admin.gateway;
    let key = gateway
        .apps()
        .add_key(id, secret, gateway.clock().wall())
        .await?;
    tracing::info!(app = id.get(), key = key.id, "key added");
    Ok(Json(key_view(&key, Secrets::Shown)))
}

/// Removes a secret key, and closes the sessions it let in.
#[utoipa::path(
    delete, path = "/v1/apps/{app}/keys/{key}", tag = "apps", operation_id = "remove_key",
    params(("app" = u64, Path, description = "The app's id"), ("key" = u32, Path, description = "The key's number")),
    responses((status = 200, description = "It was done", body = AppView), Refusals)
)]
pub(super) async fn remove_key(
    State(admin): At,
    Path((app, key)): Path<(String, String)>,
) -> Answer<AppView> {
    let id = app_id(&app)?;
    let key: u32 = key
        .parse()
        .map_err(|_| Failure::invalid(format!("`{key}` is no key id; it is a number")))?;
    let app = admin.gateway.remove_key(id, key).await?;
    tracing::info!(app = id.get(), key, "key removed");
    Ok(Json(app_view(&app, Secrets::Hidden)))
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

fn parse_secret(text: Option<String>) -> Result<Option<SecretKey>, Failure> {
    text.map(|text| SecretKey::new(&text))
        .transpose()
        .map_err(|error| Failure::invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_what_was_and_what_is() {
        let mut settings = AppSettings::default();
        let before = ("old".to_owned(), SettingsPatch::of(&settings));
        assert_eq!(changes(&before, &before), "none");
        settings.user_status = true;
        settings.limits.window_ms = 7;
        let after = ("new\n".to_owned(), SettingsPatch::of(&settings));
        assert_eq!(
            changes(&before, &after),
            r#"name "old" → "new\n", user_status false → true, window_ms 5000 → 7"#
        );
    }
}
