//! From a request to a command that may be carried out, and to an answer whatever comes of it.

use super::answer::{Answer, Fail, json};
use super::codes::RestCode;
use super::command::{Command, Does, Rate, Service};
use super::{Rest, accounts, blocks, custom_status, friends, openapi, status};
use crate::http::Connection;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use std::borrow::Cow;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;
use userstatus_core::{AppId, Code, Refusal, UserId};
use userstatus_gateway::client_behind;
use userstatus_store::apps::App;

/// Bytes of a body: a thousand friends with all that is said of them.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A body has to be there this long after its head.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// So much of a body that nobody wants is read all the same: whoever is still writing does not read the answer.
const UNWANTED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The same of somebody who is not known.
const STRANGERS_UNWANTED_BYTES_MAX: usize = 64 * 1024;

/// And for so long.
const STRANGERS_UNWANTED_TIMEOUT: Duration = Duration::from_secs(1);

/// Whoever asked hears after this time that it takes too long. Then the disk hangs, and what was begun goes on.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Where the document of this API is.
const DOCUMENT_PATH: &str = "/v4/openapi.json";

/// A command that somebody who may have it carried out has asked for.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) app: Arc<App>,
    pub(super) admin: UserId,
    pub(super) service: Service,
}

/// Whoever asks, before it is known.
struct Stranger {
    address: SocketAddr,
    app: Arc<App>,
    identifier: UserId,
    command: Command,
}

pub(super) async fn answer(
    State(rest): State<Arc<Rest>>,
    Extension(connection): Extension<Arc<Connection>>,
    request: Request,
) -> Response {
    let service = Service::of_path(request.uri().path());
    match caught(respond(&rest, &connection, request, service)).await {
        Ok(response) => response,
        Err(()) => Fail::from(service.internal()).response(service),
    }
}

async fn respond(
    rest: &Arc<Rest>,
    connection: &Arc<Connection>,
    request: Request,
    service: Service,
) -> Response {
    let (head, body) = request.into_parts();
    // Some write a slash too much.
    let path = head.uri.path().trim_end_matches('/');
    if path == DOCUMENT_PATH {
        return json(openapi::bytes());
    }
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let known = know(rest, connection, &head.method, path, &head.headers, &query);
    match known.await {
        Ok((call, command)) => {
            let work = connection.work();
            let answered = carry_out(rest, call, command, body).await;
            drop(work);
            match answered {
                Ok(bytes) => json(bytes),
                Err(fail) => fail.response(service),
            }
        }
        Err(Turned { fail, closes }) => {
            let unwanted = discard(body, STRANGERS_UNWANTED_BYTES_MAX);
            // It is read for the sake of whoever writes it, and of nobody else.
            _ = timeout(STRANGERS_UNWANTED_TIMEOUT, unwanted).await;
            let mut response = fail.response(service);
            if closes {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            response
        }
    }
}

/// What is no HTTP request is answered as one.
pub(super) fn refusal(status: StatusCode) -> (StatusCode, String) {
    let fail = match status {
        StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let info = "the head of the request is too long, or has too many headers";
            Fail::rest_because(RestCode::BadHttp, info)
        }
        _ => Fail::rest_because(
            RestCode::BadHttp,
            "this is no HTTP request that can be read",
        ),
    };
    (StatusCode::OK, fail.body(Service::Status))
}

/// Somebody who is not let in.
struct Turned {
    fail: Fail,
    closes: bool,
}

impl From<Fail> for Turned {
    fn from(fail: Fail) -> Self {
        Self {
            fail,
            closes: false,
        }
    }
}

/// Who asks for what, if they may.
async fn know(
    rest: &Rest,
    connection: &Connection,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    query: &Query<'_>,
) -> Result<(Call, Command), Turned> {
    // Some send a body with GET.
    if !matches!(*method, Method::POST | Method::GET) {
        let info = format!("{method} is no method of this API; use POST");
        return Err(Fail::rest_because(RestCode::BadHttp, info).into());
    }
    let command = Command::of_path(path).ok_or_else(|| Fail::rest(RestCode::WrongResource))?;
    let (app, identifier) = named(rest, query)?;
    let stranger = Stranger {
        address: address(rest, connection.peer, headers)?,
        app,
        identifier,
        command,
    };
    let networks = &stranger.app.settings.rest.networks;
    if !networks
        .iter()
        .any(|network| network.contains(stranger.address.ip()))
    {
        return Err(Fail::rest(RestCode::NotFromHere).into());
    }
    let sig = query
        .usersig
        .as_deref()
        .filter(|sig| !sig.is_empty())
        .ok_or_else(|| Fail::rest(RestCode::BadCredentials))?;
    let checked = rest
        .signed
        .check(&rest.gateway, &stranger.app, &stranger.identifier, sig);
    if let Err(refusal) = checked.await {
        return Err(refused(rest, &stranger, &refusal).await);
    }
    let Stranger {
        app, identifier, ..
    } = stranger;
    let settings = &app.settings;
    if !settings.rest.admins.contains(&identifier) {
        return Err(Fail::from(command.service().not_admin()).into());
    }
    let per_s = match command.rate() {
        Rate::Usual => settings.limits.rest_calls_per_s,
        Rate::Batch => settings.limits.rest_batch_calls_per_s,
    };
    if !rest.rates.allows(app.id, command, per_s) {
        let info = format!("too many calls of {}: {per_s} a second", command.path());
        return Err(Fail::rest_because(RestCode::TooFast, info).into());
    }
    let call = Call {
        app,
        admin: identifier,
        service: command.service(),
    };
    Ok((call, command))
}

/// The app and the account that the query names.
fn named(rest: &Rest, query: &Query<'_>) -> Result<(Arc<App>, UserId), Fail> {
    let app = query
        .sdkappid
        .as_deref()
        .ok_or_else(|| Fail::rest(RestCode::NoAppId))?;
    let app = app.parse().ok().and_then(AppId::new);
    let app = app.ok_or_else(|| Fail::rest(RestCode::BadAppId))?;
    let app = rest
        .gateway
        .apps()
        .get(app)
        .ok_or_else(|| Fail::from((Code::UnknownApp.number(), Code::UnknownApp.text())))?;
    let identifier = query.identifier.as_deref().map(UserId::parse);
    match identifier {
        Some(Ok(identifier)) => Ok((app, identifier)),
        Some(Err(_)) | None => Err(Fail::rest(RestCode::BadCredentials)),
    }
}

fn address(rest: &Rest, peer: SocketAddr, headers: &HeaderMap) -> Result<SocketAddr, Fail> {
    let lines = headers.get_all(FORWARDED_FOR).into_iter();
    // What is no text is no address.
    let words: Vec<_> = lines
        .flat_map(|line| line.to_str().unwrap_or("?").split(','))
        .map(str::trim)
        .collect();
    let is_balancer = |ip| rest.balancers.iter().any(|network| network.contains(ip));
    client_behind(peer, words.into_iter(), is_balancer).map_err(|_| {
        let info = "X-Forwarded-For of a trusted balancer ends in what is no address";
        Fail::rest_because(RestCode::BadHttp, info)
    })
}

/// A UserSig that is not good. Who shows many that nobody has signed waits for each answer; others from the same address do not.
async fn refused(rest: &Rest, stranger: &Stranger, refusal: &Refusal) -> Turned {
    let fail = Fail::refused(stranger.command.service(), refusal);
    let is_guess = matches!(
        refusal.code,
        Code::SigForged | Code::SigMalformed | Code::SigOtherUser | Code::SigOtherApp
    );
    if !is_guess {
        return fail.into();
    }
    let peer = stranger.address;
    let failures = rest.guessing.failed(peer);
    if rest.guesses_gate.opens(rest.gateway.clock().now()) {
        tracing::warn!(
            %peer,
            failures,
            app = stranger.app.id.get(),
            user = stranger.identifier.as_str(),
            code = fail.code,
            "a back end was refused for its UserSig"
        );
    }
    let too_many = || {
        let info = "too many wrong UserSigs came from this address; wait a minute, and see what makes them";
        Fail {
            code: Code::TooManyFailures.number(),
            info: info.to_owned(),
        }
    };
    match rest.guessing.wait(peer).await {
        Ok(Duration::ZERO) => fail.into(),
        Ok(_) => too_many().into(),
        Err(_) => Turned {
            fail: too_many(),
            closes: true,
        },
    }
}

async fn carry_out(rest: &Arc<Rest>, call: Call, command: Command, body: Body) -> Answer {
    let service = call.service;
    let body = whole(body).await?;
    if command.does() == Does::Read {
        // It waits for nothing.
        return run(rest, &call, command, &body).await;
    }
    let working = Arc::clone(rest);
    let changing = tokio::spawn(async move { run(&working, &call, command, &body).await });
    let failed = match timeout(ANSWER_TIMEOUT, changing).await {
        Ok(Ok(answer)) => return answer,
        Ok(Err(_)) => service.internal(),
        Err(_) => service.timeout(),
    };
    let fail = Fail::from(failed);
    tracing::error!(
        command = command.path(),
        code = fail.code,
        "a request of a back end failed"
    );
    Err(fail)
}

async fn run(rest: &Arc<Rest>, call: &Call, command: Command, body: &[u8]) -> Answer {
    let gateway = &rest.gateway;
    match command {
        Command::QueryOnlineStatus => status::query_online_status(gateway, call, body).await,
        Command::AccountImport => accounts::account_import(gateway, call, body).await,
        Command::MultiaccountImport => accounts::multiaccount_import(gateway, call, body).await,
        Command::AccountCheck => accounts::account_check(gateway, call, body).await,
        Command::AccountDelete => accounts::account_delete(gateway, call, body).await,
        Command::Kick => accounts::kick(gateway, call, body).await,
        Command::FriendAdd => friends::changes::friend_add(gateway, call, body).await,
        Command::FriendImport => friends::changes::friend_import(gateway, call, body).await,
        Command::FriendUpdate => friends::changes::friend_update(gateway, call, body).await,
        Command::FriendDelete => friends::changes::friend_delete(gateway, call, body).await,
        Command::FriendDeleteAll => friends::changes::friend_delete_all(gateway, call, body).await,
        Command::FriendCheck => friends::lists::friend_check(gateway, call, body).await,
        Command::FriendGet => friends::lists::friend_get(gateway, call, body).await,
        Command::FriendGetList => friends::lists::friend_get_list(gateway, call, body).await,
        Command::BlackListAdd => blocks::black_list_add(gateway, call, body).await,
        Command::BlackListDelete => blocks::black_list_delete(gateway, call, body).await,
        Command::BlackListGet => blocks::black_list_get(gateway, call, body).await,
        Command::BlackListCheck => blocks::black_list_check(gateway, call, body).await,
        Command::SetCustomStatus => custom_status::set_custom_status(gateway, call, body).await,
    }
}

/// The whole body of somebody who is known.
async fn whole(mut body: Body) -> Result<Bytes, Fail> {
    let read = timeout(BODY_TIMEOUT, async {
        let mut first = None;
        let mut all = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err("the body did not come whole".to_owned());
            };
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            if all.is_empty() && first.is_none() {
                // Most bodies come in one piece.
                first = Some(bytes);
                continue;
            }
            all.extend_from_slice(&first.take().unwrap_or_default());
            all.extend_from_slice(&bytes);
            if all.len() > BODY_BYTES_MAX {
                drop(all);
                discard(body, UNWANTED_BYTES_MAX).await;
                return Err(format!("the body is longer than {BODY_BYTES_MAX} bytes"));
            }
        }
        Ok(first.unwrap_or_else(|| Bytes::from(all)))
    });
    match read.await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(info)) => Err(Fail::rest_because(RestCode::BadHttp, info)),
        Err(_) => Err(Fail::rest_because(
            RestCode::BadHttp,
            format!("the body did not come within {} s", BODY_TIMEOUT.as_secs()),
        )),
    }
}

async fn discard(mut body: Body, bytes_max: usize) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > bytes_max {
            return;
        }
    }
}

/// Runs to the end; a panic is an end, too.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, ()> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
            Err(_) => Poll::Ready(Err(())),
        },
    )
    .await
}

/// What of a query is looked at. Names have no case here: some write them otherwise. `random` and `contenttype` are nobody's business.
#[derive(Default)]
struct Query<'q> {
    sdkappid: Option<Cow<'q, str>>,
    identifier: Option<Cow<'q, str>>,
    usersig: Option<Cow<'q, str>>,
}

impl<'q> Query<'q> {
    fn parse(query: &'q str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let member = match &*name {
                name if name.eq_ignore_ascii_case("sdkappid") => &mut parsed.sdkappid,
                name if name.eq_ignore_ascii_case("identifier") => &mut parsed.identifier,
                name if name.eq_ignore_ascii_case("usersig") => &mut parsed.usersig,
                _ => continue,
            };
            // The first counts.
            member.get_or_insert(value);
        }
        parsed
    }
}

#[cfg(test)]
mod tests;
