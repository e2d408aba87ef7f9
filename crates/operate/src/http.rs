//! An HTTP port that nobody can hold up: half requests, slow readers and idle connections cost one of few places, and the oldest
//! that is doing nothing makes room for who comes next.

mod answers;
mod handshakes;

pub(crate) use answers::Refusal;
use answers::{Refusing, in_one_form};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use handshakes::Handshakes;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower_service::Service;
use userstatus_gateway::Origin;
use userstatus_tls::TlsAcceptor;

/// A request's head has to be there this long after the connection, or after the answer before it.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection on which nothing is being done for this long is closed, be it that its answer is not taken.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a request's head.
const HEADER_BYTES_MAX: usize = 32 * 1024;

/// After an error of accepting, such as too many open files, it is tried again this much later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Requests that are being answered when the server stops may take this long.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// A port that listens, and serves.
pub(crate) struct HttpPort {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// How a port speaks with whoever connects.
#[derive(Clone)]
pub(crate) struct Manner {
    /// The certificate; none: plain.
    pub(crate) tls: Option<TlsAcceptor>,
    /// What is said to whoever sends what is no HTTP.
    pub(crate) refusal: Refusal,
}

/// One connection, as those who answer its requests see it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    state: Mutex<State>,
    closed: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests of somebody who is known, being carried out.
    working: u32,
    /// Those whose body is still to come.
    receiving: u32,
    idle_since: Instant,
}

/// While it stands its connection is not closed to make room; or last of all, where a body is still to come.
pub(crate) struct Work(Arc<Connection>, Doing);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Receiving,
    Working,
}

type Connections = Arc<Mutex<BTreeMap<u64, Arc<Connection>>>>;

impl HttpPort {
    /// Listens, and serves up to `connections_max` connections from then on.
    pub(crate) async fn open(
        address: SocketAddr,
        router: Router,
        connections_max: usize,
    ) -> io::Result<Self> {
        let manner = Manner {
            tls: None,
            refusal: answers::usual,
        };
        Self::open_with(address, manner, router, connections_max).await
    }

    /// The same, in another manner.
    pub(crate) async fn open_with(
        address: SocketAddr,
        manner: Manner,
        router: Router,
        connections_max: usize,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(accept(listener, manner, router, connections_max, stopping));
        Ok(Self {
            address,
            stop,
            task,
        })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes it; requests being answered may take a second.
    pub(crate) async fn close(self) {
        self.stop.send_replace(true);
        // Every connection holds the other end.
        if timeout(STOP_TIMEOUT, self.stop.closed()).await.is_err() {
            tracing::warn!(address = %self.address, "HTTP requests that were not answered in time were given up");
            self.task.abort();
        }
    }
}

async fn accept(
    listener: TcpListener,
    manner: Manner,
    router: Router,
    connections_max: usize,
    mut stopping: watch::Receiver<bool>,
) {
    let connections = Connections::default();
    let mut handshakes = Handshakes::default();
    let mut number = 0_u64;
    loop {
        let accepted = tokio::select! {
            _ = stopping.changed() => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "an HTTP connection was not taken");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if manner.tls.is_some() && !handshakes.allows(Origin::of(peer.ip())) {
            tracing::debug!(%peer, "too many TLS handshakes of one address: this one is not made");
            continue;
        }
        number += 1;
        let connection = Arc::new(Connection::new(peer));
        if !enter(&connections, connections_max, number, &connection) {
            tracing::debug!(%peer, "no place: every HTTP connection is at work");
            continue;
        }
        let place = Place {
            connections: Arc::clone(&connections),
            number,
        };
        // Answers are small, and whoever asked waits for them.
        _ = stream.set_nodelay(true);
        let Manner { tls, refusal } = manner.clone();
        let (router, stopping) = (router.clone(), stopping.clone());
        tokio::spawn(async move {
            match tls {
                None => serve(stream, &connection, router, refusal, stopping).await,
                Some(tls) => {
                    if let Some(stream) = shake_hands(&tls, stream, &connection).await {
                        serve(stream, &connection, router, refusal, stopping).await;
                    }
                }
            }
            drop(place);
        });
    }
}

/// Takes a place. If there is none, a connection that is not at work goes: the oldest one of whoever has most. Where all are of
/// somebody who is known, it is one that still waits for a body: a script that sends halves of them locks nobody out.
fn enter(
    connections: &Connections,
    connections_max: usize,
    number: u64,
    connection: &Arc<Connection>,
) -> bool {
    let mut connections = connections.lock();
    if connections.len() >= connections_max {
        let idle = least_missed(&connections, |state| {
            state.working == 0 && state.receiving == 0
        });
        let waiting = || least_missed(&connections, |state| state.working == 0);
        let Some(oldest) = idle.or_else(waiting) else {
            return false;
        };
        if let Some(oldest) = connections.remove(&oldest) {
            oldest.closed.notify_one();
        }
    }
    connections.insert(number, Arc::clone(connection));
    true
}

fn least_missed(
    connections: &BTreeMap<u64, Arc<Connection>>,
    may_go: impl Fn(&State) -> bool,
) -> Option<u64> {
    let mut origins: HashMap<Origin, (usize, u64)> = HashMap::new();
    let those = connections
        .iter()
        .filter(|(_, connection)| may_go(&connection.state.lock()));
    for (number, connection) in those {
        // By number: the first of an origin is its oldest.
        let (count, _) = origins
            .entry(Origin::of(connection.peer.ip()))
            .or_insert((0, *number));
        *count += 1;
    }
    // Of two that have as many, who came first.
    let (_, oldest) = origins
        .into_values()
        .max_by_key(|(count, oldest)| (*count, Reverse(*oldest)))?;
    Some(oldest)
}

/// A place among the connections, given back when dropped.
struct Place {
    connections: Connections,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.number);
    }
}

/// Within the time of a request's head, unless its place is wanted before.
async fn shake_hands(
    tls: &TlsAcceptor,
    stream: TcpStream,
    connection: &Connection,
) -> Option<impl AsyncRead + AsyncWrite + Unpin + use<>> {
    let peer = connection.peer;
    let shaken = tokio::select! {
        shaken = timeout(HEADER_TIMEOUT, tls.accept(stream)) => shaken,
        () = connection.closed.notified() => return None,
    };
    match shaken {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "a TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "a TLS handshake took too long");
            None
        }
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: &Arc<Connection>,
    router: Router,
    words: Refusal,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(connection));
        connection.touch();
        // The library counts only what has not come whole: one burst can hold twice as much.
        let is_too_long = head_bytes(&request) > HEADER_BYTES_MAX;
        let answer = (!is_too_long).then(|| router.clone().call(request.map(Body::new)));
        async {
            let answer = match answer {
                Some(answer) => answer.await?,
                None => too_long(words),
            };
            Ok::<_, Infallible>(in_one_form(answer).await)
        }
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(Refusing::new(stream, words)), service);
    let mut serving = pin!(serving);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            served = serving.as_mut() => {
                if let Err(error) = served {
                    tracing::debug!(peer = %connection.peer, %error, "an HTTP connection ended");
                }
                return;
            }
            () = connection.closed.notified() => return,
            _ = stopping.changed(), if !is_stopping => {
                is_stopping = true;
                serving.as_mut().graceful_shutdown();
            }
            () = sleep_until(connection.idle_until()) => {
                if connection.idle_until() <= Instant::now() {
                    return;
                }
            }
        }
    }
}

/// How long a head is as it is usually written.
fn head_bytes(request: &hyper::Request<Incoming>) -> usize {
    const BESIDE_METHOD_AND_TARGET: usize = "  HTTP/1.1\r\n\r\n".len();
    const BESIDE_NAME_AND_VALUE: usize = ": \r\n".len();
    let line = request.method().as_str().len() + request.uri().to_string().len();
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + BESIDE_NAME_AND_VALUE);
    line + BESIDE_METHOD_AND_TARGET + headers.sum::<usize>()
}

/// As the library refuses: nothing more is read.
fn too_long(words: Refusal) -> Response {
    let (status, body) = words(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONNECTION, "close"),
    ] {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}

impl Connection {
    fn new(peer: SocketAddr) -> Self {
        Self {
            peer,
            state: Mutex::new(State {
                working: 0,
                receiving: 0,
                idle_since: Instant::now(),
            }),
            closed: Notify::new(),
        }
    }

    /// From now on, until what it returns is dropped, a request of somebody who is known is being carried out.
    pub(crate) fn work(self: &Arc<Self>) -> Work {
        self.begin(Doing::Working)
    }

    /// The same of a request whose body is still to come.
    pub(crate) fn receive(self: &Arc<Self>) -> Work {
        self.begin(Doing::Receiving)
    }

    fn begin(self: &Arc<Self>, doing: Doing) -> Work {
        *self.state.lock().count(doing) += 1;
        Work(Arc::clone(self), doing)
    }

    fn touch(&self) {
        self.state.lock().idle_since = Instant::now();
    }

    fn idle_until(&self) -> Instant {
        let state = self.state.lock();
        match state.working + state.receiving {
            0 => state.idle_since + IDLE_TIMEOUT,
            _ => Instant::now() + IDLE_TIMEOUT,
        }
    }
}

impl State {
    const fn count(&mut self, doing: Doing) -> &mut u32 {
        match doing {
            Doing::Receiving => &mut self.receiving,
            Doing::Working => &mut self.working,
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        *state.count(self.1) -= 1;
        state.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enter_from(connections: &Connections, number: u64, address: &str) -> Arc<Connection> {
        let peer = SocketAddr::new(address.parse().unwrap(), 1);
        let connection = Arc::new(Connection::new(peer));
        assert!(enter(connections, 4, number, &connection));
        connection
    }

    fn numbers(connections: &Connections) -> Vec<u64> {
        connections.lock().keys().copied().collect()
    }

    #[tokio::test]
    async fn the_addresses_of_one_64_are_one_of_whom_has_most() {
        let connections = Connections::default();
        enter_from(&connections, 1, "192.0.2.1");
        for number in 2..7 {
            enter_from(&connections, number, &format!("2001:db8::{number}"));
        }
        assert_eq!(numbers(&connections), [1, 4, 5, 6]);
    }

    #[tokio::test]
    async fn whoever_has_most_makes_room_and_who_is_at_work_stays() {
        let connections = Connections::default();
        enter_from(&connections, 1, "192.0.2.1");
        let busy = enter_from(&connections, 2, "192.0.2.9").work();
        for number in 3..6 {
            enter_from(&connections, number, "192.0.2.9");
        }
        assert_eq!(numbers(&connections), [1, 2, 4, 5]);
        enter_from(&connections, 6, "192.0.2.2");
        assert_eq!(numbers(&connections), [1, 2, 5, 6]);
        drop(busy);
        enter_from(&connections, 7, "192.0.2.3");
        assert_eq!(numbers(&connections), [1, 5, 6, 7]);
    }

    #[tokio::test]
    async fn halves_of_bodies_keep_nobody_out_who_is_known_or_not() {
        let connections = Connections::default();
        let busy = enter_from(&connections, 1, "192.0.2.1").work();
        let _halves: Vec<_> = (2..5)
            .map(|number| enter_from(&connections, number, "192.0.2.1").receive())
            .collect();
        enter_from(&connections, 5, "192.0.2.2");
        assert_eq!(numbers(&connections), [1, 3, 4, 5], "the oldest half");
        enter_from(&connections, 6, "192.0.2.3");
        assert_eq!(numbers(&connections), [1, 3, 4, 6], "a stranger first");
        drop(busy);
    }

    #[tokio::test]
    async fn where_all_are_at_work_there_is_no_room() {
        let connections = Connections::default();
        let work: Vec<_> = (0..4)
            .map(|number| enter_from(&connections, number, "192.0.2.1").work())
            .collect();
        let late = Arc::new(Connection::new(SocketAddr::new([192, 0, 2, 2].into(), 1)));
        assert!(!enter(&connections, 4, 9, &late));
        drop(work);
        assert!(enter(&connections, 4, 9, &late));
    }
}
