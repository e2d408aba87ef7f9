//! G, W, N and P: asking, watching, being told, and what the operator decides.

mod support;

use support::{START, World, detail, is_set, numbered, premium, refused, user, users};
use userstatus_core::{
    AppSettings, Asked, Code, Command, Edit, LossCause, NormalStatus, Outcome, Plan, Relation,
    SettingsError, UserId, UserStatus, Version, delivers,
};

fn subscribed(decision: &userstatus_core::Decision) -> Vec<UserId> {
    match &decision.outcome {
        Outcome::Subscribed { users, .. } => users.clone(),
        other => panic!("not subscribed: {other:?}"),
    }
}

fn list(world: &World, name: &str) -> Vec<UserId> {
    world.account(name).subscriptions.iter().cloned().collect()
}

#[test]
fn g1_users_are_answered_in_the_order_asked_each_once() {
    let mut world = World::premium();
    let session = world.login("alice");
    let asked = users(&["bob", "carol", "bob", "alice", "carol"]);
    let asked = Asked::new(asked, 0);
    assert_eq!(asked.users(), users(&["bob", "carol", "alice"]));
    let query = Command::Query {
        session,
        users: asked,
    };
    assert_eq!(world.run("alice", &query).outcome, Outcome::Query);
}

#[test]
fn g2_asking_about_oneself_alone_needs_nothing_and_counts_nowhere() {
    let mut world = World::new(AppSettings::default());
    let session = world.login("alice");
    for _ in 0..100 {
        let decision = world.query("alice", session, users(&["alice", "alice"]));
        assert_eq!(decision.outcome, Outcome::Query);
        assert!(decision.edits.is_empty());
    }
}

#[test]
fn g3_needs_premium_then_the_switch() {
    for (plan, switch, code) in [
        (Plan::Basic, false, Code::NeedsPremium),
        (Plan::Basic, true, Code::NeedsPremium),
        (Plan::Premium, false, Code::StatusSwitchOff),
    ] {
        let mut world = World::new(AppSettings {
            plan,
            user_status: switch,
            ..AppSettings::default()
        });
        let session = world.login("alice");
        for asked in [users(&["bob"]), users(&["alice", "bob"])] {
            assert_eq!(refused(&world.query("alice", session, asked)), code);
        }
    }
}

#[test]
fn g3_at_most_500_users() {
    let mut world = World::premium();
    let session = world.login("alice");
    for (count, fits) in [(499, true), (500, true), (501, false)] {
        let decision = world.query("alice", session, numbered("u", 0..count));
        assert_eq!(matches!(decision.outcome, Outcome::Query), fits, "{count}");
        if !fits {
            assert_eq!(refused(&decision), Code::InvalidParameters);
            assert!(detail(&decision).contains("501") && detail(&decision).contains("500"));
        }
    }
}

#[test]
fn g3_twenty_requests_in_any_five_seconds() {
    let mut world = World::premium();
    let session = world.login("alice");
    for _ in 0..20 {
        assert!(matches!(
            world.query("alice", session, users(&["bob"])).outcome,
            Outcome::Query
        ));
        world.wait_ms(10);
    }
    assert_eq!(
        refused(&world.query("alice", session, users(&["bob"]))),
        Code::TooFrequent
    );
    // The first was 200 ms ago: 4,800 ms from now it has left the window, and only it.
    world.wait_ms(4_799);
    assert_eq!(
        refused(&world.query("alice", session, users(&["bob"]))),
        Code::TooFrequent
    );
    world.wait_ms(1);
    assert!(matches!(
        world.query("alice", session, users(&["bob"])).outcome,
        Outcome::Query
    ));
    assert_eq!(
        refused(&world.query("alice", session, users(&["bob"]))),
        Code::TooFrequent
    );
}

#[test]
fn w1_needs_premium_then_the_switch_and_so_does_unsubscribing() {
    for (plan, code) in [
        (Plan::Basic, Code::NeedsPremium),
        (Plan::Premium, Code::StatusSwitchOff),
    ] {
        let mut world = World::new(AppSettings {
            plan,
            ..AppSettings::default()
        });
        let session = world.login("alice");
        assert_eq!(
            refused(&world.subscribe("alice", session, users(&["bob"]))),
            code
        );
        assert_eq!(
            refused(&world.unsubscribe("alice", session, users(&["bob"]))),
            code
        );
    }
}

#[test]
fn w1_at_most_100_users_in_a_request() {
    let mut world = World::premium();
    let session = world.login("alice");
    for (count, fits) in [(99, true), (100, true), (101, false)] {
        let decision = world.subscribe("alice", session, numbered("u", 0..count));
        assert_eq!(
            matches!(decision.outcome, Outcome::Subscribed { .. }),
            fits,
            "{count}"
        );
        let decision = world.unsubscribe("alice", session, numbered("u", 0..count));
        let is_done = matches!(decision.outcome, Outcome::Unsubscribed { .. });
        assert_eq!(is_done, fits, "{count}");
    }
}

#[test]
fn w1_subscribing_unsubscribing_and_asking_are_counted_apart() {
    let mut world = World::premium();
    let session = world.login("alice");
    for _ in 0..20 {
        assert!(matches!(
            world.subscribe("alice", session, users(&["bob"])).outcome,
            Outcome::Subscribed { .. }
        ));
    }
    assert_eq!(
        refused(&world.subscribe("alice", session, users(&["bob"]))),
        Code::TooFrequent
    );
    for _ in 0..20 {
        let decision = world.unsubscribe("alice", session, users(&["bob"]));
        assert!(matches!(decision.outcome, Outcome::Unsubscribed { .. }));
    }
    assert_eq!(
        refused(&world.unsubscribe("alice", session, users(&["bob"]))),
        Code::TooFrequent
    );
    assert!(matches!(
        world.query("alice", session, users(&["bob"])).outcome,
        Outcome::Query
    ));
}

#[test]
fn w2_subscribing_a_201st_drops_the_earliest() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.subscribe("alice", session, numbered("u", 0..100));
    world.subscribe("alice", session, numbered("u", 100..199));
    assert_eq!(list(&world, "alice").len(), 199);
    world.subscribe("alice", session, numbered("u", 199..200));
    assert_eq!(list(&world, "alice").len(), 200);
    assert_eq!(list(&world, "alice")[0], user("u0"));
    let decision = world.subscribe("alice", session, numbered("u", 200..201));
    assert!(
        decision
            .edits
            .contains(&Edit::RemoveSubscription(user("u0")))
    );
    assert_eq!(list(&world, "alice"), numbered("u", 1..201));
}

#[test]
fn w2_subscribing_again_keeps_the_place() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.subscribe("alice", session, users(&["a", "b", "c"]));
    let again = world.subscribe("alice", session, users(&["a", "d"]));
    assert_eq!(
        subscribed(&again),
        users(&["a", "d"]),
        "both are handed back"
    );
    assert_eq!(list(&world, "alice"), users(&["a", "b", "c", "d"]));
}

#[test]
fn w2_one_request_larger_than_the_list_leaves_its_last() {
    let mut settings = premium();
    settings.limits.subscriptions_max = 3;
    let mut world = World::new(settings);
    let session = world.login("alice");
    let decision = world.subscribe("alice", session, users(&["a", "b", "c", "d", "e"]));
    assert_eq!(list(&world, "alice"), users(&["c", "d", "e"]));
    assert_eq!(subscribed(&decision), users(&["c", "d", "e"]));
}

#[test]
fn w2_a_request_is_applied_in_the_order_given() {
    let mut settings = premium();
    settings.limits.subscriptions_max = 3;
    let mut world = World::new(settings);
    let session = world.login("alice");
    world.subscribe("alice", session, users(&["a", "b", "c"]));
    let decision = world.subscribe("alice", session, users(&["x", "a"]));
    // x pushes a off the list, and a comes back at its end.
    assert_eq!(list(&world, "alice"), users(&["c", "x", "a"]));
    assert_eq!(subscribed(&decision), users(&["x", "a"]));
}

#[test]
fn w3_one_cannot_subscribe_to_oneself_and_the_list_is_unchanged() {
    let mut world = World::premium();
    let session = world.login("alice");
    let decision = world.subscribe("alice", session, users(&["bob", "alice"]));
    assert_eq!(refused(&decision), Code::InvalidOperation);
    assert!(list(&world, "alice").is_empty());
}

#[test]
fn w4_friends_may_be_subscribed_to_and_count() {
    let mut settings = premium();
    settings.limits.subscriptions_max = 1;
    let mut world = World::new(settings);
    world.run("bob", &Command::Import);
    let session = world.login("alice");
    world.add_friend("alice", "bob", false);
    world.subscribe("alice", session, users(&["bob"]));
    world.subscribe("alice", session, users(&["carol"]));
    assert_eq!(list(&world, "alice"), users(&["carol"]));
    assert!(world.account("alice").friends.contains("bob"));
}

#[test]
fn w5_the_list_is_the_accounts_whichever_device_subscribed() {
    use userstatus_core::Platform;
    let mut world = World::premium();
    let (windows, _) = world.login_as("alice", 1, Platform::Windows, false);
    world.subscribe("alice", windows, users(&["bob"]));
    let (phone, login) = world.login_as("alice", 2, Platform::Android, false);
    assert!(
        matches!(&login.outcome, Outcome::LoggedIn { subscriptions, subscriptions_kept: true, .. } if *subscriptions == users(&["bob"]))
    );
    world.unsubscribe("alice", phone, users(&["bob"]));
    assert!(list(&world, "alice").is_empty());
}

#[test]
fn w6_unsubscribing_an_empty_list_clears_all() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.subscribe("alice", session, users(&["bob", "carol"]));
    let decision = world.unsubscribe("alice", session, Vec::new());
    assert!(matches!(decision.outcome, Outcome::Unsubscribed { .. }));
    assert!(decision.edits.contains(&Edit::ClearSubscriptions));
    assert!(list(&world, "alice").is_empty());
    let again = world.unsubscribe("alice", session, Vec::new());
    assert!(matches!(again.outcome, Outcome::Unsubscribed { .. }));
}

#[test]
fn w6_unsubscribing_strangers_is_no_error() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.subscribe("alice", session, users(&["bob"]));
    let decision = world.unsubscribe("alice", session, users(&["carol"]));
    assert!(matches!(decision.outcome, Outcome::Unsubscribed { .. }));
    assert_eq!(list(&world, "alice"), users(&["bob"]));
}

#[test]
fn w7_the_list_is_cleared_600_s_after_leaving() {
    for leave in [LossCause::Closed, LossCause::Silent] {
        let mut world = World::premium();
        let session = world.login("alice");
        world.subscribe("alice", session, users(&["bob"]));
        world.lose("alice", session, leave);
        assert_eq!(
            world.account("alice").next_deadline(&world.settings),
            Some(START.plus_ms(600_000))
        );
        world.wait_ms(599_999);
        world.run("alice", &Command::Expire);
        assert_eq!(list(&world, "alice").len(), 1);
        world.wait_ms(1);
        let cleared = world.run("alice", &Command::Expire);
        assert_eq!(cleared.change, None, "nobody watches a list");
        assert!(list(&world, "alice").is_empty());
        assert_eq!(world.account("alice").next_deadline(&world.settings), None);
    }
}

#[test]
fn w7_coming_back_within_the_delay_keeps_the_list() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.subscribe("alice", session, users(&["bob"]));
    world.logout("alice", session);
    world.wait_ms(599_999);
    world.login("alice");
    assert_eq!(world.account("alice").next_deadline(&world.settings), None);
    world.wait_ms(3_600_000);
    world.run("alice", &Command::Expire);
    assert_eq!(list(&world, "alice"), users(&["bob"]));
}

#[test]
fn w7_coming_back_after_it_finds_the_list_empty_though_nothing_ran_meanwhile() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.subscribe("alice", session, users(&["bob"]));
    world.logout("alice", session);
    world.wait_ms(600_000);
    let (_, back) = world.login_as("alice", 1, userstatus_core::Platform::Windows, false);
    assert!(
        matches!(&back.outcome, Outcome::LoggedIn { subscriptions_kept: false, subscriptions, .. } if subscriptions.is_empty())
    );
    assert!(list(&world, "alice").is_empty());
}

#[test]
fn w7_the_delay_runs_from_the_end_of_the_lease() {
    let mut world = World::premium();
    let session = world.login("alice");
    world.subscribe("alice", session, users(&["bob"]));
    world.restart("alice");
    world.wait_for_deadline("alice");
    assert_eq!(world.account("alice").normal(), NormalStatus::Offline);
    world.wait_for_deadline("alice");
    assert_eq!(world.now, START.plus_ms(400_000 + 600_000));
    assert!(list(&world, "alice").is_empty());
}

#[test]
fn w8_what_is_handed_back_is_what_is_on_the_list_now() {
    let mut world = World::premium();
    let session = world.login("alice");
    let decision = world.subscribe("alice", session, users(&["bob", "carol", "bob"]));
    assert_eq!(subscribed(&decision), users(&["bob", "carol"]));
    assert_eq!(list(&world, "alice"), users(&["bob", "carol"]));
}

#[test]
fn n1_a_change_carries_the_whole_status() {
    let mut world = World::premium();
    let session = world.login("bob");
    let change = world
        .set("bob", session, "in a match")
        .change
        .expect("announced");
    let expected = UserStatus {
        user: user("bob"),
        version: change.version,
        normal: NormalStatus::Online,
        custom: userstatus_core::CustomStatus::new("in a match"),
        platforms: vec![userstatus_core::Platform::Windows],
    };
    assert_eq!(change, expected);
}

#[test]
fn n2_own_changes_are_told_whatever_plan_and_switches() {
    assert!(delivers(&AppSettings::default(), Relation::Own));
    assert!(delivers(&premium(), Relation::Own));
}

#[test]
fn n3_friends_are_told_if_the_switch_is_on() {
    assert!(delivers(&premium(), Relation::Friend));
    let off = AppSettings {
        friend_status_notification: false,
        ..premium()
    };
    assert!(!delivers(&off, Relation::Friend));
    assert!(
        delivers(&off, Relation::Subscribed),
        "a friend subscribed to is still told"
    );
}

#[test]
fn n4_others_are_told_only_where_subscribed() {
    let friends_only = AppSettings {
        user_status: false,
        ..premium()
    };
    assert!(!delivers(&friends_only, Relation::Subscribed));
    assert!(delivers(&friends_only, Relation::Friend));
}

#[test]
fn n5_a_change_made_on_one_device_is_the_accounts() {
    use userstatus_core::Platform;
    let mut world = World::premium();
    let (windows, _) = world.login_as("bob", 1, Platform::Windows, false);
    world.login_as("bob", 2, Platform::Android, false);
    let change = world
        .set("bob", windows, "in a match")
        .change
        .expect("announced");
    assert_eq!(change.platforms, [Platform::Windows, Platform::Android]);
}

#[test]
fn n6_versions_rise_with_every_change_even_when_the_clock_steps_back() {
    let mut world = World::premium();
    let session = world.login("bob");
    for number in 0..2_000 {
        world.set("bob", session, &number.to_string());
    }
    world.now = START.plus_ms(0);
    world.set("bob", session, "earlier");
    assert!(
        world
            .announced
            .windows(2)
            .all(|pair| pair[0].version < pair[1].version)
    );
}

#[test]
fn n6_an_account_that_starts_anew_is_ahead_of_what_was_seen_of_it() {
    let mut world = World::premium();
    let session = world.login("bob");
    for number in 0..500 {
        world.set("bob", session, &number.to_string());
        world.wait_ms(1);
    }
    let seen = world.account("bob").version;
    world.accounts.clear();
    world.wait_ms(1);
    world.login("bob");
    assert!(world.account("bob").version > seen);
}

#[test]
fn n7_what_changed_while_away_differs_in_version() {
    let mut world = World::premium();
    let session = world.login("bob");
    let known = world.account("bob").version;
    assert_eq!(world.account("bob").status().version, known);
    world.set("bob", session, "in a match");
    assert!(world.account("bob").status().version > known);
    assert!(known > Version(0));
}

#[test]
fn p1_the_basic_plan_has_ones_own_status_and_nothing_else() {
    let settings = AppSettings {
        plan: Plan::Basic,
        ..premium()
    };
    assert!(!delivers(&settings, Relation::Subscribed) && !delivers(&settings, Relation::Friend));
    let mut world = World::new(settings);
    let session = world.login("alice");
    assert!(is_set(&world.set("alice", session, "here")));
    assert!(matches!(
        world.query("alice", session, users(&["alice"])).outcome,
        Outcome::Query
    ));
    assert_eq!(
        refused(&world.query("alice", session, users(&["bob"]))),
        Code::NeedsPremium
    );
    assert_eq!(
        refused(&world.subscribe("alice", session, users(&["bob"]))),
        Code::NeedsPremium
    );
    assert_eq!(
        refused(&world.unsubscribe("alice", session, Vec::new())),
        Code::NeedsPremium
    );
}

#[test]
fn p2_both_switches_are_off_for_a_new_app_and_work_at_once() {
    let new = AppSettings::default();
    assert!(!new.user_status && !new.friend_status_notification);
    let mut world = World::premium();
    let session = world.login("alice");
    assert!(matches!(
        world.query("alice", session, users(&["bob"])).outcome,
        Outcome::Query
    ));
    world.settings.user_status = false;
    assert_eq!(
        refused(&world.query("alice", session, users(&["bob"]))),
        Code::StatusSwitchOff
    );
    world.settings.user_status = true;
    assert!(matches!(
        world.query("alice", session, users(&["bob"])).outcome,
        Outcome::Query
    ));
}

#[test]
fn p3_the_defaults_are_the_numbers_of_the_rules() {
    let limits = AppSettings::default().limits;
    assert_eq!((limits.requests_per_window, limits.window_ms), (20, 5_000));
    assert_eq!(
        (limits.query_users_max, limits.subscribe_users_max),
        (500, 100)
    );
    assert_eq!(
        (limits.subscriptions_max, limits.custom_status_bytes_max),
        (200, 100)
    );
    assert_eq!(
        (limits.silence_timeout_ms, limits.subscriptions_keep_ms),
        (400_000, 600_000)
    );
    assert_eq!(
        (limits.heartbeat_interval_ms, limits.disconnect_grace_ms),
        (120_000, 0)
    );
}

#[test]
fn p3_every_limit_is_a_setting_with_a_range() {
    let mut settings = premium();
    settings.limits.requests_per_window = 2;
    settings.limits.window_ms = 100;
    settings.limits.query_users_max = 1;
    settings.limits.subscribe_users_max = 1;
    let mut world = World::new(settings);
    let session = world.login("alice");
    assert_eq!(
        refused(&world.query("alice", session, users(&["a", "b"]))),
        Code::InvalidParameters
    );
    assert_eq!(
        refused(&world.subscribe("alice", session, users(&["a", "b"]))),
        Code::InvalidParameters
    );
    world.query("alice", session, users(&["a"]));
    world.query("alice", session, users(&["a"]));
    assert_eq!(
        refused(&world.query("alice", session, users(&["a"]))),
        Code::TooFrequent
    );
    world.wait_ms(100);
    assert!(matches!(
        world.query("alice", session, users(&["a"])).outcome,
        Outcome::Query
    ));

    let mut wrong = premium();
    wrong.limits.subscriptions_max = 0;
    let error = SettingsError::Range {
        name: "subscriptions_max",
        value: 0,
        min: 1,
        max: 3_000,
    };
    assert_eq!(wrong.check(), Err(error));
}

#[test]
fn s6_a_silence_timeout_leaves_room_for_a_lost_heartbeat() {
    let mut settings = premium();
    settings.limits.heartbeat_interval_ms = 500;
    settings.limits.silence_timeout_ms = 1_000;
    assert_eq!(settings.check(), Ok(()));
    settings.limits.silence_timeout_ms = 999;
    let error = SettingsError::SilenceTooShort {
        silence_timeout_ms: 999,
        heartbeat_interval_ms: 500,
    };
    assert_eq!(settings.check(), Err(error));
}
