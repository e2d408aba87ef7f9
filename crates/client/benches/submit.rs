//! What a caller pays for handing in a request, and a session for being told a status.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::{Duration, Instant};
use userstatus_client::session::{Output, Session, SessionConfig};
use userstatus_client::{Client, ClientConfig, Request};
use userstatus_core::Platform;
use userstatus_wire::v1;

const BURST: u64 = 1_000;

fn submit(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let address = "127.0.0.1:1".parse().expect("an address");
    let client = Client::new(ClientConfig::new(address, 7), runtime.handle(), |_| {});
    let client = client.expect("a client");
    criterion.bench_function("submit", |bencher| {
        bencher.iter_custom(|iterations| {
            let mut spent = Duration::ZERO;
            let mut left = iterations;
            while left > 0 {
                // Far fewer than the client lets wait, and all ended before the next: none is refused for being too many.
                let burst = left.min(BURST);
                left -= burst;
                let requests: Vec<_> = (0..burst)
                    .map(|_| Request::SetSelfStatus("in a match".to_owned()))
                    .collect();
                let (ended, all_ended) = std::sync::mpsc::sync_channel(1);
                let start = Instant::now();
                for request in requests {
                    client.submit(request, |reply| drop(black_box(reply)));
                }
                spent += start.elapsed();
                client.submit(Request::ListFriends, move |_| {
                    // The bench waits for this one.
                    let _ = ended.send(());
                });
                all_ended.recv().expect("every request ends");
            }
            spent
        });
    });
}

fn told(criterion: &mut Criterion) {
    let now = Instant::now();
    let mut session = logged_in(now);
    let mut version = 1;
    criterion.bench_function("a push of one status", |bencher| {
        bencher.iter_batched(
            || {
                version += 1;
                push(version)
            },
            |frame| {
                session.handle_frame(frame, now);
                while let Some(output) = session.poll_output() {
                    black_box(output);
                }
            },
            BatchSize::SmallInput,
        );
    });
}

fn push(version: u64) -> v1::ServerFrame {
    let status = v1::UserStatus {
        user_id: "bob".to_owned(),
        version,
        normal: 1,
        custom_status: "x".repeat(64),
        online_platforms: vec![3],
    };
    v1::ServerFrame {
        body: Some(v1::server_frame::Body::StatusPush(v1::StatusPush {
            statuses: vec![status],
        })),
    }
}

fn logged_in(now: Instant) -> Session {
    let mut session = Session::new(SessionConfig {
        app_id: 7,
        platform: Platform::Linux,
        instance_id: [1; 16],
        sdk_name: "bench".to_owned(),
        sdk_version: "1".to_owned(),
        request_timeout: Duration::from_secs(10),
        unsent_timeout: Duration::from_secs(30),
        heartbeat_interval: None,
        user_defined_data: Vec::new(),
        jitter_seed: 1,
    });
    let login = Request::Login {
        user_id: "alice".to_owned(),
        user_sig: "sig".to_owned(),
    };
    let id = session.submit(login, now);
    session.handle_connected(now);
    let response = v1::Response {
        id: id.0,
        body: Some(v1::response::Body::Login(v1::LoginResult::default())),
        ..v1::Response::default()
    };
    session.handle_frame(
        v1::ServerFrame {
            body: Some(v1::server_frame::Body::Response(response)),
        },
        now,
    );
    while let Some(output) = session.poll_output() {
        if let Output::Done(_, reply) = output {
            reply.expect("logged in");
        }
    }
    session
}

criterion_group!(benches, submit, told);
criterion_main!(benches);
