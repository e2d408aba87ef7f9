use crate::gateway::Session;
use crate::testing::{CrashDisk, START, Server, open, premium, told};
use std::time::Duration;
use tokio::time::advance;
use userstatus_core::{AppSettings, LossCause, NormalStatus, Plan};
use userstatus_store::apps::App;

/// The last that a session is told of somebody.
async fn told_of(session: &Session, name: &str) -> i32 {
    loop {
        session.outbox().ready().await;
        let told = told(session);
        // Who has not changed is not told again.
        assert!(told.iter().all(|status| status.user_id != "erin"));
        let last = told.into_iter().rfind(|status| status.user_id == name);
        if let Some(status) = last {
            return status.normal;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_switch_turned_on_again_tells_what_changed_while_it_was_off() {
    type Turn = fn(&mut AppSettings, bool);
    let turns: [(&str, Turn); 3] = [
        ("bob", |settings, is_on| settings.user_status = is_on),
        ("carol", |settings, is_on| {
            settings.friend_status_notification = is_on;
        }),
        ("bob", |settings, is_on| {
            settings.plan = if is_on { Plan::Premium } else { Plan::Basic };
        }),
    ];
    let server = Server::in_memory(premium()).await;
    for name in ["bob", "carol"] {
        let session = server.login(name).await;
        let gateway = &server.gateway;
        gateway.connection_lost(session, LossCause::Closed).await;
    }
    let watcher = server.login("alice").await;
    let other = server.login("dora").await;
    told(&other);
    let _erin = server.login("erin").await;
    server.subscribe(&watcher, &["bob", "erin"]).await;
    server.befriend(&watcher, "carol").await;
    for (name, turn) in turns {
        let session = server.login(name).await;
        assert_eq!(
            told_of(&watcher, name).await,
            NormalStatus::Online.number(),
            "{name}"
        );
        let change = |is_on| {
            server
                .gateway
                .change_app(server.app.id, move |app| turn(&mut app.settings, is_on))
        };
        advance(Duration::from_secs(1)).await;
        change(false).await.unwrap();
        told(&watcher);
        server
            .gateway
            .connection_lost(session, LossCause::Closed)
            .await;
        assert_eq!(told(&watcher), [], "{name}: it is off");
        change(true).await.unwrap();
        assert_ne!(told_of(&watcher, name).await, NormalStatus::Online.number());
        assert!(other.outbox().is_empty(), "who watches nobody");
    }
}

#[tokio::test]
async fn p2_a_switch_that_was_off_over_a_restart_tells_what_changed_before_it() {
    let disk = CrashDisk::default();
    let server = Server::on(open(&disk).unwrap(), premium(), START).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    let app = server.app.id;
    let off = |app: &mut App| app.settings.user_status = false;
    server.gateway.change_app(app, off).await.unwrap();
    server.set(&bob, "while it was off").await;
    server.gateway.flush().await.unwrap();
    let later = START.plus_ms(60_000);
    let server = Server::on(open(&disk.after_a_crash()).unwrap(), premium(), later).await;
    let mut login = server.login_message("alice");
    login.reconnect = true;
    let (alice, _) = server.try_login(login).await.unwrap();
    told(&alice);
    let on = |app: &mut App| app.settings.user_status = true;
    server.gateway.change_app(app, on).await.unwrap();
    told_of(&alice, "bob").await;
}

#[tokio::test(start_paused = true)]
async fn p2_a_switch_turned_off_again_at_once_tells_nothing() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    let turn = |is_on| {
        let change = move |app: &mut App| app.settings.user_status = is_on;
        server.gateway.change_app(server.app.id, change)
    };
    turn(false).await.unwrap();
    server.set(&bob, "while it is off").await;
    told(&alice);
    turn(true).await.unwrap();
    turn(false).await.unwrap();
    // Whatever was begun has ended when time goes on.
    advance(Duration::from_secs(1)).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(told(&alice), []);
}
