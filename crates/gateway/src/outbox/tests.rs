//! What an outbox gathers, merges and hands over.

use super::*;
use std::sync::atomic::AtomicUsize;
use std::task::Wake;
use std::time::Duration;
use userstatus_core::{AppId, CustomStatus, NormalStatus};

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

fn outbox() -> Outbox {
    Outbox::new(
        AccountKey::new(AppId::new(1).unwrap(), user("me")),
        SessionId(1),
    )
}

fn change(name: &str, version: u64) -> Arc<EncodedChange> {
    Arc::new(EncodedChange::new(&UserStatus {
        user: user(name),
        version: Version(version),
        normal: NormalStatus::Online,
        custom: CustomStatus::new("x"),
        platforms: Vec::new(),
    }))
}

fn taken(outbox: &Outbox) -> Vec<(String, u64)> {
    let mut statuses = Vec::new();
    outbox.take_some(&mut statuses, usize::MAX);
    statuses
        .iter()
        .map(|status| (status.user().to_string(), status.version().0))
        .collect()
}

#[test]
fn n6_what_is_not_taken_stays_and_merges_with_what_comes() {
    let outbox = outbox();
    let entry = change("user0", 1).entry.len();
    for number in 0..10 {
        outbox.push(change(&format!("user{number}"), 1));
    }
    outbox.push_friend(&user("pal"), true);
    let some = |max| {
        let mut statuses = Vec::new();
        let taken = outbox.take_some(&mut statuses, max);
        let users: Vec<_> = statuses
            .iter()
            .map(|status| (status.user().to_string(), status.version().0))
            .collect();
        (users, taken.friends_changed)
    };
    let named = |numbers: &[u64], version| -> Vec<_> {
        numbers
            .iter()
            .map(|number| (format!("user{number}"), version))
            .collect()
    };
    assert_eq!(some(entry * 3), (named(&[0, 1, 2], 1), None));
    assert_eq!(some(0), (named(&[3], 1), None), "one at least");
    outbox.push(change("user4", 2));
    assert_eq!(some(entry * 5), (named(&[5, 6, 7, 8, 9], 1), None));
    let (last, friends) = some(entry * 5);
    assert_eq!(last, named(&[4], 2));
    assert_eq!(friends.unwrap().added, ["pal"]);
    assert!(outbox.is_empty());
}

#[test]
fn a_close_order_is_taken_at_once_and_friends_a_thousand_at_a_time() {
    let outbox = outbox();
    for number in 0..2_500 {
        outbox.push_friend(&user(&format!("pal{number}")), true);
    }
    outbox.order_close(CloseOrder::Replaced);
    let mut told = Vec::new();
    let first = outbox.take_some(&mut Vec::new(), 1_000);
    assert_eq!(first.close, Some(CloseOrder::Replaced));
    let mut taken = first;
    while let Some(changed) = taken.friends_changed {
        assert!(changed.added.len() <= 1_000);
        told.extend(changed.added);
        taken = outbox.take_some(&mut Vec::new(), 1_000);
    }
    assert_eq!(told.len(), 2_500);
    assert_eq!(
        (told[0].as_str(), told[2_499].as_str()),
        ("pal0", "pal2499")
    );
    assert!(outbox.is_empty());
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn n6_what_is_taken_together_holds_the_newest_of_each_user_in_order() {
    let outbox = outbox();
    for (name, version) in [("a", 1), ("b", 7), ("a", 2), ("c", 1), ("b", 6), ("a", 2)] {
        outbox.push(change(name, version));
    }
    let expected = [("b", 7), ("a", 2), ("c", 1)].map(|(name, version)| (name.to_owned(), version));
    assert_eq!(taken(&outbox), expected);
    assert!(outbox.is_empty());
}

#[test]
fn n6_what_merges_as_it_is_taken_counts() {
    let meters: Arc<HubMeters> = Arc::default();
    let key = AccountKey::new(AppId::new(1).unwrap(), user("me"));
    let outbox = Outbox::counting(key, SessionId(1), Arc::clone(&meters));
    for version in 1..=5 {
        outbox.push(change("a", version));
    }
    outbox.take_some(&mut Vec::new(), usize::MAX);
    assert_eq!(meters.merges.total(), 4);
    for version in 6..=8 {
        outbox.push(change("a", version));
    }
    outbox.take_some(&mut Vec::new(), 1_000);
    assert_eq!(meters.merges.total(), 6);
}

#[test]
fn what_waits_is_counted_until_it_is_taken_merged_or_dropped() {
    let meters: Arc<HubMeters> = Arc::default();
    let key = AccountKey::new(AppId::new(1).unwrap(), user("me"));
    let outbox = Outbox::counting(key, SessionId(1), Arc::clone(&meters));
    let entry = change("user0", 1).entry.len() as u64;
    for number in 0..10 {
        outbox.push(change(&format!("user{number}"), 1));
    }
    assert_eq!(meters.waiting_bytes.now(), 10 * entry);
    outbox.take_some(&mut Vec::new(), 3 * change("user0", 1).entry.len());
    assert_eq!(meters.waiting_bytes.now(), 7 * entry);
    for _ in 0..5 {
        outbox.push(change("user9", 2));
    }
    // What is taken is merged first.
    outbox.take_some(&mut Vec::new(), 1);
    assert_eq!(meters.waiting_bytes.now(), 6 * entry);
    for version in 3..200 {
        outbox.push(change("user9", version));
    }
    drop(outbox);
    assert_eq!(meters.waiting_bytes.now(), 0);
}

#[test]
fn how_long_a_change_took_is_measured_and_what_is_told_for_another_reason_is_not() {
    let meters: Arc<HubMeters> = Arc::default();
    let key = AccountKey::new(AppId::new(1).unwrap(), user("me"));
    let outbox = Outbox::counting(key, SessionId(1), Arc::clone(&meters));
    let made_at = Instant::now();
    let status = UserStatus {
        version: Version(1),
        ..UserStatus::unknown(user("a"))
    };
    outbox.push(Arc::new(EncodedChange::made_at(&status, made_at)));
    outbox.push(change("b", 1));
    let mut statuses = Vec::new();
    outbox.take_some(&mut statuses, usize::MAX);
    outbox.sent(&statuses, made_at + Duration::from_micros(7_400));
    let latency = meters.watch_latency.count();
    assert_eq!((latency.total(), latency.sum), (1, 7_400));
    assert!(latency.buckets.contains(&(7_500, 1)));
}

#[test]
fn n6_an_outbox_nobody_empties_holds_twice_the_users_watched() {
    let outbox = outbox();
    let users: Vec<String> = (0..200).map(|number| format!("user{number}")).collect();
    let (mut pushed, mut merged) = (0, 0);
    for version in 1..=500 {
        for name in &users {
            pushed += 1;
            merged += outbox.push(change(name, version));
            let held = outbox.state.lock().statuses.len();
            assert_eq!(held, pushed - merged);
            assert!(held <= 2 * users.len() + 1, "{held} held");
        }
    }
    let expected: Vec<_> = users.into_iter().map(|name| (name, 500)).collect();
    assert_eq!(taken(&outbox), expected, "the last of each is there");
}

#[test]
fn an_empty_outbox_holds_no_memory() {
    let outbox = outbox();
    outbox.push(change("a", 1));
    outbox.push_friend(&user("a"), true);
    outbox.take_some(&mut Vec::new(), usize::MAX);
    let state = outbox.state.lock();
    assert_eq!(state.statuses.capacity(), 0);
    assert!(state.friends.is_none());
}

#[test]
fn of_several_changes_about_a_friend_the_last_is_told() {
    let outbox = outbox();
    outbox.push_friend(&user("a"), true);
    outbox.push_friend(&user("b"), false);
    outbox.push_friend(&user("a"), false);
    outbox.push_friend(&user("c"), true);
    let changed = outbox
        .take_some(&mut Vec::new(), usize::MAX)
        .friends_changed
        .unwrap();
    assert_eq!(changed.added, ["c"]);
    assert_eq!(changed.deleted, ["b", "a"]);
}

#[test]
fn the_friends_told_of_have_a_limit() {
    let outbox = outbox();
    let full = (0..FRIEND_CHANGES_MAX).map(|number| (user(&format!("u{number}")), true));
    outbox.state.lock().friends = Some(Box::new(FriendChanges(full.collect())));
    outbox.push_friend(&user("newest"), true);
    let take = || {
        outbox
            .take_some(&mut Vec::new(), usize::MAX)
            .friends_changed
    };
    let added: Vec<_> = std::iter::from_fn(take)
        .flat_map(|changed| changed.added)
        .collect();
    assert_eq!(added.len(), FRIEND_CHANGES_MAX);
    assert_eq!(added[0], "u1", "the oldest went");
    assert_eq!(added.last().unwrap(), "newest");
}

#[test]
fn who_waits_for_anything_is_woken_once_by_anything() {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let context = Context::from_waker(&waker);
    let outbox = outbox();
    assert!(outbox.poll_ready(&context).is_pending());
    outbox.push(change("a", 1));
    outbox.push(change("b", 1));
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    assert!(outbox.poll_ready(&context).is_ready());
}

#[test]
fn who_waits_for_a_close_order_is_woken_by_nothing_else() {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let context = Context::from_waker(&waker);
    let outbox = outbox();
    assert!(outbox.poll_closing(&context).is_pending());
    outbox.push(change("a", 1));
    outbox.push_friend(&user("a"), true);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
    outbox.order_close(CloseOrder::Replaced);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    assert!(outbox.poll_closing(&context).is_ready());
}

#[test]
fn a_kick_is_not_undone_by_a_goaway() {
    let outbox = outbox();
    let kicked = CloseOrder::Kicked {
        code: Code::KickedOffline,
        desc: String::new(),
    };
    let goaway = CloseOrder::Goaway {
        reconnect_after_ms: 1,
        desc: String::new(),
    };
    outbox.order_close(goaway.clone());
    outbox.order_close(kicked.clone());
    outbox.order_close(goaway.clone());
    assert_eq!(
        outbox.take_some(&mut Vec::new(), usize::MAX).close,
        Some(kicked)
    );
    outbox.order_close(goaway.clone());
    assert_eq!(
        outbox.take_some(&mut Vec::new(), usize::MAX).close,
        Some(goaway),
        "orders carried out are over"
    );
}
