//! What one account asks and is told, as it happens: lines of JSON for as long as an operator wants to look, and no longer than may be.

use super::api::{TraceAnswer, TraceEvent, TraceLine, TraceText, TraceUsers};
use super::routes::{At, Failure, account_key, app_id};
use crate::http::{Connection, Work};
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use userstatus_core::{Code, Platform};
use userstatus_gateway::traces::{Answer, Event, Text, Trace, Users, What};
use userstatus_meters::Kind;
use userstatus_store::AccountKey;

/// How long a trace lasts unless it is said, and at most.
const FOR_S_DEFAULT: u64 = 60;
const FOR_S_MAX: u64 = 3_600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    for_s: Option<u64>,
    #[serde(default)]
    texts: bool,
}

pub(super) async fn trace(
    State(admin): At,
    Extension(connection): Extension<Arc<Connection>>,
    Path((app, user)): Path<(String, String)>,
    question: Result<Query<Question>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(Question { for_s, texts }) = question?;
    let for_s = for_s.unwrap_or(FOR_S_DEFAULT);
    if !(1..=FOR_S_MAX).contains(&for_s) {
        return Err(Failure::invalid(format!(
            "for_s is {for_s}; it must be 1 to {FOR_S_MAX}"
        )));
    }
    // Whether there is such an account yet does not matter: its first login may be what is looked for.
    let account = account_key(app_id(&app)?, &user)?;
    if admin.gateway.apps().get(account.app).is_none() {
        let message = format!("there is no app {}", account.app);
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            Code::UnknownApp,
            message,
        ));
    }
    let traces = admin.gateway.traces();
    let trace = traces.begin(account.clone(), texts).map_err(|too_many| {
        let message = too_many.to_string();
        Failure::new(StatusCode::CONFLICT, Code::InvalidOperation, message)
    })?;
    tracing::info!(
        app = account.app.get(), user = account.user.as_str(), for_s, texts, peer = %connection.peer,
        "an account is traced"
    );
    let lines = Lines {
        trace,
        account,
        until: Instant::now() + Duration::from_secs(for_s),
        has_ended: false,
        _work: connection.work(),
    };
    let body = unfold(lines, |mut lines| async {
        let line = lines.next().await?;
        Some((Ok::<_, Infallible>(line), lines))
    });
    let head = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((head, Body::from_stream(body)).into_response())
}

/// The lines of an answer. Dropped, when whoever asked is gone, it ends the trace.
struct Lines {
    trace: Trace,
    account: AccountKey,
    until: Instant,
    has_ended: bool,
    /// The connection is not closed as idle while nothing happens.
    _work: Work,
}

impl Lines {
    async fn next(&mut self) -> Option<Bytes> {
        if self.has_ended {
            return None;
        }
        let next = timeout_at(self.until, self.trace.next()).await;
        let Ok(Some((event, missed))) = next else {
            self.has_ended = true;
            return Some(line(&TraceLine::end()));
        };
        Some(line(&written(event, missed)))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let (app, user) = (self.account.app.get(), self.account.user.as_str());
        tracing::info!(app, user, "an account is not traced any more");
    }
}

fn line(line: &TraceLine) -> Bytes {
    let mut text = serde_json::to_string(line).expect("texts and numbers can be written as JSON");
    text.push('\n');
    text.into()
}

fn written(event: Event, missed: u64) -> TraceLine {
    TraceLine {
        at_ms: event.at.as_ms(),
        session: event.session,
        missed,
        event: match event.what {
            What::Login {
                peer,
                platform,
                reconnect,
                answer,
            } => TraceEvent::Login {
                peer: peer.to_string(),
                platform: Platform::from_number(platform).name().to_owned(),
                reconnect,
                answer: answered(answer),
            },
            What::Request {
                asked,
                users,
                text,
                answer,
            } => TraceEvent::Request {
                request: asked.name().to_owned(),
                users: named(users),
                text: text.map(|Text { bytes, text }| TraceText { bytes, text }),
                answer: answered(answer),
            },
            What::Told(users) => TraceEvent::Told {
                users: named(users),
            },
            What::Ended(reason) => TraceEvent::Ended {
                reason: reason.to_owned(),
            },
        },
    }
}

fn answered(answer: Answer) -> TraceAnswer {
    TraceAnswer {
        code: answer.code.number(),
        message: answer.desc,
        took_us: u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX),
    }
}

fn named(users: Users) -> TraceUsers {
    TraceUsers {
        count: users.count,
        first: users.first,
    }
}
