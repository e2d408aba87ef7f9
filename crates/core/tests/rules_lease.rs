//! What a crash may lose and what brings it back (S9, W7, N6), and how long one may come in (D1 to D4, R1, R2).

mod support;

use support::{START, World, is_set, plain_friend, premium, refused, user, users};
use userstatus_core::{
    Account, AppSettings, Code, Command, Decision, FriendRequest, FriendsPolicy, LossCause,
    NormalStatus, Outcome, Plan, Platform, SessionId, Timestamp, Version,
};

fn set_version(decision: &Decision) -> Version {
    match decision.outcome {
        Outcome::StatusSet { version } => version,
        ref other => panic!("not set: {other:?}"),
    }
}

/// Logged in on the device that [`World::reconnect`] calls `instance`.
fn login_on(world: &mut World, name: &str, instance: u8) -> SessionId {
    let platform = Platform::from_number(u32::from(instance));
    world.login_as(name, instance, platform, false).0
}

#[test]
fn s9_what_was_set_before_a_loss_stands_again_in_the_notification_of_online() {
    let mut world = World::premium();
    let session = login_on(&mut world, "bob", 1);
    let version = set_version(&world.set("bob", session, "in a match"));
    world.lose("bob", session, LossCause::Closed);
    assert_eq!(world.account("bob").custom.as_str(), "");
    let before = world.announced.len();
    world.wait_ms(1_000);
    world.reconnect("bob", 1, Some(("in a match", version)), Version(0));
    let told = &world.announced[before..];
    assert_eq!(told.len(), 1, "one notification");
    assert_eq!(told[0].normal, NormalStatus::Online);
    assert_eq!(told[0].custom.as_str(), "in a match");
}

#[test]
fn s9_what_another_device_set_meanwhile_stays() {
    let mut world = World::premium();
    let first = login_on(&mut world, "bob", 1);
    let version = set_version(&world.set("bob", first, "old"));
    world.lose("bob", first, LossCause::Closed);
    let second = login_on(&mut world, "bob", 2);
    world.set("bob", second, "new");
    world.reconnect("bob", 1, Some(("old", version)), Version(0));
    assert_eq!(world.account("bob").custom.as_str(), "new");
    // Also when it was cleared: that is a change somebody made.
    world.set("bob", second, "");
    world.reconnect("bob", 1, Some(("old", version)), Version(0));
    assert_eq!(world.account("bob").custom.as_str(), "");
}

#[test]
fn s9_a_logout_ends_what_was_set() {
    let mut world = World::premium();
    let first = login_on(&mut world, "bob", 1);
    let version = set_version(&world.set("bob", first, "old"));
    world.lose("bob", first, LossCause::Closed);
    let second = login_on(&mut world, "bob", 2);
    world.logout("bob", second);
    world.reconnect("bob", 1, Some(("old", version)), Version(0));
    assert_eq!(world.account("bob").custom.as_str(), "");
}

#[test]
fn s9_a_server_that_lost_the_newest_is_told_by_its_clients() {
    let mut world = World::premium();
    let session = login_on(&mut world, "bob", 1);
    world.set("bob", session, "on disk");
    let on_disk = world.account("bob");
    world.wait_ms(100);
    let version = set_version(&world.set("bob", session, ""));
    world.accounts.insert(user("bob"), on_disk);
    world.restart("bob");
    world.wait_ms(5_000);
    let (_, decision) = world.reconnect("bob", 1, Some(("", version)), Version(0));
    assert_eq!(world.account("bob").custom.as_str(), "", "a clear is a set");
    assert!(decision.change.is_some(), "watchers saw the text");
}

#[test]
fn s9_the_app_may_turn_it_off_and_a_login_of_the_users_own_brings_nothing() {
    let mut settings = premium();
    settings.custom_status_returns = false;
    for (settings, reconnect) in [(settings, true), (premium(), false)] {
        let mut world = World::new(settings);
        let session = login_on(&mut world, "bob", 1);
        let version = set_version(&world.set("bob", session, "x"));
        world.lose("bob", session, LossCause::Closed);
        if reconnect {
            world.reconnect("bob", 1, Some(("x", version)), Version(0));
        } else {
            login_on(&mut world, "bob", 1);
        }
        assert_eq!(world.account("bob").custom.as_str(), "");
    }
}

#[test]
fn s9_what_could_not_be_set_does_not_come_back_either() {
    let mut world = World::premium();
    let session = login_on(&mut world, "bob", 1);
    world.lose("bob", session, LossCause::Closed);
    for text in ["x".repeat(101), "nul\0".to_owned()] {
        let claimed = Version(u64::MAX);
        let (session, decision) = world.reconnect("bob", 1, Some((&text, claimed)), Version(0));
        assert!(matches!(decision.outcome, Outcome::LoggedIn { .. }));
        assert_ne!(world.account("bob").custom.as_str(), text);
        assert!(is_set(&world.set("bob", session, "mine")));
    }
}

#[test]
fn s9_a_claimed_version_keeps_nobody_from_setting_later() {
    let mut world = World::premium();
    let session = login_on(&mut world, "bob", 1);
    world.lose("bob", session, LossCause::Closed);
    let (session, _) = world.reconnect("bob", 1, Some(("x", Version(u64::MAX))), Version(0));
    let version = set_version(&world.set("bob", session, "y"));
    assert_eq!(world.account("bob").custom_set_at, version);
}

#[test]
fn s7_a_lease_begun_by_a_restart_ends_when_it_was_first_to_end() {
    let mut world = World::premium();
    world.login("bob");
    for _ in 0..5 {
        world.restart("bob");
        world.wait_ms(100_000);
    }
    assert_eq!(world.account("bob").normal(), NormalStatus::Online);
    world.run("bob", &Command::Expire);
    assert_eq!(
        world.account("bob").normal(),
        NormalStatus::Offline,
        "400 s after the first of five restarts"
    );
}

#[test]
fn w7_a_list_that_is_older_than_the_client_knows_was_lost() {
    let mut world = World::premium();
    let session = login_on(&mut world, "alice", 1);
    world.subscribe("alice", session, users(&["bob"]));
    let on_disk = world.account("alice");
    world.wait_ms(10);
    let decision = world.subscribe("alice", session, users(&["carol"]));
    let Outcome::Subscribed { list, .. } = decision.outcome else {
        panic!("{decision:?}");
    };
    let kept = |world: &mut World| {
        let (_, decision) = world.reconnect("alice", 1, None, list);
        match decision.outcome {
            Outcome::LoggedIn {
                subscriptions_kept, ..
            } => subscriptions_kept,
            other => panic!("{other:?}"),
        }
    };
    assert!(kept(&mut world));
    world.accounts.insert(user("alice"), on_disk);
    assert!(!kept(&mut world), "bob is on it, but carol is not");
}

#[test]
fn w7_a_list_that_another_device_put_right_since_the_crash_may_still_lack_ones_own() {
    let mut world = World::premium();
    let session = login_on(&mut world, "alice", 1);
    let decision = world.subscribe("alice", session, users(&["bob"]));
    let Outcome::Subscribed { list: known, .. } = decision.outcome else {
        panic!("{decision:?}");
    };
    world.wait_ms(1_000);
    let began = Version::first_at(world.now);
    let kept = |world: &mut World, began| {
        let command = Command::Login {
            session: SessionId(900),
            instance: userstatus_core::InstanceId([2; 16]),
            platform: Platform::from_number(2),
            reconnect: true,
            sig_minted_at: world.now,
            restored: None,
            known_list: known,
            began,
        };
        match world.run("alice", &command).outcome {
            Outcome::LoggedIn {
                subscriptions_kept, ..
            } => subscriptions_kept,
            other => panic!("{other:?}"),
        }
    };
    assert!(kept(&mut world, began), "nobody has changed it since");
    world.subscribe("alice", session, users(&["carol"]));
    assert!(!kept(&mut world, began));
    assert!(kept(&mut world, Version(0)), "there was no crash");
}

#[test]
fn n6_of_changes_that_come_fast_twenty_a_second_are_told_and_the_last_always() {
    let mut world = World::premium();
    let session = world.login("bob");
    let begin = world.now;
    for number in 0..5_000 {
        // 2,500 a second.
        if number % 5 == 0 {
            world.wait_ms(2);
        }
        while let Some(at) = world.account("bob").next_deadline(&world.settings) {
            if at > world.now {
                break;
            }
            world.run("bob", &Command::Expire);
        }
        world.set("bob", session, &number.to_string());
    }
    let seconds = world.now.ms_since(begin) / 1_000;
    let told = world.announced.len() as u64;
    assert!(told <= 20 * (seconds + 1), "{told} in {seconds} s");
    assert!(told >= 10 * seconds, "{told} in {seconds} s");
    let last = world.wait_for_deadline("bob").change.expect("one is owed");
    assert_eq!(last.custom.as_str(), "4999");
    assert_eq!(world.account("bob").next_deadline(&world.settings), None);
}

#[test]
fn n6_a_change_that_comes_alone_is_told_at_once() {
    let mut world = World::premium();
    let session = world.login("bob");
    for number in 0..100 {
        world.wait_ms(100);
        let decision = world.set("bob", session, &number.to_string());
        assert!(decision.change.is_some(), "{number}");
    }
}

#[test]
fn n6_a_version_is_never_told_with_two_contents() {
    let mut settings = premium();
    settings.limits.changes_per_s = 1;
    let mut world = World::new(settings);
    let session = world.login("bob");
    let first = set_version(&world.set("bob", session, "a"));
    let second = set_version(&world.set("bob", session, "b"));
    assert!(second > first);
    let status = world.account("bob").status();
    assert_eq!((status.version, status.custom.as_str()), (second, "b"));
    let told = world.wait_for_deadline("bob").change.expect("it is owed");
    assert_eq!((told.version, told.custom.as_str()), (second, "b"));
}

#[test]
fn n7_a_version_that_a_crash_lost_is_outrun_once() {
    let mut world = World::premium();
    world.login("bob");
    let held = world.account("bob").version;
    let outrun = |world: &mut World, known| world.run("bob", &Command::Outrun { known });
    assert_eq!(outrun(&mut world, held).outcome, Outcome::Nothing);
    // A clock that was a year ahead handed it out.
    let known = Version::first_at(START.plus_ms(366 * 86_400_000));
    let decision = outrun(&mut world, known);
    assert!(decision.change.expect("all are told").version > known);
    assert_eq!(outrun(&mut world, known).outcome, Outcome::Nothing);
    // And what nobody can have been told leaves room for what comes.
    let decision = outrun(&mut world, Version(u64::MAX));
    assert_eq!(decision.outcome, Outcome::Nothing);
    let stranger = world.run("nobody", &Command::Outrun { known });
    assert_eq!(stranger.outcome, Outcome::Nothing);
}

#[test]
fn d2_a_kick_revokes_what_was_let_in_with_a_date_ahead_of_the_clock() {
    let mut world = World::premium();
    let minted_ahead = world.now.plus_ms(200_000);
    let login = |world: &mut World, number, sig_minted_at| {
        let command = Command::Login {
            session: SessionId(number),
            instance: userstatus_core::InstanceId([9; 16]),
            platform: Platform::Linux,
            reconnect: false,
            sig_minted_at,
            restored: None,
            known_list: Version(0),
            began: Version(0),
        };
        world.run("bob", &command)
    };
    login(&mut world, 100, minted_ahead);
    let now = world.now;
    world.run("bob", &Command::KickAll { now });
    world.wait_ms(300_000);
    assert_eq!(
        refused(&login(&mut world, 101, minted_ahead)),
        Code::SigRevoked
    );
    let fresh = world.now;
    assert!(matches!(
        login(&mut world, 102, fresh).outcome,
        Outcome::LoggedIn { .. }
    ));
}

#[test]
fn d4_a_kick_holds_for_an_account_that_never_logged_in() {
    let mut world = World::premium();
    let (minted_at, now) = (world.now, world.now);
    let kicked = world.run("bob", &Command::KickAll { now });
    assert_eq!(
        kicked.outcome,
        Outcome::KickedAll {
            sessions: Vec::new()
        }
    );
    assert_eq!(world.account("bob").normal(), NormalStatus::Unknown);
    let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
    assert_eq!(
        refused(&decision),
        Code::SigRevoked,
        "minted at {minted_at:?}"
    );
    world.wait_ms(1_000);
    world.login("bob");
}

#[test]
fn d4_a_kick_puts_right_what_one_by_a_clock_far_ahead_revoked() {
    let mut world = World::premium();
    let now = world.now;
    let far = now.plus_ms(400 * 86_400_000);
    world.run("bob", &Command::KickAll { now: far });
    world.wait_ms(1_000);
    let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
    assert_eq!(refused(&decision), Code::SigRevoked);
    world.run("bob", &Command::KickAll { now });
    world.login("bob");
    // What a UserSig dated ahead could still be is not taken back.
    let ahead = world.now.plus_ms(200_000);
    world.run("bob", &Command::KickAll { now: ahead });
    let now = world.now;
    world.run("bob", &Command::KickAll { now });
    let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
    assert_eq!(refused(&decision), Code::SigRevoked);
}

#[test]
fn d4_a_kick_by_a_clock_that_is_behind_revokes_what_let_the_account_in() {
    let mut world = World::premium();
    world.login("bob");
    let behind = Timestamp::from_ms(world.now.as_ms() - 3_600_000);
    world.run("bob", &Command::KickAll { now: behind });
    let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
    assert_eq!(refused(&decision), Code::SigRevoked);
    world.wait_ms(1_000);
    world.login("bob");
}

#[test]
fn d3_a_new_usersig_is_checked_against_kicks_like_any_other() {
    let mut world = World::premium();
    let session = world.login("bob");
    let sig_minted_at = world.now;
    let renew = |world: &mut World, session| {
        let command = Command::RenewSig {
            session,
            sig_minted_at,
        };
        world.run("bob", &command)
    };
    assert_eq!(renew(&mut world, session).outcome, Outcome::Done);
    let now = world.now;
    world.run("bob", &Command::KickAll { now });
    world.wait_ms(2_000);
    let session = world.login("bob");
    assert_eq!(refused(&renew(&mut world, session)), Code::SigRevoked);
    assert_eq!(
        refused(&renew(&mut world, SessionId(999))),
        Code::NotLoggedIn
    );
}

#[test]
fn d1_disconnected_devices_do_not_come_back_by_themselves() {
    let mut world = World::premium();
    let session = login_on(&mut world, "bob", 1);
    let gone = world.run("bob", &Command::DisconnectAll);
    assert_eq!(
        gone.outcome,
        Outcome::KickedAll {
            sessions: vec![session]
        }
    );
    let (_, decision) = world.reconnect("bob", 1, None, Version(0));
    assert_eq!(refused(&decision), Code::KickedOffline);
    assert!(!Command::DisconnectAll.is_record());
    assert!(Command::KickAll { now: START }.is_record());
}

#[test]
fn r1_an_account_logs_in_as_often_as_it_may_ask() {
    let mut world = World::premium();
    let mut granted = 0;
    for number in 0..100 {
        let (_, decision) = world.login_as("bob", number, Platform::Linux, false);
        granted += i32::from(matches!(decision.outcome, Outcome::LoggedIn { .. }));
    }
    assert_eq!(granted, 20);
    let (_, decision) = world.login_as("bob", 200, Platform::Linux, false);
    assert_eq!(refused(&decision), Code::TooFrequent);
    world.wait_ms(5_000);
    world.login("bob");
}

fn ask_about_friends(world: &mut World, session: SessionId, request: FriendRequest) -> Decision {
    world.run("alice", &Command::RequestFriends { session, request })
}

#[test]
fn r1_friends_need_premium_and_have_a_quota_of_their_own() {
    let mut world = World::new(AppSettings {
        plan: Plan::Basic,
        ..premium()
    });
    let session = world.login("alice");
    for request in [
        FriendRequest::List,
        FriendRequest::Change,
        FriendRequest::Block,
    ] {
        let decision = ask_about_friends(&mut world, session, request);
        assert_eq!(refused(&decision), Code::NeedsPremium);
    }
    let mut world = World::premium();
    let session = world.login("alice");
    for _ in 0..20 {
        let decision = ask_about_friends(&mut world, session, FriendRequest::Change);
        assert_eq!(decision.outcome, Outcome::Done);
    }
    for request in [
        FriendRequest::List,
        FriendRequest::Change,
        FriendRequest::Block,
    ] {
        let decision = ask_about_friends(&mut world, session, request);
        assert_eq!(refused(&decision), Code::TooFrequent);
    }
    let queries = world.query("alice", session, users(&["bob"]));
    assert_eq!(queries.outcome, Outcome::Query, "counted apart");
    world.wait_ms(5_000);
    let decision = ask_about_friends(&mut world, session, FriendRequest::List);
    assert_eq!(decision.outcome, Outcome::Done);
}

#[test]
fn r2_where_the_server_makes_friends_clients_do_not() {
    let mut world = World::new(AppSettings {
        friends: FriendsPolicy::Server,
        ..premium()
    });
    let session = world.login("alice");
    let decision = ask_about_friends(&mut world, session, FriendRequest::Change);
    assert_eq!(refused(&decision), Code::InvalidOperation);
    for request in [FriendRequest::List, FriendRequest::Block] {
        let decision = ask_about_friends(&mut world, session, request);
        assert_eq!(decision.outcome, Outcome::Done);
    }
}

fn block(world: &mut World, name: &str, other: &str) -> Option<Code> {
    let peer = world.account(other);
    let named = userstatus_core::BlockedUser {
        user: user(other),
        version: peer.registered.then_some(peer.version),
    };
    let command = Command::Block {
        users: vec![named.clone(), named],
    };
    match world.run(name, &command).outcome {
        Outcome::Blocked { refused } => refused.first().map(|(_, refusal)| refusal.code),
        other => panic!("{other:?}"),
    }
}

fn unblock(world: &mut World, name: &str, other: &str) {
    let command = Command::Unblock {
        users: users(&[other]),
    };
    world.run(name, &command);
}

fn sees(world: &World, name: &str, other: &str) -> NormalStatus {
    let me: Account = world.account(name);
    me.sees(world.account(other).status()).normal
}

#[test]
fn r2_a_block_hides_both_from_each_other_whoever_made_it() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.login("bob");
    world.set("alice", session, "here");
    assert_eq!(block(&mut world, "bob", "alice"), None);
    assert_eq!(sees(&world, "alice", "bob"), NormalStatus::Offline);
    assert_eq!(sees(&world, "bob", "alice"), NormalStatus::Offline);
    let seen = world.account("bob").sees(world.account("alice").status());
    assert!(seen.custom.is_empty() && seen.platforms.is_empty());
    assert_eq!(block(&mut world, "bob", "alice"), None);
    // Each his own: one taken back leaves the other's.
    block(&mut world, "alice", "bob");
    unblock(&mut world, "bob", "alice");
    assert_eq!(sees(&world, "bob", "alice"), NormalStatus::Offline);
    unblock(&mut world, "alice", "bob");
    assert_eq!(sees(&world, "bob", "alice"), NormalStatus::Online);
    assert!(world.account("bob").blocks.is_empty() && world.account("alice").blocks.is_empty());
}

/// Also of an account whose versions are ahead of the clock.
#[test]
fn r2_one_is_hidden_under_a_version_above_all_that_was_told() {
    let mut world = World::premium();
    for name in ["alice", "bob"] {
        world.login(name);
        let known = Version::first_at(START.plus_ms(86_400_000));
        world.run(name, &Command::Outrun { known });
    }
    assert_eq!(block(&mut world, "bob", "alice"), None);
    for (name, other) in [("alice", "bob"), ("bob", "alice")] {
        let seen = world.account(name).sees(world.account(other).status());
        assert!(seen.version > world.account(other).version, "{name}");
    }
}

#[test]
fn r2_who_is_blocked_makes_no_friends() {
    let mut world = World::premium();
    world.login("alice");
    world.login("bob");
    block(&mut world, "bob", "alice");
    assert_eq!(
        refused(&world.add_friend("alice", "bob", true)),
        Code::BlockedByFriend
    );
    assert_eq!(
        refused(&world.add_friend("bob", "alice", true)),
        Code::FriendBlocked
    );
}

#[test]
fn r2_blocks_have_a_limit_and_need_somebody() {
    let mut settings = premium();
    settings.limits.blocks_max = 1;
    let mut world = World::new(settings);
    for name in ["alice", "bob", "carol"] {
        world.login(name);
    }
    assert_eq!(
        block(&mut world, "alice", "nobody"),
        Some(Code::FriendNoSuchAccount)
    );
    assert_eq!(
        block(&mut world, "alice", "alice"),
        Some(Code::FriendRequestInvalid)
    );
    assert_eq!(block(&mut world, "alice", "bob"), None);
    assert_eq!(block(&mut world, "alice", "carol"), Some(Code::FriendsFull));
}

#[test]
fn d0_who_is_not_registered_makes_no_friends() {
    let mut world = World::premium();
    world.login("bob");
    let added = world.add_friend("erased", "bob", true);
    assert_eq!(refused(&added), Code::NoSuchAccount);
    assert!(world.account("bob").friends.is_empty());
}

#[test]
fn d0_who_was_erased_meanwhile_becomes_nobodys_friend() {
    let mut world = World::premium();
    let command = Command::BecomeFriendOf {
        user: user("alice"),
        at: Timestamp::default(),
    };
    let added = world.run("erased", &command);
    assert_eq!(refused(&added), Code::FriendNoSuchAccount);
    assert!(world.account("erased").friends.is_empty());
}

#[test]
fn d0_when_a_friend_was_added_is_what_the_caller_says() {
    let mut world = World::premium();
    world.login("alice");
    world.login("bob");
    let friend = userstatus_core::Friend {
        added_at: Timestamp::from_ms(1_234_000),
        ..plain_friend("bob")
    };
    let command = Command::AddFriend {
        friend,
        both: true,
        peer: userstatus_core::PeerFacts {
            registered: true,
            friends: 0,
            has_me: false,
            version: Version(0),
        },
        resent: false,
    };
    world.run("alice", &command);
    for (name, friend) in [("alice", "bob"), ("bob", "alice")] {
        let account = world.account(name);
        let added_at = account.friends.get(friend).expect("a friend").added_at;
        assert_eq!(added_at, Timestamp::from_ms(1_234_000));
    }
}
