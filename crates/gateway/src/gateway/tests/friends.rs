use crate::testing::{
    START, Server, friend_results, key, premium, premium_with, statuses, texts, told, user,
};
use userstatus_core::{AppSettings, Code, FriendsPolicy, NormalStatus};
use userstatus_wire::v1::{self, request, response};

async fn friends(server: &Server, session: &crate::gateway::Session) -> Vec<v1::Friend> {
    match server
        .done(
            session,
            request::Body::ListFriends(v1::ListFriends::default()),
        )
        .await
    {
        Some(response::Body::Friends(list)) => list.friends,
        other => panic!("{other:?}"),
    }
}

fn delete(names: &[&str], both: bool) -> request::Body {
    request::Body::DeleteFriends(v1::DeleteFriends {
        user_ids: texts(names),
        both,
    })
}

#[tokio::test]
async fn n3_both_are_friends_and_both_are_told() {
    let server = Server::in_memory(premium()).await;
    let phone = server.login_device("alice", 4).await;
    let desk = server.login_device("alice", 1).await;
    let bob = server.login("bob").await;
    let added = server.befriend(&phone, "bob").await;
    assert_eq!((added.user_id.as_str(), added.code), ("bob", 0));
    assert_eq!(friends(&server, &phone).await[0].user_id, "bob");
    assert_eq!(friends(&server, &bob).await[0].user_id, "alice");
    let changed = |session: &crate::gateway::Session| {
        session
            .outbox()
            .take_some(&mut Vec::new(), usize::MAX)
            .friends_changed
    };
    assert_eq!(changed(&phone), None, "its answer says it");
    assert_eq!(changed(&desk).unwrap().added, ["bob"]);
    assert_eq!(changed(&bob).unwrap().added, ["alice"]);
    told(&phone);
    server.set(&bob, "x").await;
    assert_eq!(told(&phone)[0].custom_status, "x");
    assert_eq!(told(&desk).last().unwrap().custom_status, "x");

    let results = friend_results(server.done(&desk, delete(&["bob", "carol"], true)).await);
    let codes: Vec<_> = results
        .iter()
        .map(|result| (result.user_id.as_str(), result.code))
        .collect();
    assert_eq!(codes, [("bob", 0), ("carol", Code::NotAFriend.number())]);
    assert!(friends(&server, &bob).await.is_empty());
    assert_eq!(changed(&phone).unwrap().deleted, ["bob"]);
    assert_eq!(changed(&bob).unwrap().deleted, ["alice"]);
    server.set(&bob, "y").await;
    assert!(told(&phone).is_empty());
}

#[tokio::test]
async fn d0_adding_is_refused_per_user() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    server.login("bob").await;
    assert_eq!(
        server.befriend(&alice, "nobody").await.code,
        Code::FriendNoSuchAccount.number()
    );
    assert_eq!(
        server.befriend(&alice, "alice").await.code,
        Code::FriendRequestInvalid.number()
    );
    assert_eq!(server.befriend(&alice, "bob").await.code, 0);
    assert_eq!(
        server.befriend(&alice, "bob").await.code,
        Code::AlreadyFriends.number()
    );
}

#[tokio::test]
async fn a_request_sent_again_is_no_error() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    server.login("bob").await;
    let resent = |body| v1::Request {
        id: 1,
        resent: true,
        body: Some(body),
    };
    let add = request::Body::AddFriend(v1::AddFriend {
        user_id: "bob".to_owned(),
        ..v1::AddFriend::default()
    });
    for request in [
        resent(add.clone()),
        resent(add),
        resent(delete(&["bob"], false)),
        resent(delete(&["bob"], false)),
    ] {
        let response = server.gateway.request(&alice, request).await;
        assert_eq!(friend_results(response.body)[0].code, 0);
    }
}

#[tokio::test]
async fn friends_to_delete_have_a_limit() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    for (count, code) in [
        (0, Code::InvalidParameters),
        (1_000, Code::Ok),
        (1_001, Code::InvalidParameters),
    ] {
        let user_ids = (0..count).map(|number| format!("u{number}")).collect();
        let body = request::Body::DeleteFriends(v1::DeleteFriends {
            user_ids,
            both: false,
        });
        assert_eq!(
            server.ask(&alice, body).await.code,
            code.number(),
            "{count}"
        );
    }
}

fn changed(session: &crate::gateway::Session) -> Option<v1::FriendsChanged> {
    session
        .outbox()
        .take_some(&mut Vec::new(), usize::MAX)
        .friends_changed
}

#[tokio::test]
async fn d0_an_addition_on_both_sides_is_made_on_both_or_on_none() {
    let server = Server::in_memory(premium_with(|limits| limits.friends_max = 1)).await;
    let alice = server.login("alice").await;
    let bob = server.login("bob").await;
    server.login("carol").await;
    server.befriend(&bob, "carol").await;
    changed(&alice);
    let refused = server.befriend(&alice, "bob").await;
    assert_eq!(refused.code, Code::PeerFriendsFull.number());
    assert!(friends(&server, &alice).await.is_empty());
    assert_eq!(changed(&alice), None);
}

#[tokio::test]
async fn r2_the_studios_server_makes_friends_as_often_as_it_likes_and_all_devices_are_told_once() {
    let settings = AppSettings {
        friends: FriendsPolicy::Server,
        ..premium_with(|limits| limits.requests_per_window = 1)
    };
    let server = Server::in_memory(settings).await;
    let phone = server.login_device("alice", 4).await;
    let bob = server.login("bob").await;
    let (account, bobs) = (key("alice"), [user("bob")]);
    for round in 0..3 {
        let make = || server.gateway.make_friends(&account, &bobs);
        assert_eq!(make().await.unwrap(), [Ok(())], "{round}");
        assert_eq!(changed(&phone).unwrap().added, ["bob"]);
        assert_eq!(changed(&bob).unwrap().added, ["alice"]);
        assert_eq!(make().await.unwrap(), [Ok(())], "{round}");
        assert_eq!((changed(&phone), changed(&bob)), (None, None));
        let end = || server.gateway.end_friendships(&account, &bobs, true);
        assert_eq!(end().await.unwrap(), [Ok(())], "{round}");
        assert_eq!(changed(&phone).unwrap().deleted, ["bob"]);
        assert_eq!(changed(&bob).unwrap().deleted, ["alice"]);
        let strangers = end().await.unwrap();
        assert_eq!(strangers[0].as_ref().unwrap_err().code, Code::NotAFriend);
        assert_eq!((changed(&phone), changed(&bob)), (None, None));
    }
    // Of the client's own quota nothing is used up.
    friends(&server, &phone).await;
}

#[tokio::test]
async fn d0_a_list_comes_in_pages_that_a_socket_takes_at_once() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    let app = server.gateway.apps().get(key("alice").app).unwrap();
    for number in 0..1_500 {
        let name = format!("friend{number:04}");
        let friend = userstatus_core::Friend {
            user: user(&name),
            remark: "r".repeat(96).into(),
            group_name: "".into(),
            add_source: "".into(),
            add_wording: "".into(),
            added_at: START,
        };
        let command = userstatus_core::Command::AddFriend {
            friend,
            both: false,
            peer: userstatus_core::PeerFacts {
                registered: true,
                friends: 0,
                has_me: false,
                version: userstatus_core::Version(0),
            },
            resent: false,
        };
        let execution = userstatus_store::Execution {
            account: &key("alice"),
            settings: &app.settings,
            command,
            origin: None,
            now: START,
        };
        userstatus_store::Store::record(&**server.gateway.store(), execution)
            .await
            .unwrap();
    }
    let mut found = Vec::new();
    let mut after = String::new();
    let mut pages = 0;
    loop {
        let list = request::Body::ListFriends(v1::ListFriends { after });
        let Some(response::Body::Friends(page)) = server.done(&alice, list).await else {
            panic!("no friends");
        };
        let bytes = prost::Message::encoded_len(&page);
        assert!(bytes <= userstatus_wire::LIST_PAGE_BYTES_MAX, "{bytes}");
        pages += 1;
        found.extend(page.friends.into_iter().map(|friend| friend.user_id));
        after = found.last().unwrap().clone();
        if !page.more {
            break;
        }
    }
    let expected: Vec<_> = (0..1_500)
        .map(|number| format!("friend{number:04}"))
        .collect();
    assert_eq!(found, expected);
    assert!(pages > 3, "{pages}");
}

#[tokio::test]
async fn r1_a_loop_of_additions_and_deletions_tells_nobody_for_long() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    changed(&bob);
    let mut told = 0;
    let mut refused = 0;
    for _ in 0..200 {
        let add = v1::AddFriend {
            user_id: "bob".to_owned(),
            both: true,
            ..v1::AddFriend::default()
        };
        for body in [request::Body::AddFriend(add), delete(&["bob"], true)] {
            let code = server.ask(&alice, body).await.code;
            refused += i32::from(code == Code::TooFrequent.number());
        }
        told += i32::from(changed(&bob).is_some());
    }
    assert!(told <= 10, "{told} notices");
    assert!(refused > 300, "{refused}");
}

#[tokio::test]
async fn r1_r2_plan_and_policy_are_asked_before_anything() {
    let settings = AppSettings {
        plan: userstatus_core::Plan::Basic,
        ..premium()
    };
    let server = Server::in_memory(settings).await;
    let alice = server.login("alice").await;
    let bob = "bob".to_owned();
    for body in [
        request::Body::AddFriend(v1::AddFriend {
            user_id: bob.clone(),
            ..v1::AddFriend::default()
        }),
        delete(&["bob"], false),
        request::Body::ListFriends(v1::ListFriends::default()),
        request::Body::Block(v1::Block {
            user_ids: vec![bob.clone()],
        }),
        request::Body::Unblock(v1::Unblock {
            user_ids: vec![bob],
        }),
        request::Body::ListBlocked(v1::ListBlocked::default()),
    ] {
        let answer = server.ask(&alice, body.clone()).await;
        assert_eq!(answer.code, Code::NeedsPremium.number(), "{body:?}");
    }
    let settings = AppSettings {
        friends: userstatus_core::FriendsPolicy::Server,
        ..premium()
    };
    let server = Server::in_memory(settings).await;
    let alice = server.login("alice").await;
    let answer = server.ask(&alice, delete(&["bob"], false)).await;
    assert_eq!(answer.code, Code::InvalidOperation.number());
    assert!(answer.desc.contains("server"), "{}", answer.desc);
}

async fn block(server: &Server, session: &crate::gateway::Session, name: &str) -> i32 {
    let block = v1::Block {
        user_ids: texts(&[name]),
    };
    let body = server.done(session, request::Body::Block(block)).await;
    friend_results(body)[0].code
}

#[tokio::test]
async fn r2_who_is_blocked_is_told_of_the_end_and_of_nothing_after_it() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    let carol = server.login("carol").await;
    server.subscribe(&alice, &["bob"]).await;
    server.subscribe(&carol, &["bob"]).await;
    server.set(&bob, "in a match").await;
    let before = told(&alice).pop().unwrap();
    told(&carol);

    assert_eq!(block(&server, &bob, "alice").await, 0);
    let gone = told(&alice).pop().unwrap();
    assert_eq!(gone.user_id, "bob");
    assert_eq!(gone.normal, NormalStatus::Offline.number());
    assert_eq!(gone.custom_status, "");
    assert!(gone.version > before.version, "the client takes it");
    server.set(&bob, "secret").await;
    assert!(told(&alice).is_empty());
    assert_eq!(told(&carol).pop().unwrap().custom_status, "secret");
    // Asking, subscribing again, another device and a reconnect show no more.
    let get = v1::GetUserStatus {
        user_ids: texts(&["bob", "carol"]),
    };
    let asked = statuses(server.done(&alice, request::Body::GetUserStatus(get)).await);
    assert_eq!(asked[0].normal, NormalStatus::Offline.number());
    assert_eq!(asked[1].normal, NormalStatus::Online.number());
    let answered = server.subscribe(&alice, &["bob"]).await;
    assert_eq!(answered[0].custom_status, "");
    let tablet = server.login_device("alice", 5).await;
    server.set(&bob, "more").await;
    assert!(told(&tablet).is_empty());
    drop(alice);
    let mut back = server.login_message("alice");
    back.reconnect = true;
    let (alice, _) = server.try_login(back).await.unwrap();
    assert!(
        told(&alice)
            .iter()
            .all(|status| status.custom_status.is_empty())
    );

    let unblock = v1::Unblock {
        user_ids: texts(&["alice"]),
    };
    server.done(&bob, request::Body::Unblock(unblock)).await;
    let again = told(&alice)
        .into_iter()
        .find(|status| status.user_id == "bob");
    let again = again.expect("they see each other again");
    assert_eq!(again.custom_status, "more");
    assert!(again.version > gone.version);
    server.set(&bob, "hello").await;
    assert_eq!(told(&alice).pop().unwrap().custom_status, "hello");
}

#[tokio::test]
async fn r2_a_list_of_blocks_shows_ones_own_only() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    block(&server, &alice, "bob").await;
    assert_eq!(
        block(&server, &alice, "nobody").await,
        Code::FriendNoSuchAccount.number()
    );
    for (session, expected) in [(&alice, vec!["bob"]), (&bob, vec![])] {
        let list = request::Body::ListBlocked(v1::ListBlocked::default());
        match server.done(session, list).await {
            Some(response::Body::Blocked(list)) => assert_eq!(list.user_ids, expected),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        server.befriend(&bob, "alice").await.code,
        Code::BlockedByFriend.number()
    );
}
