//! Who may come in, and until when (D1 to D4, R1).

mod support;

use support::{START, World, refused};
use userstatus_core::{
    Code, Command, NormalStatus, Outcome, Platform, SessionId, Timestamp, Version,
};

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
    world.run(
        "bob",
        &Command::KickAll {
            now,
            unless_set: now,
        },
    );
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
    let kicked = world.run(
        "bob",
        &Command::KickAll {
            now,
            unless_set: now,
        },
    );
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
    world.run(
        "bob",
        &Command::KickAll {
            now: far,
            unless_set: now,
        },
    );
    world.wait_ms(1_000);
    let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
    assert_eq!(refused(&decision), Code::SigRevoked);
    world.run(
        "bob",
        &Command::KickAll {
            now,
            unless_set: now,
        },
    );
    world.login("bob");
    // What a UserSig dated ahead could still be is not taken back.
    let ahead = world.now.plus_ms(200_000);
    world.run(
        "bob",
        &Command::KickAll {
            now: ahead,
            unless_set: ahead,
        },
    );
    let now = world.now;
    world.run(
        "bob",
        &Command::KickAll {
            now,
            unless_set: now,
        },
    );
    let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
    assert_eq!(refused(&decision), Code::SigRevoked);
}

#[test]
fn d4_a_kick_by_a_clock_that_is_behind_revokes_what_let_the_account_in() {
    let mut world = World::premium();
    world.login("bob");
    let behind = Timestamp::from_ms(world.now.as_ms() - 3_600_000);
    world.run(
        "bob",
        &Command::KickAll {
            now: behind,
            unless_set: behind,
        },
    );
    let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
    assert_eq!(refused(&decision), Code::SigRevoked);
    world.wait_ms(1_000);
    world.login("bob");
}

#[test]
fn d4_a_kick_by_a_clock_that_was_set_back_takes_no_revocation_back() {
    let mut world = World::premium();
    world.login("bob");
    let now = world.now;
    let kick = |world: &mut World, now| {
        let unless_set = world.now;
        world.run("bob", &Command::KickAll { now, unless_set })
    };
    kick(&mut world, now);
    let behind = Timestamp::from_ms(now.as_ms() - 3_600_000);
    for _ in 0..2 {
        kick(&mut world, behind);
        let (_, decision) = world.login_as("bob", 1, Platform::Linux, false);
        assert_eq!(refused(&decision), Code::SigRevoked);
    }
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
    world.run(
        "bob",
        &Command::KickAll {
            now,
            unless_set: now,
        },
    );
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
    let session = world.login_on("bob", 1);
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
    assert!(
        Command::KickAll {
            now: START,
            unless_set: START
        }
        .is_record()
    );
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
