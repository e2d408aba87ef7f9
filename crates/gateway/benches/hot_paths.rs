//! What the server does most: a change told to a thousand outboxes, a query of a hundred users, a status set.

#![allow(
    missing_docs,
    reason = "criterion's macros define undocumented functions"
)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use prost::Message;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use userstatus_core::{AppSettings, Plan};
use userstatus_gateway::clock::Clock;
use userstatus_gateway::hub::Hub;
use userstatus_gateway::{Gateway, Session};
use userstatus_store::apps::{AppRegistry, NewApp};
use userstatus_store::embedded::EmbeddedStore;
use userstatus_usersig::mint;
use userstatus_wire::v1::{self, request};

/// The one userstatusd has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WATCHERS: usize = 1_000;

struct Bench {
    runtime: Runtime,
    gateway: Arc<Gateway>,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime starts");
        let gateway = runtime.block_on(async {
            let store = EmbeddedStore::open(None).expect("memory only: nothing to open");
            let apps = AppRegistry::load(Arc::clone(&store) as _).expect("memory only: empty");
            let clock = Clock::system();
            let mut settings = AppSettings {
                plan: Plan::Premium,
                user_status: true,
                friend_status_notification: true,
                ..AppSettings::default()
            };
            // Quotas are not what is measured.
            settings.limits.window_ms = 100;
            settings.limits.requests_per_window = 1_000;
            let new = NewApp {
                settings,
                ..NewApp::default()
            };
            apps.create(new, clock.now())
                .await
                .expect("it is the first");
            let hub = Hub::new(Arc::clone(&apps), clock);
            let gateway = Gateway::new(apps, store, hub, clock);
            gateway
                .start()
                .await
                .expect("memory only: nothing to recover");
            gateway
        });
        Self { runtime, gateway }
    }

    fn login_message(&self, name: &str) -> v1::Login {
        let app = &self.gateway.apps().list()[0];
        let mut instance_id = name.as_bytes().to_vec();
        instance_id.resize(16, 0);
        v1::Login {
            app_id: app.id.get(),
            user_id: name.to_owned(),
            user_sig: mint(
                &app.keys[0].secret,
                app.id.get(),
                name,
                self.gateway.clock().now().as_s(),
                86_400,
            )
            .expect("a user id"),
            platform: 1,
            instance_id,
            ..v1::Login::default()
        }
    }

    fn login(&self, name: &str) -> Session {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let login = self.gateway.login(peer, self.login_message(name));
        self.runtime.block_on(login).expect("the sig is good").0
    }

    fn ask(&self, session: &Session, body: request::Body) -> v1::Response {
        let request = v1::Request::new(1, body);
        self.runtime
            .block_on(self.gateway.request(session, request))
    }

    fn set(&self, session: &Session, custom: &str) {
        let custom_status = custom.to_owned();
        let set = v1::SetSelfStatus { custom_status };
        assert_eq!(self.ask(session, request::Body::SetSelfStatus(set)).code, 0);
    }
}

/// From the request to a thousand filled outboxes, which are emptied as connections would.
fn fan_out_1000(criterion: &mut Criterion) {
    let bench = Bench::new();
    let bob = bench.login("bob");
    let watchers: Vec<_> = (0..WATCHERS)
        .map(|number| {
            let watcher = bench.login(&format!("watcher{number}"));
            let subscribe = v1::Subscribe {
                user_ids: vec!["bob".to_owned()],
            };
            assert_eq!(
                bench
                    .ask(&watcher, request::Body::Subscribe(subscribe))
                    .code,
                0
            );
            watcher
        })
        .collect();
    let status = "s".repeat(64);
    let mut taken = Vec::new();
    criterion.bench_function("fan_out_1000", |bencher| {
        bencher.iter(|| {
            bench.set(&bob, &status);
            let now = Instant::now();
            for watcher in &watchers {
                watcher.outbox().take_some(&mut taken, usize::MAX);
                watcher.outbox().sent(&taken, now);
            }
            bob.outbox().take_some(&mut taken, usize::MAX);
            taken.clear();
        });
    });
}

/// From the frame's message to the encoded answer.
fn query_100(criterion: &mut Criterion) {
    let bench = Bench::new();
    let names: Vec<String> = (0..100).map(|number| format!("user{number}")).collect();
    let sessions: Vec<_> = names.iter().map(|name| bench.login(name)).collect();
    for session in &sessions {
        bench.set(session, &"s".repeat(64));
    }
    // Each asks as often as it may, and no oftener.
    let mut turn = 0;
    let get = v1::GetUserStatus { user_ids: names };
    let frame = v1::Request::new(1, request::Body::GetUserStatus(get)).encode_to_vec();
    criterion.bench_function("query_100", |bencher| {
        bencher.iter_batched(
            || frame.as_slice(),
            |frame| {
                turn = (turn + 1) % sessions.len();
                let request = v1::Request::decode(frame).expect("it was just encoded");
                let answer = bench.gateway.request(&sessions[turn], request);
                let answer = bench.runtime.block_on(answer);
                assert_eq!(answer.code, 0, "{}", answer.desc);
                answer.encode_to_vec()
            },
            BatchSize::SmallInput,
        );
    });
}

/// One status set, with nobody but oneself to tell.
fn execute_set_status(criterion: &mut Criterion) {
    let bench = Bench::new();
    let bob = bench.login("bob");
    let status = "s".repeat(64);
    let mut taken = Vec::new();
    criterion.bench_function("execute_set_status", |bencher| {
        bencher.iter(|| {
            bench.set(&bob, &status);
            taken.clear();
            bob.outbox().take_some(&mut taken, usize::MAX);
        });
    });
}

/// A login with its UserSig checked, and the loss of its connection.
fn login_and_loss(criterion: &mut Criterion) {
    let bench = Bench::new();
    let login = bench.login_message("bob");
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    criterion.bench_function("login_and_loss", |bencher| {
        bencher.iter(|| {
            bench.runtime.block_on(async {
                let (session, _) = bench
                    .gateway
                    .login(peer, login.clone())
                    .await
                    .expect("the sig is good");
                bench
                    .gateway
                    .connection_lost(session, userstatus_core::LossCause::Closed)
                    .await;
            });
        });
    });
}

criterion_group!(
    hot_paths,
    fan_out_1000,
    query_100,
    execute_set_status,
    login_and_loss
);
criterion_main!(hot_paths);
