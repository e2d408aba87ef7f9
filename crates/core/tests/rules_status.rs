//! S and C: the two statuses, and setting one's own.

mod support;

use support::{START, World, detail, is_set, premium, refused, user, users};
use userstatus_core::{
    Account, AppSettings, Away, Code, Command, CustomStatus, Decision, DevicePolicy, LossCause,
    NormalStatus, Outcome, Plan, Platform, UserStatus, Version,
};

#[test]
fn s1_the_normal_status_is_the_systems_and_the_custom_status_the_users() {
    let mut world = World::premium();
    let session = world.login("bob");
    world.set("bob", session, "listening to music");
    let status = world.account("bob").status();
    assert_eq!(status.normal, NormalStatus::Online);
    assert_eq!(status.custom.as_str(), "listening to music");
}

#[test]
fn s2_devices_share_one_status() {
    let mut world = World::premium();
    let (windows, _) = world.login_as("bob", 1, Platform::Windows, false);
    let (phone, _) = world.login_as("bob", 2, Platform::Android, false);
    world.set("bob", windows, "on the bus");
    world.set("bob", phone, "in a match");
    let status = world.account("bob").status();
    assert_eq!(status.custom.as_str(), "in a match");
    assert_eq!(status.platforms, [Platform::Windows, Platform::Android]);
}

#[test]
fn s3_the_numbers_of_the_normal_status_are_those_of_the_c_abi() {
    assert_eq!(NormalStatus::Unknown.number(), 0);
    assert_eq!(NormalStatus::Online.number(), 1);
    assert_eq!(NormalStatus::Offline.number(), 2);
    assert_eq!(NormalStatus::UnLogined.number(), 3);
}

#[test]
fn s3_registered_and_never_logged_in_is_unlogined() {
    let mut world = World::premium();
    world.run("bob", &Command::Import);
    assert_eq!(world.account("bob").normal(), NormalStatus::UnLogined);
}

#[test]
fn s4_a_lost_last_device_is_offline_and_a_logged_out_one_unlogined() {
    let mut world = World::premium();
    let session = world.login("bob");
    let lost = world.lose("bob", session, LossCause::Closed);
    assert_eq!(
        lost.change.expect("announced").normal,
        NormalStatus::Offline
    );
    let session = world.login("bob");
    let out = world.logout("bob", session);
    assert_eq!(
        out.change.expect("announced").normal,
        NormalStatus::UnLogined
    );
}

#[test]
fn s4_the_device_that_leaves_last_decides() {
    for (first_logs_out, expected) in [
        (true, NormalStatus::Offline),
        (false, NormalStatus::UnLogined),
    ] {
        let mut world = World::premium();
        let (windows, _) = world.login_as("bob", 1, Platform::Windows, false);
        let (phone, _) = world.login_as("bob", 2, Platform::Android, false);
        let first = if first_logs_out {
            world.logout("bob", windows)
        } else {
            world.lose("bob", windows, LossCause::Closed)
        };
        assert_eq!(first.change, None, "one device is still there");
        assert_eq!(world.account("bob").normal(), NormalStatus::Online);
        let last = if first_logs_out {
            world.lose("bob", phone, LossCause::Closed)
        } else {
            world.logout("bob", phone)
        };
        assert_eq!(last.change.expect("announced").normal, expected);
    }
}

#[test]
fn s4_a_connection_that_was_replaced_takes_nobody_offline() {
    let mut world = World::premium();
    let old = world.login("bob");
    let (_, again) = world.login_as("bob", 1, Platform::Windows, true);
    assert!(
        matches!(again.outcome, Outcome::LoggedIn { replaced: Some(session), .. } if session == old)
    );
    let lost = world.lose("bob", old, LossCause::Closed);
    assert_eq!(lost.outcome, Outcome::Nothing);
    assert_eq!(world.account("bob").normal(), NormalStatus::Online);
}

#[test]
fn s5_time_alone_changes_nothing_while_the_connection_stands() {
    let mut world = World::premium();
    world.login("bob");
    world.wait_ms(30 * 24 * 3_600_000);
    assert_eq!(world.account("bob").next_deadline(&world.settings), None);
    assert_eq!(world.run("bob", &Command::Expire).outcome, Outcome::Nothing);
    assert_eq!(world.account("bob").normal(), NormalStatus::Online);
}

#[test]
fn s6_a_silent_device_is_gone_at_once_even_with_grace() {
    let mut settings = premium();
    settings.limits.disconnect_grace_ms = 10_000;
    let mut world = World::new(settings);
    let session = world.login("bob");
    let lost = world.lose("bob", session, LossCause::Silent);
    assert_eq!(
        lost.change.expect("announced").normal,
        NormalStatus::Offline
    );
}

#[test]
fn s6_a_relogin_of_the_same_instance_is_no_change() {
    let mut world = World::premium();
    world.login("bob");
    let announced = world.announced.len();
    let (_, again) = world.login_as("bob", 1, Platform::Windows, true);
    assert_eq!(again.change, None);
    assert_eq!(world.announced.len(), announced);
    assert_eq!(world.account("bob").devices.len(), 1);
}

#[test]
fn s6_after_a_restart_devices_are_online_under_lease_until_the_silence_timeout() {
    let mut world = World::premium();
    let session = world.login("bob");
    world.set("bob", session, "in a match");
    let held = world.restart("bob");
    assert_eq!(held.change, None, "a restart is not seen");
    assert_eq!(
        world.account("bob").next_deadline(&world.settings),
        Some(START.plus_ms(400_000))
    );
    world.wait_ms(399_999);
    assert_eq!(world.run("bob", &Command::Expire).outcome, Outcome::Nothing);
    assert_eq!(world.account("bob").normal(), NormalStatus::Online);
    world.wait_ms(1);
    let gone = world
        .run("bob", &Command::Expire)
        .change
        .expect("announced");
    assert_eq!(
        (gone.normal, gone.custom.as_str()),
        (NormalStatus::Offline, "")
    );
}

#[test]
fn s6_who_comes_back_under_lease_was_never_away() {
    let mut world = World::premium();
    world.login("bob");
    world.restart("bob");
    world.wait_ms(100_000);
    let (_, back) = world.login_as("bob", 1, Platform::Windows, true);
    assert_eq!(back.change, None);
    assert_eq!(world.account("bob").next_deadline(&world.settings), None);
}

#[test]
fn s6_a_login_after_the_lease_ended_unnoticed_tells_what_was_missed() {
    let mut world = World::premium();
    let session = world.login("bob");
    world.set("bob", session, "in a match");
    world.restart("bob");
    world.wait_ms(400_000);
    let (_, back) = world.login_as("bob", 1, Platform::Windows, true);
    let change = back.change.expect("the custom status went with the lease");
    assert_eq!(
        (change.normal, change.custom.as_str()),
        (NormalStatus::Online, "")
    );
}

#[test]
fn s7_a_user_never_heard_of_is_unknown_with_an_empty_custom_status() {
    let account = Account::unheard(user("nobody"));
    assert_eq!(account.status(), UserStatus::unknown(user("nobody")));
    assert_eq!(account.normal(), NormalStatus::Unknown);
}

#[test]
fn s8_without_grace_a_broken_connection_is_offline_at_once() {
    assert_eq!(AppSettings::default().limits.disconnect_grace_ms, 0);
    let mut world = World::premium();
    let session = world.login("bob");
    assert!(
        world
            .lose("bob", session, LossCause::Closed)
            .change
            .is_some()
    );
}

#[test]
fn s8_grace_holds_online_and_a_reconnect_inside_it_is_no_change() {
    let mut settings = premium();
    settings.limits.disconnect_grace_ms = 5_000;
    let mut world = World::new(settings);
    let session = world.login("bob");
    world.set("bob", session, "in a match");
    let announced = world.announced.len();
    world.lose("bob", session, LossCause::Closed);
    world.wait_ms(4_999);
    assert_eq!(world.run("bob", &Command::Expire).outcome, Outcome::Nothing);
    world.login_as("bob", 1, Platform::Windows, true);
    assert_eq!(world.announced.len(), announced);
    assert_eq!(world.account("bob").custom.as_str(), "in a match");
}

#[test]
fn s8_grace_over_is_offline() {
    let mut settings = premium();
    settings.limits.disconnect_grace_ms = 5_000;
    let mut world = World::new(settings);
    let session = world.login("bob");
    world.lose("bob", session, LossCause::Closed);
    let gone = world.wait_for_deadline("bob");
    assert_eq!(world.now, START.plus_ms(5_000));
    assert_eq!(
        gone.change.expect("announced").normal,
        NormalStatus::Offline
    );
    assert_eq!(world.account("bob").away, Away::Lost);
}

#[test]
fn c1_setting_the_status_changes_only_the_custom_part() {
    let mut world = World::premium();
    let session = world.login("bob");
    let before = world.account("bob");
    world.set("bob", session, "in a call");
    let after = world.account("bob");
    assert_eq!(after.normal(), before.normal());
    assert_eq!(after.devices, before.devices);
    assert_eq!(after.custom.as_str(), "in a call");
}

#[test]
fn c1_only_a_logged_in_session_sets_it() {
    let mut world = World::premium();
    let session = world.login("bob");
    world.logout("bob", session);
    assert_eq!(
        refused(&world.set("bob", session, "ghost")),
        Code::NotLoggedIn
    );
}

#[test]
fn c2_each_success_is_announced_also_of_the_same_text() {
    let mut world = World::premium();
    let session = world.login("bob");
    let first = world
        .set("bob", session, "in a match")
        .change
        .expect("announced");
    let second = world
        .set("bob", session, "in a match")
        .change
        .expect("announced");
    assert!(second.version > first.version);
}

#[test]
fn c3_an_empty_text_clears() {
    let mut world = World::premium();
    let session = world.login("bob");
    world.set("bob", session, "in a match");
    let cleared = world.set("bob", session, "").change.expect("announced");
    assert!(cleared.custom.is_empty());
}

#[test]
fn c4_leaving_clears_the_custom_status_in_the_same_change() {
    let leave: [fn(&mut World, userstatus_core::SessionId) -> Option<UserStatus>; 3] = [
        |world, session| world.logout("bob", session).change,
        |world, session| world.lose("bob", session, LossCause::Closed).change,
        |world, _| {
            world
                .run(
                    "bob",
                    &Command::KickAll {
                        now: world.now,
                        unless_set: world.now,
                    },
                )
                .change
        },
    ];
    for leave in leave {
        let mut world = World::premium();
        let session = world.login("bob");
        world.set("bob", session, "in a match");
        let announced = world.announced.len();
        let change = leave(&mut world, session).expect("announced");
        assert_ne!(change.normal, NormalStatus::Online);
        assert!(change.custom.is_empty());
        assert_eq!(
            world.announced.len(),
            announced + 1,
            "one notification for both"
        );
    }
}

#[test]
fn c5_needs_no_plan_no_switch_and_knows_no_rate_limit() {
    let mut world = World::new(AppSettings::default());
    assert_eq!(world.settings.plan, Plan::Basic);
    let session = world.login("bob");
    for number in 0..1_000 {
        assert!(is_set(&world.set("bob", session, &number.to_string())));
    }
}

#[test]
fn c5_at_most_100_bytes_not_characters() {
    let mut world = World::premium();
    let session = world.login("bob");
    for (text, fits) in [
        ("x".repeat(99), true),
        ("x".repeat(100), true),
        ("x".repeat(101), false),
        ("状".repeat(33), true),
        ("状".repeat(34), false),
    ] {
        let before = world.account("bob");
        let decision = world.set("bob", session, &text);
        if fits {
            assert!(is_set(&decision));
        } else {
            assert_eq!(refused(&decision), Code::InvalidParameters);
            assert!(
                detail(&decision).contains(&format!("{} bytes", text.len())),
                "{}",
                detail(&decision)
            );
            assert!(detail(&decision).contains("at most 100"));
            assert_eq!(world.account("bob"), before, "nothing changes");
        }
    }
}

#[test]
fn c5_the_limit_is_a_setting() {
    let mut settings = premium();
    settings.limits.custom_status_bytes_max = 5;
    let mut world = World::new(settings);
    let session = world.login("bob");
    assert!(is_set(&world.set("bob", session, "12345")));
    assert_eq!(
        refused(&world.set("bob", session, "123456")),
        Code::InvalidParameters
    );
}

#[test]
fn c5_a_nul_which_c_cannot_carry_is_refused() {
    let mut world = World::premium();
    let session = world.login("bob");
    assert_eq!(
        refused(&world.set("bob", session, "a\0b")),
        Code::InvalidParameters
    );
}

#[test]
fn d0_the_first_login_registers() {
    let mut world = World::premium();
    assert!(!world.account("bob").registered);
    world.login_as("bob", 1, Platform::Mac, false);
    assert!(world.account("bob").registered);
}

#[test]
fn d0_a_user_id_is_1_to_32_bytes_of_printable_ascii_without_space() {
    use userstatus_core::{IdError, UserId};
    assert_eq!(UserId::parse("").unwrap_err(), IdError::Empty);
    assert!(UserId::parse("a").is_ok());
    assert!(UserId::parse(&"a".repeat(32)).is_ok());
    assert_eq!(
        UserId::parse(&"a".repeat(33)).unwrap_err(),
        IdError::TooLong
    );
    for byte in 0u8..=0x7f {
        let allowed = (0x21..=0x7e).contains(&byte);
        assert_eq!(
            UserId::parse(&char::from(byte).to_string()).is_ok(),
            allowed,
            "{byte:#x}"
        );
    }
    assert_eq!(
        UserId::parse("状态").unwrap_err(),
        IdError::NotPrintableAscii
    );
}

#[test]
fn d1_one_device_per_platform_and_a_second_kicks_the_first() {
    let mut world = World::premium();
    let (first, _) = world.login_as("bob", 1, Platform::Windows, false);
    let (_, other) = world.login_as("bob", 2, Platform::Android, false);
    assert!(matches!(&other.outcome, Outcome::LoggedIn { kicked, .. } if kicked.is_empty()));
    let (_, second) = world.login_as("bob", 3, Platform::Windows, false);
    assert!(matches!(&second.outcome, Outcome::LoggedIn { kicked, .. } if *kicked == [first]));
    assert_eq!(second.change, None, "the account was online all along");
    assert_eq!(world.account("bob").devices.len(), 2);
}

#[test]
fn d1_one_device_in_all() {
    let mut world = World::new(AppSettings {
        devices: DevicePolicy::One,
        ..premium()
    });
    let (first, _) = world.login_as("bob", 1, Platform::Windows, false);
    let (_, second) = world.login_as("bob", 2, Platform::Android, false);
    assert!(matches!(&second.outcome, Outcome::LoggedIn { kicked, .. } if *kicked == [first]));
    assert_eq!(world.account("bob").devices.len(), 1);
}

#[test]
fn d1_up_to_n_of_a_platform_kicks_the_oldest_login() {
    let mut world = World::new(AppSettings {
        devices: DevicePolicy::UpToPerPlatform(2),
        ..premium()
    });
    let (first, _) = world.login_as("bob", 1, Platform::Web, false);
    world.wait_ms(10);
    let (second, _) = world.login_as("bob", 2, Platform::Web, false);
    world.wait_ms(10);
    // A reconnect does not make the oldest login young.
    let (first_again, _) = world.login_as("bob", 1, Platform::Web, true);
    assert_ne!(first, first_again);
    world.wait_ms(10);
    let (_, third) = world.login_as("bob", 3, Platform::Web, false);
    assert!(matches!(&third.outcome, Outcome::LoggedIn { kicked, .. } if *kicked == [first_again]));
    assert!(
        world
            .account("bob")
            .devices
            .iter()
            .any(|device| device.session == second)
    );
}

#[test]
fn d1_kicked_while_away_the_reconnect_is_refused_and_an_own_login_succeeds() {
    let mut settings = premium();
    settings.limits.disconnect_grace_ms = 60_000;
    let mut world = World::new(settings);
    let (first, _) = world.login_as("bob", 1, Platform::Windows, false);
    world.lose("bob", first, LossCause::Closed);
    world.login_as("bob", 2, Platform::Windows, false);
    let (_, reconnect) = world.login_as("bob", 1, Platform::Windows, true);
    assert_eq!(refused(&reconnect), Code::KickedOffline);
    let (_, own) = world.login_as("bob", 1, Platform::Windows, false);
    assert!(matches!(own.outcome, Outcome::LoggedIn { .. }));
    assert!(
        world
            .account("bob")
            .kicked
            .contains(&userstatus_core::InstanceId([2; 16]))
    );
}

#[test]
fn d1_a_reconnect_never_kicks_a_later_login() {
    let mut world = World::premium();
    let (first, _) = world.login_as("bob", 1, Platform::Windows, false);
    world.lose("bob", first, LossCause::Silent);
    world.login_as("bob", 2, Platform::Windows, false);
    let (_, reconnect) = world.login_as("bob", 1, Platform::Windows, true);
    assert_eq!(refused(&reconnect), Code::KickedOffline);
    assert_eq!(world.account("bob").devices.len(), 1);
}

#[test]
fn d1_only_so_many_kicked_instances_are_remembered() {
    let mut world = World::premium();
    for instance in 0..40 {
        world.login_as("bob", instance, Platform::Windows, false);
        world.wait_ms(1);
    }
    assert_eq!(
        world.account("bob").kicked.len(),
        userstatus_core::KICKED_INSTANCES_MAX
    );
}

#[test]
fn d2_a_kick_revokes_every_usersig_minted_before() {
    let mut world = World::premium();
    world.login("bob");
    let now = world.now;
    let kicked = world.run(
        "bob",
        &Command::KickAll {
            now,
            unless_set: now,
        },
    );
    assert!(matches!(&kicked.outcome, Outcome::KickedAll { sessions } if sessions.len() == 1));
    assert_eq!(
        kicked.change.expect("announced").normal,
        NormalStatus::UnLogined
    );
    let (_, old) = world.login_as("bob", 1, Platform::Windows, false);
    assert_eq!(
        refused(&old),
        Code::SigRevoked,
        "minted in the second of the kick"
    );
    world.wait_ms(1_000);
    let (_, new) = world.login_as("bob", 1, Platform::Windows, false);
    assert!(matches!(new.outcome, Outcome::LoggedIn { .. }));
}

#[test]
fn d2_the_codes_of_a_usersig_have_their_numbers() {
    for (code, number) in [
        (Code::SigExpired, 70001),
        (Code::SigEmpty, 70002),
        (Code::SigMalformed, 70003),
        (Code::SigForged, 70009),
        (Code::SigOtherUser, 70013),
        (Code::SigOtherApp, 70014),
        (Code::UnknownApp, 70020),
        (Code::SigRevoked, 70052),
    ] {
        assert_eq!(code.number(), number);
        assert_eq!(Code::from_number(number), Some(code));
    }
    // 72002 to 72010 do not exist.
    assert!((72_002..=72_010).all(|number| Code::from_number(number).is_none()));
}

#[test]
fn d0_friends_are_limited_and_both_sides_are_looked_at() {
    let mut settings = premium();
    settings.limits.friends_max = 2;
    let mut world = World::new(settings);
    for name in ["alice", "bob", "carol", "dave"] {
        world.run(name, &Command::Import);
    }
    assert_eq!(
        refused(&world.add_friend("alice", "nobody", false)),
        Code::FriendNoSuchAccount
    );
    assert_eq!(
        refused(&world.add_friend("alice", "alice", false)),
        Code::FriendRequestInvalid
    );
    assert_eq!(
        world.add_friend("alice", "bob", true).outcome,
        Outcome::Done
    );
    assert!(world.account("bob").friends.contains("alice"));
    assert_eq!(
        refused(&world.add_friend("alice", "bob", false)),
        Code::AlreadyFriends
    );
    assert_eq!(
        world.add_friend("alice", "carol", false).outcome,
        Outcome::Done
    );
    assert!(!world.account("carol").friends.contains("alice"));
    assert_eq!(
        refused(&world.add_friend("alice", "dave", false)),
        Code::FriendsFull
    );
    assert_eq!(
        refused(&world.add_friend("dave", "alice", true)),
        Code::PeerFriendsFull
    );
    assert_eq!(
        world.add_friend("dave", "alice", false).outcome,
        Outcome::Done
    );
}

#[test]
fn d0_friends_are_3000_by_default() {
    assert_eq!(AppSettings::default().limits.friends_max, 3_000);
}

#[test]
fn d0_deleting_a_friend_on_both_sides() {
    let mut world = World::premium();
    world.run("alice", &Command::Import);
    world.run("bob", &Command::Import);
    world.add_friend("alice", "bob", true);
    let delete = |resent| Command::DeleteFriends {
        users: users(&["bob", "nobody", "bob"]),
        both: true,
        known_by: Vec::new(),
        resent,
    };
    let strangers = |world: &mut World, resent| match world.run("alice", &delete(resent)).outcome {
        Outcome::FriendsDeleted { strangers } => strangers,
        other => panic!("{other:?}"),
    };
    assert_eq!(strangers(&mut world, false), users(&["nobody"]));
    assert!(world.account("alice").friends.is_empty() && world.account("bob").friends.is_empty());
    assert_eq!(strangers(&mut world, false), users(&["bob", "nobody"]));
    assert!(
        strangers(&mut world, true).is_empty(),
        "its answer was lost"
    );
}

fn set_for(world: &mut World, name: &str, text: &str) -> Decision {
    let custom = CustomStatus::new(text);
    world.run(name, &Command::SetStatusFor { custom })
}

#[test]
fn c6_the_studios_server_sets_what_a_device_of_the_account_could() {
    let mut world = World::premium();
    assert_eq!(
        refused(&set_for(&mut world, "alice", "x")),
        Code::NoSuchAccount
    );
    world.run("alice", &Command::Import);
    assert_eq!(
        refused(&set_for(&mut world, "alice", "x")),
        Code::NotLoggedIn
    );
    let session = world.login("alice");
    let long = "x".repeat(101);
    assert_eq!(
        refused(&set_for(&mut world, "alice", &long)),
        Code::InvalidParameters
    );
    let set = set_for(&mut world, "alice", "in the lobby");
    assert_eq!(
        set.change.expect("announced").custom.as_str(),
        "in the lobby"
    );
    world.lose("alice", session, LossCause::Closed);
    assert!(world.account("alice").custom.is_empty(), "C4");
}

#[test]
fn c6_s9_what_the_studios_server_set_is_not_undone_by_a_client_that_comes_back() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.set("alice", session, "mine");
    let set_at = world.account("alice").version;
    world.wait_ms(10);
    set_for(&mut world, "alice", "");
    world.lose("alice", session, LossCause::Closed);
    world.reconnect("alice", 1, Some(("mine", set_at)), Version(0));
    assert!(world.account("alice").custom.is_empty());
}
