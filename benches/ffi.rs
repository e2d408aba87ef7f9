//! What a call into the C ABI costs, seen from the caller's side.
//!
//! - `call`: how long a call takes to return, to the default client and to one of several. Also printed as percentiles, since the aim is a median.
//! - `call_and_callback`: calls refused before login, each with its callback run on the callback thread.
//! - `pump`: the same, with callbacks run by `USPump` on the calling thread.
#![allow(unsafe_code, clippy::print_stdout, clippy::redundant_closure)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::hint::black_box;
use std::ptr::null;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use userstatus::ffi::{
    TIMGetLoginStatus, TIMGetUserStatus, TIMInit, TIMSetSelfStatus, TIMUninit, USClientClose,
    USClientOpen, USClientSetSelfStatus, USPump, USResult,
};

const STATUS: &CStr = c"{\"user_status_custom_status\":\"in a match\"}";
const USERS: &CStr = c"[\"alice\",\"bob\",\"carol\"]";
const SERVER: &CStr = c"{\"sdk_config_server_address\":\"127.0.0.1:1\"}";
const PUMP: &CStr =
    c"{\"sdk_config_server_address\":\"127.0.0.1:1\",\"sdk_config_callback_mode\":\"pump\"}";
/// Fewer than may be pending, so that no call is refused for that.
const BATCH: u64 = 8_192;
const TOO_MANY: c_int = USResult::US_ERR_TOO_MANY_PENDING as c_int;

static TOLD: AtomicU64 = AtomicU64::new(0);
/// One of several clients.
static CLIENT: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" fn count(_: i32, _: *const c_char, _: *const c_char, _: *const c_void) {
    TOLD.fetch_add(1, Ordering::Release);
}

fn set_status() -> c_int {
    // SAFETY: the text is NUL-ended and static, the callback has the right type.
    unsafe { TIMSetSelfStatus(STATUS.as_ptr(), Some(count), null()) }
}

fn get_status() -> c_int {
    // SAFETY: as above.
    unsafe { TIMGetUserStatus(USERS.as_ptr(), Some(count), null()) }
}

fn set_status_of_one() -> c_int {
    let client = CLIENT.load(Ordering::Relaxed);
    // SAFETY: as above.
    unsafe { USClientSetSelfStatus(client, STATUS.as_ptr(), Some(count), null()) }
}

fn open_another() {
    let mut client = 0;
    // SAFETY: the text is NUL-ended and static, and the number has its place.
    let returned = unsafe { USClientOpen(7, SERVER.as_ptr(), &raw mut client) };
    assert_eq!(returned, 0);
    CLIENT.store(client, Ordering::Relaxed);
}

fn init(config: &CStr) {
    // SAFETY: the text is NUL-ended and static.
    assert_eq!(unsafe { TIMInit(7, config.as_ptr()) }, 0);
}

fn wait_for(told: u64) {
    while TOLD.load(Ordering::Acquire) < told {
        std::thread::yield_now();
    }
}

/// Time spent in calls alone: between batches the callbacks catch up, unmeasured.
fn time_calls(call: fn() -> c_int, calls: u64) -> Duration {
    let mut spent = Duration::ZERO;
    let mut left = calls;
    while left > 0 {
        let batch = left.min(BATCH);
        let end = TOLD.load(Ordering::Acquire) + batch;
        let start = Instant::now();
        for _ in 0..batch {
            assert_eq!(black_box(call()), 0);
        }
        spent += start.elapsed();
        wait_for(end);
        left -= batch;
    }
    spent
}

/// Time until the last callback ran. The caller waits where too many are pending.
fn time_calls_and_callbacks(calls: u64) -> Duration {
    let end = TOLD.load(Ordering::Acquire) + calls;
    let start = Instant::now();
    for _ in 0..calls {
        loop {
            match set_status() {
                0 => break,
                TOO_MANY => std::thread::yield_now(),
                other => panic!("refused with {other}"),
            }
        }
    }
    wait_for(end);
    start.elapsed()
}

fn print_percentiles(name: &str, call: fn() -> c_int) {
    let mut times: Vec<_> = (0..20)
        .flat_map(|_| {
            let end = TOLD.load(Ordering::Acquire) + BATCH;
            let times: Vec<_> = (0..BATCH)
                .map(|_| {
                    let start = Instant::now();
                    assert_eq!(black_box(call()), 0);
                    start.elapsed()
                })
                .collect();
            wait_for(end);
            times
        })
        .collect();
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    println!(
        "{name}: p50 {:?}, p99 {:?}, p99.9 {:?}",
        at(0.5),
        at(0.99),
        at(0.999)
    );
}

fn ffi(criterion: &mut Criterion) {
    init(SERVER);
    open_another();
    print_percentiles("TIMSetSelfStatus before login", set_status);
    print_percentiles("TIMGetUserStatus before login", get_status);
    print_percentiles("USClientSetSelfStatus before login", set_status_of_one);
    criterion.bench_function("call/TIMSetSelfStatus", |bencher| {
        bencher.iter_custom(|calls| time_calls(set_status, calls));
    });
    criterion.bench_function("call/TIMGetUserStatus", |bencher| {
        bencher.iter_custom(|calls| time_calls(get_status, calls));
    });
    criterion.bench_function("call/USClientSetSelfStatus", |bencher| {
        bencher.iter_custom(|calls| time_calls(set_status_of_one, calls));
    });
    assert_eq!(USClientClose(CLIENT.load(Ordering::Relaxed)), 0);
    criterion.bench_function("call/TIMGetLoginStatus", |bencher| {
        bencher.iter(|| TIMGetLoginStatus())
    });

    let mut group = criterion.benchmark_group("call_and_callback");
    group.throughput(Throughput::Elements(1));
    group.bench_function("thread", |bencher| {
        bencher.iter_custom(time_calls_and_callbacks)
    });
    assert_eq!(TIMUninit(), 0);

    init(PUMP);
    group.bench_function("pump", |bencher| {
        bencher.iter(|| {
            assert_eq!(set_status(), 0);
            assert_eq!(USPump(1, 0), 1);
        });
    });
    group.finish();
    assert_eq!(TIMUninit(), 0);
}

criterion_group!(benches, ffi);
criterion_main!(benches);
