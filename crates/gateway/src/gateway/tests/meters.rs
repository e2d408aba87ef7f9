//! What operators see of all that.

use crate::testing::{Server, premium, premium_with, texts, told};
use crate::{Answered, Asked};
use std::time::Instant;
use userstatus_core::{Code, LossCause};
use userstatus_wire::v1::{self, request};

#[tokio::test]
async fn every_request_is_counted_by_what_became_of_it_and_refusals_by_code() {
    let server = Server::in_memory(premium_with(|limits| limits.query_users_max = 1)).await;
    let alice = server.login("alice").await;
    server.set(&alice, "x").await;
    server.subscribe(&alice, &["bob"]).await;
    for names in [&["bob"][..], &["bob", "carol"]] {
        let get = v1::GetUserStatus {
            user_ids: texts(names),
        };
        server.ask(&alice, request::Body::GetUserStatus(get)).await;
    }
    let mut forged = server.login_message("mallory");
    forged.user_sig = "no UserSig".to_owned();
    let code = server.try_login(forged).await.unwrap_err().code;
    let meters = server.gateway.meters();
    let count = |asked, answered| meters.of(asked).answered.of(answered);
    assert_eq!(count(Asked::Login, Answered::Ok), 1);
    assert_eq!(count(Asked::Login, Answered::Refused), 1);
    assert_eq!(count(Asked::SetSelfStatus, Answered::Ok), 1);
    assert_eq!(count(Asked::GetUserStatus, Answered::Ok), 1);
    assert_eq!(count(Asked::GetUserStatus, Answered::Refused), 1);
    assert_eq!(meters.of(Asked::GetUserStatus).took.count().total(), 2);
    assert_eq!(
        meters.logins_refused.each().collect::<Vec<_>>(),
        [(code, 1)]
    );
    let refused: Vec<_> = meters.requests_refused.each().collect();
    assert_eq!(refused, [(Code::InvalidParameters, 1)]);
}

#[tokio::test]
async fn what_is_watched_is_counted_while_somebody_is_there_to_watch() {
    let server = Server::in_memory(premium()).await;
    server.login("bob").await;
    let alice = server.login("alice").await;
    let watched = || server.gateway.hub().watched();
    server.subscribe(&alice, &["bob", "carol"]).await;
    server.befriend(&alice, "bob").await;
    let friends = watched().1;
    assert_eq!(watched(), (2, friends));
    assert!(friends > 0);
    let unsubscribe = v1::Unsubscribe {
        user_ids: texts(&["carol"]),
    };
    server
        .done(&alice, request::Body::Unsubscribe(unsubscribe))
        .await;
    assert_eq!(watched().0, 1);
    server
        .gateway
        .connection_lost(alice, LossCause::Closed)
        .await;
    assert_eq!(watched().0, 0);
}

#[tokio::test]
async fn a_change_is_measured_from_its_commit_and_counted_with_all_who_are_told() {
    let server = Server::in_memory(premium()).await;
    let [alice, bob, carol] = [
        server.login("alice").await,
        server.login("bob").await,
        server.login("carol").await,
    ];
    server.subscribe(&alice, &["bob"]).await;
    server.subscribe(&carol, &["bob"]).await;
    for session in [&alice, &bob, &carol] {
        told(session);
    }
    let meters = server.gateway.hub().meters();
    let before = meters.fan_out.count();
    server.set(&bob, "in a match").await;
    let after = meters.fan_out.count();
    assert_eq!(
        (after.total() - before.total(), after.sum - before.sum),
        (1, 3)
    );
    assert!(meters.waiting_bytes.now() > 0);
    let mut statuses = Vec::new();
    for session in [&alice, &bob, &carol] {
        session.outbox().take_some(&mut statuses, usize::MAX);
        session.outbox().sent(&statuses, Instant::now());
    }
    assert_eq!(meters.watch_latency.count().total(), 3);
    assert_eq!(meters.waiting_bytes.now(), 0);
}
