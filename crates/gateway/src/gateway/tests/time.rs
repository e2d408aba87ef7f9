//! What happens by itself, on a paused clock.

use crate::testing::{Server, premium, premium_with, told};
use std::time::Duration;
use tokio::time::{Instant, advance};
use userstatus_core::{LossCause, NormalStatus};

#[tokio::test(start_paused = true)]
async fn s8_a_grace_that_ends_is_told_when_it_ends() {
    let server = Server::in_memory(premium_with(|limits| limits.disconnect_grace_ms = 5_000)).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    told(&alice);
    let lost_at = Instant::now();
    server.gateway.connection_lost(bob, LossCause::Closed).await;
    assert!(alice.outbox().is_empty());
    alice.outbox().ready().await;
    assert_eq!(lost_at.elapsed().as_millis(), 5_000);
    assert_eq!(told(&alice)[0].normal, NormalStatus::Offline.number());
}

#[tokio::test(start_paused = true)]
async fn s8_a_reconnect_within_the_grace_is_no_change() {
    let server = Server::in_memory(premium_with(|limits| limits.disconnect_grace_ms = 5_000)).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    told(&alice);
    server.gateway.connection_lost(bob, LossCause::Closed).await;
    advance(Duration::from_millis(4_000)).await;
    let _bob = server.login("bob").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(told(&alice).is_empty());
    assert_eq!(
        server.status("bob").await.normal,
        NormalStatus::Online.number()
    );
}

#[tokio::test(start_paused = true)]
async fn w7_the_list_of_an_absent_account_is_cleared_after_600_s() {
    let server = Server::in_memory(premium()).await;
    for (away_s, kept) in [(599, true), (601, false)] {
        let alice = server.login("alice").await;
        server.subscribe(&alice, &["bob"]).await;
        server
            .gateway
            .connection_lost(alice, LossCause::Closed)
            .await;
        tokio::time::sleep(Duration::from_secs(away_s)).await;
        let (alice, result) = server
            .try_login(server.login_message("alice"))
            .await
            .unwrap();
        assert_eq!(result.subscriptions_kept, kept, "after {away_s} s");
        server
            .gateway
            .connection_lost(alice, LossCause::Closed)
            .await;
    }
}
