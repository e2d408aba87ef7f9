//! Friends, their quota, and blocks (D0, R1, R2).

mod support;

use support::{START, World, plain_friend, premium, refused, user, users};
use userstatus_core::{
    Account, AppSettings, Code, Command, Decision, Friend, FriendRequest, FriendUpdate,
    FriendsPolicy, ImportedFriend, NormalStatus, Outcome, Plan, SessionId, Timestamp, UserId,
    Version,
};

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
fn r2_who_is_not_registered_blocks_nobody() {
    let mut world = World::premium();
    world.login("bob");
    let named = userstatus_core::BlockedUser {
        user: user("bob"),
        version: Some(world.account("bob").version),
    };
    let blocked = world.run("erased", &Command::Block { users: vec![named] });
    assert_eq!(refused(&blocked), Code::NoSuchAccount);
    assert!(world.account("erased").blocks.is_empty() && world.account("bob").blocks.is_empty());
}

#[test]
fn r2_who_was_erased_meanwhile_is_blocked_by_nobody() {
    let mut world = World::premium();
    let command = Command::BecomeBlockedBy {
        user: user("alice"),
        version: Version(1),
    };
    let blocked = world.run("erased", &command);
    assert_eq!(refused(&blocked), Code::FriendNoSuchAccount);
    assert!(world.account("erased").blocks.is_empty());
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

fn imported(name: &str, remark: &str) -> ImportedFriend {
    ImportedFriend {
        friend: Friend {
            remark: remark.into(),
            ..plain_friend(name)
        },
        is_dated: false,
        registered: name != "nobody",
    }
}

fn import_friends(
    world: &mut World,
    friends: Vec<ImportedFriend>,
) -> (Decision, Vec<(UserId, Code)>) {
    let decision = world.run("alice", &Command::ImportFriends { friends });
    let Outcome::FriendsChanged { refused } = &decision.outcome else {
        panic!("{decision:?}");
    };
    let refused = refused
        .iter()
        .map(|(user, refusal)| (user.clone(), refusal.code));
    let refused = refused.collect();
    (decision, refused)
}

#[test]
fn r2_an_import_puts_friends_on_one_list_and_made_again_changes_nothing() {
    let mut world = World::premium();
    for name in ["alice", "bob", "carol"] {
        world.run(name, &Command::Import);
    }
    let list = || {
        vec![
            imported("bob", "b"),
            imported("nobody", ""),
            imported("alice", ""),
            imported("bob", "twice"),
            imported("carol", ""),
        ]
    };
    let (_, refused) = import_friends(&mut world, list());
    let expected = [
        (user("nobody"), Code::FriendNoSuchAccount),
        (user("alice"), Code::FriendRequestInvalid),
    ];
    assert_eq!(refused, expected);
    let alice = world.account("alice");
    assert_eq!(alice.friends.len(), 2);
    assert_eq!(&*alice.friends.get("bob").expect("a friend").remark, "b");
    assert!(world.account("bob").friends.is_empty(), "one list only");
    world.wait_ms(5_000);
    let (again, refused) = import_friends(&mut world, list());
    assert_eq!(
        (again.edits.as_slice(), refused.as_slice()),
        (&[][..], &expected[..])
    );
    // Another remark is taken, and the date stays.
    import_friends(&mut world, vec![imported("bob", "bobby")]);
    let after = world.account("alice");
    let friend = after.friends.get("bob").expect("a friend");
    assert_eq!(
        (&*friend.remark, friend.added_at),
        (
            "bobby",
            alice.friends.get("bob").expect("a friend").added_at
        )
    );
    assert_ne!(after.friends.fingerprint(), alice.friends.fingerprint());
}

#[test]
fn d0_an_import_fills_the_list_and_no_more() {
    let mut settings = premium();
    settings.limits.friends_max = 2;
    let mut world = World::new(settings);
    world.run("alice", &Command::Import);
    let (_, refused) = import_friends(
        &mut world,
        ["a", "b", "c"].map(|name| imported(name, "")).to_vec(),
    );
    assert_eq!(refused, [(user("c"), Code::FriendsFull)]);
    let (_, refused) = import_friends(&mut world, vec![imported("a", "again")]);
    assert_eq!(refused, [], "who is on the list stays on it");
}

#[test]
fn r2_an_update_changes_what_it_names_of_friends_only() {
    let mut world = World::premium();
    world.run("alice", &Command::Import);
    import_friends(&mut world, vec![imported("bob", "b")]);
    let update = |name: &str, remark: Option<&str>, group: Option<&str>| FriendUpdate {
        user: user(name),
        remark: remark.map(Into::into),
        group_name: group.map(Into::into),
        add_source: None,
        add_wording: None,
        added_at: None,
    };
    let long = "x".repeat(97);
    let updates = vec![
        update("bob", None, Some("guild")),
        update("carol", Some("c"), None),
    ];
    let decision = world.run("alice", &Command::UpdateFriends { updates });
    let Outcome::FriendsChanged { refused } = &decision.outcome else {
        panic!("{decision:?}");
    };
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (&refused[0].0, refused[0].1.code),
        (&user("carol"), Code::NotAFriend)
    );
    let alice = world.account("alice");
    let bob = alice.friends.get("bob").expect("a friend");
    assert_eq!((&*bob.remark, &*bob.group_name), ("b", "guild"));
    let updates = vec![update("bob", Some(&long), None)];
    let decision = world.run("alice", &Command::UpdateFriends { updates });
    assert!(decision.edits.is_empty(), "{decision:?}");
}

#[test]
fn r1_imports_and_updates_need_the_premium_plan_and_an_account() {
    let mut world = World::new(AppSettings::default());
    let commands = [
        Command::ImportFriends {
            friends: vec![imported("bob", "")],
        },
        Command::UpdateFriends {
            updates: Vec::new(),
        },
    ];
    for command in &commands {
        assert_eq!(refused(&world.run("alice", command)), Code::NoSuchAccount);
    }
    world.run("alice", &Command::Import);
    for command in &commands {
        assert_eq!(refused(&world.run("alice", command)), Code::NeedsPremium);
    }
}

#[test]
fn r2_who_is_shown_again_at_once_is_told_of_above_what_hid_them() {
    let mut world = World::premium();
    world.login("alice");
    let session = world.login("bob");
    // At once: by then the clock has not moved, and bob's version is ahead of it.
    for _ in 0..100 {
        world.set("bob", session, "here");
    }
    let version = Some(world.account("alice").version);
    let users = vec![userstatus_core::BlockedUser {
        user: user("alice"),
        version,
    }];
    world.run("bob", &Command::Block { users });
    let hid = world
        .account("alice")
        .blocks
        .get("bob")
        .expect("hidden")
        .since;
    let users = vec![user("alice")];
    world.run("bob", &Command::Unblock { users });
    let above = Version(0);
    world.run("bob", &Command::Announce { above });
    let shown = world.account("bob").version;
    assert!(shown > hid, "{shown:?} {hid:?}");
}
