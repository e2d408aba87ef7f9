use crate::testing::{Server, premium, premium_with, statuses, texts, told};
use userstatus_core::{AppSettings, Code, LossCause, NormalStatus};
use userstatus_wire::v1::{self, request};

fn get(names: &[&str]) -> request::Body {
    request::Body::GetUserStatus(v1::GetUserStatus {
        user_ids: texts(names),
    })
}

#[tokio::test]
async fn g1_statuses_come_in_the_order_asked_each_once() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    let bob = server.login_device("bob", 6).await;
    server.set(&bob, "in a match").await;
    let asked = [
        "bob",
        "nobody",
        "alice",
        "bob",
        "not valid",
        "",
        "not valid",
    ];
    let answer = statuses(server.done(&alice, get(&asked)).await);
    let names: Vec<_> = answer
        .iter()
        .map(|status| status.user_id.as_str())
        .collect();
    assert_eq!(names, ["bob", "nobody", "alice", "not valid", ""]);
    assert_eq!(answer[0].custom_status, "in a match");
    assert_eq!(answer[0].online_platforms, [6]);
    for stranger in [1, 3, 4] {
        assert_eq!(
            answer[stranger].normal,
            NormalStatus::Unknown.number(),
            "S7"
        );
    }
}

#[tokio::test]
async fn g3_ids_that_cannot_be_count_in_the_request() {
    let server = Server::in_memory(premium_with(|limits| limits.query_users_max = 3)).await;
    let alice = server.login("alice").await;
    assert_eq!(
        server.ask(&alice, get(&["a", " ", "", "d"])).await.code,
        Code::InvalidParameters.number()
    );
    assert_eq!(
        statuses(server.done(&alice, get(&["", " ", ""])).await).len(),
        2
    );
}

#[tokio::test]
async fn refusals_of_the_rules_reach_the_client_with_their_reason() {
    let server = Server::in_memory(AppSettings::default()).await;
    let alice = server.login("alice").await;
    let response = server.ask(&alice, get(&["bob"])).await;
    assert_eq!(response.code, Code::NeedsPremium.number());
    assert_eq!(response.desc, Code::NeedsPremium.text());
    let too_long = v1::SetSelfStatus {
        custom_status: "x".repeat(101),
    };
    let response = server
        .ask(&alice, request::Body::SetSelfStatus(too_long))
        .await;
    assert_eq!(response.code, Code::InvalidParameters.number());
    assert!(response.desc.contains("101"), "{}", response.desc);
}

#[tokio::test]
async fn an_invalid_id_in_a_list_is_named() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    let user_ids = texts(&["bob", "not valid"]);
    let bodies = [
        request::Body::Block(v1::Block {
            user_ids: user_ids.clone(),
        }),
        request::Body::DeleteFriends(v1::DeleteFriends {
            user_ids,
            both: false,
        }),
    ];
    for body in bodies {
        let response = server.ask(&alice, body).await;
        assert_eq!(response.code, Code::InvalidParameters.number());
        assert!(
            response.desc.starts_with("user_ids[1]: "),
            "{}",
            response.desc
        );
    }
}

#[tokio::test]
async fn s7_an_id_that_cannot_be_fails_nobody_else_of_a_subscription() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    // Also names that look like something of the server's own.
    let impostor = "~not-a-user-id~00000000000000000";
    let _impostor = server.login(impostor).await;
    let long = "x".repeat(33);
    let asked = ["has space", "bob", "", impostor, long.as_str()];
    let answer = server.subscribe(&alice, &asked).await;
    let answered: Vec<_> = answer
        .iter()
        .map(|status| (status.user_id.as_str(), status.normal))
        .collect();
    let online = NormalStatus::Online.number();
    let expected = [
        ("has space", 0),
        ("bob", online),
        ("", 0),
        (impostor, online),
        (long.as_str(), 0),
    ];
    assert_eq!(answered, expected);
    let get = v1::GetUserStatus {
        user_ids: texts(&asked),
    };
    let asked_for = statuses(server.done(&alice, request::Body::GetUserStatus(get)).await);
    assert_eq!(asked_for, answer);
    told(&alice);
    server.set(&bob, "x").await;
    assert_eq!(told(&alice).len(), 1);
    // Unsubscribing from what cannot be is not unsubscribing from all (W6).
    let unsubscribe = v1::Unsubscribe {
        user_ids: texts(&["has space"]),
    };
    server
        .done(&alice, request::Body::Unsubscribe(unsubscribe))
        .await;
    server.set(&bob, "y").await;
    assert_eq!(told(&alice).len(), 1);
}

#[tokio::test]
async fn a_request_that_names_thousands_is_refused_before_they_are_looked_at() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    let user_ids: Vec<_> = (0..8_190).map(|number| format!("u{number}")).collect();
    let get = request::Body::GetUserStatus(v1::GetUserStatus { user_ids });
    let answer = server.ask(&alice, get).await;
    assert_eq!(answer.code, Code::InvalidParameters.number());
    assert!(
        answer.desc.contains("8190") && answer.desc.contains("500"),
        "{}",
        answer.desc
    );
}

#[tokio::test]
async fn w8_subscribing_hands_back_the_status_as_it_is() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.set(&bob, "x").await;
    let answer = server.subscribe(&alice, &["bob", "nobody"]).await;
    assert_eq!(answer[0], server.status("bob").await);
    assert_eq!(answer[1].normal, NormalStatus::Unknown.number());
}

#[tokio::test]
async fn s4_a_logout_leaves_the_account_unlogined_and_its_connection_without_effect() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    server.set(&bob, "x").await;
    told(&alice);
    server
        .done(&bob, request::Body::Logout(v1::Logout {}))
        .await;
    let news = told(&alice);
    assert_eq!(
        (news[0].normal, news[0].custom_status.as_str()),
        (NormalStatus::UnLogined.number(), ""),
        "C4"
    );
    server.gateway.connection_lost(bob, LossCause::Closed).await;
    assert_eq!(
        server.status("bob").await.normal,
        NormalStatus::UnLogined.number()
    );
    assert!(told(&alice).is_empty());
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let server = Server::in_memory(premium()).await;
    let alice = server.login("alice").await;
    let unknown = v1::Request {
        id: 3,
        resent: false,
        body: None,
    };
    let response = server.gateway.request(&alice, unknown).await;
    assert_eq!(
        (response.id, response.code),
        (3, Code::InvalidParameters.number())
    );
    let login = server.login_message("alice");
    let again = server.ask(&alice, request::Body::Login(login)).await;
    assert_eq!(again.code, Code::InvalidOperation.number());
    for (bytes, code) in [(64, Code::Ok), (65, Code::InvalidParameters)] {
        let set = v1::SetUserDefinedData {
            data: vec![0; bytes],
        };
        assert_eq!(
            server
                .ask(&alice, request::Body::SetUserDefinedData(set))
                .await
                .code,
            code.number()
        );
    }
}
