use crate::testing::{Server, friend_results, premium, texts, told};
use userstatus_core::Code;
use userstatus_wire::v1::{self, request, response};

async fn friends(server: &Server, session: &crate::gateway::Session) -> Vec<v1::Friend> {
    match server
        .done(session, request::Body::ListFriends(v1::ListFriends {}))
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
    let changed =
        |session: &crate::gateway::Session| session.outbox().take(&mut Vec::new()).friends_changed;
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
