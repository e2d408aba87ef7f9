//! What a crash may lose, what brings it back, and what is told of it (S7, S9, W7, N6, N7).

mod support;

use support::{START, World, is_set, premium, user, users};
use userstatus_core::{
    Command, Decision, LossCause, NormalStatus, Outcome, Platform, SessionId, Version,
};

fn set_version(decision: &Decision) -> Version {
    match decision.outcome {
        Outcome::StatusSet { version } => version,
        ref other => panic!("not set: {other:?}"),
    }
}

#[test]
fn s9_what_was_set_before_a_loss_stands_again_in_the_notification_of_online() {
    let mut world = World::premium();
    let session = world.login_on("bob", 1);
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
    let first = world.login_on("bob", 1);
    let version = set_version(&world.set("bob", first, "old"));
    world.lose("bob", first, LossCause::Closed);
    let second = world.login_on("bob", 2);
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
    let first = world.login_on("bob", 1);
    let version = set_version(&world.set("bob", first, "old"));
    world.lose("bob", first, LossCause::Closed);
    let second = world.login_on("bob", 2);
    world.logout("bob", second);
    world.reconnect("bob", 1, Some(("old", version)), Version(0));
    assert_eq!(world.account("bob").custom.as_str(), "");
}

#[test]
fn s9_a_server_that_lost_the_newest_is_told_by_its_clients() {
    let mut world = World::premium();
    let session = world.login_on("bob", 1);
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
        let session = world.login_on("bob", 1);
        let version = set_version(&world.set("bob", session, "x"));
        world.lose("bob", session, LossCause::Closed);
        if reconnect {
            world.reconnect("bob", 1, Some(("x", version)), Version(0));
        } else {
            world.login_on("bob", 1);
        }
        assert_eq!(world.account("bob").custom.as_str(), "");
    }
}

#[test]
fn s9_what_could_not_be_set_does_not_come_back_either() {
    let mut world = World::premium();
    let session = world.login_on("bob", 1);
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
    let session = world.login_on("bob", 1);
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
    let session = world.login_on("alice", 1);
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
    let session = world.login_on("alice", 1);
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
