use crate::outbox::CloseOrder;
use crate::testing::{APP, START, Server, instance, key, premium, texts, told, told_customs};
use std::time::Duration;
use tokio::time::advance;
use userstatus_core::{Code, LossCause, NormalStatus, Plan, SigEnd, Timestamp};
use userstatus_store::Doomed;
use userstatus_store::apps::NewApp;
use userstatus_usersig::{SecretKey, mint};
use userstatus_wire::v1::{self, request};

async fn refused_with(server: &Server, change: impl FnOnce(&mut v1::Login)) -> Code {
    let mut login = server.login_message("alice");
    change(&mut login);
    server
        .try_login(login)
        .await
        .expect_err("it is to be refused")
        .code
}

#[tokio::test]
async fn d2_each_fault_of_a_usersig_has_its_code() {
    let server = Server::in_memory(premium()).await;
    let secret = &server.app.keys[0].secret;
    let now_s = server.gateway.clock().now().as_s();
    let other_key = SecretKey::new("another").unwrap();
    let sig = |app, name, at| mint(secret, app, name, at, 100).unwrap();
    let cases = [
        (String::new(), Code::SigEmpty),
        ("nonsense".to_owned(), Code::SigMalformed),
        (sig(APP, "alice", now_s - 100), Code::SigExpired),
        (sig(APP, "bob", now_s), Code::SigOtherUser),
        (sig(APP + 1, "alice", now_s), Code::SigOtherApp),
        (
            mint(&other_key, APP, "alice", now_s, 100).unwrap(),
            Code::SigForged,
        ),
        (sig(APP, "alice", now_s + 300 + 60), Code::SigMalformed),
    ];
    for (user_sig, code) in cases {
        assert_eq!(
            refused_with(&server, |login| login.user_sig = user_sig).await,
            code
        );
    }
    assert_eq!(
        refused_with(&server, |login| login.app_id = 5).await,
        Code::UnknownApp
    );
    assert_eq!(
        refused_with(&server, |login| login.app_id = 0).await,
        Code::UnknownApp
    );
    assert_eq!(
        refused_with(&server, |login| login.user_id = "a b".to_owned()).await,
        Code::InvalidParameters
    );
    assert_eq!(
        refused_with(&server, |login| login.instance_id = vec![1; 15]).await,
        Code::InvalidParameters
    );
    assert_eq!(
        refused_with(&server, |login| login.user_defined_data = vec![1; 65]).await,
        Code::InvalidParameters
    );
    assert_eq!(
        server.gateway.hub().counters().sessions,
        0,
        "no session is left behind"
    );
    assert_eq!(
        server.status("alice").await.normal,
        NormalStatus::Unknown.number()
    );
}

#[tokio::test]
async fn d2_two_keys_are_let_in_while_they_are_rotated() {
    let server = Server::in_memory(premium()).await;
    let apps = server.gateway.apps();
    let new_key = apps
        .add_key(server.app.id, None, Timestamp::default())
        .await
        .unwrap();
    let now_s = server.gateway.clock().now().as_s();
    let with_new = |login: &mut v1::Login| {
        login.user_sig = mint(&new_key.secret, APP, "alice", now_s, 100).unwrap()
    };
    let mut login = server.login_message("alice");
    with_new(&mut login);
    server.try_login(login.clone()).await.unwrap();
    server.login("alice").await;
    apps.remove_key(server.app.id, server.app.keys[0].id)
        .await
        .unwrap();
    assert_eq!(refused_with(&server, |_| {}).await, Code::SigForged);
    server.try_login(login).await.unwrap();
}

#[tokio::test]
async fn s6_a_reconnect_replaces_the_old_connection_and_nobody_is_told() {
    let server = Server::in_memory(premium()).await;
    let watcher = server.login("watcher").await;
    let first = server.login("bob").await;
    server.subscribe(&watcher, &["bob"]).await;
    told(&watcher);
    let mut again = server.login_message("bob");
    again.reconnect = true;
    let (second, _) = server.try_login(again).await.unwrap();
    assert_eq!(
        first.outbox().take_some(&mut Vec::new(), usize::MAX).close,
        Some(CloseOrder::Replaced)
    );
    server
        .gateway
        .connection_lost(first, LossCause::Closed)
        .await;
    assert!(told(&watcher).is_empty());
    assert_eq!(
        server.status("bob").await.normal,
        NormalStatus::Online.number()
    );
    server
        .gateway
        .connection_lost(second, LossCause::Closed)
        .await;
    assert_eq!(
        server.status("bob").await.normal,
        NormalStatus::Offline.number()
    );
    assert_eq!(told(&watcher).len(), 1);
}

#[tokio::test]
async fn d1_a_second_device_of_the_platform_kicks_the_first() {
    let server = Server::in_memory(premium()).await;
    let first = server.login("bob").await;
    let mut login = server.login_message("bob");
    login.instance_id = instance("bob", 9).to_vec();
    let second = server.try_login(login).await.unwrap().0;
    match first.outbox().take_some(&mut Vec::new(), usize::MAX).close {
        Some(CloseOrder::Kicked { code, .. }) => assert_eq!(code, Code::KickedOffline),
        other => panic!("{other:?}"),
    }
    told(&second);
    server.set(&second, "x").await;
    assert!(
        told(&first).is_empty(),
        "a kicked device is told nothing more"
    );
    let response = server
        .ask(
            &first,
            request::Body::SetSelfStatus(v1::SetSelfStatus::default()),
        )
        .await;
    assert_eq!(response.code, Code::NotLoggedIn.number());

    let mut reconnect = server.login_message("bob");
    reconnect.reconnect = true;
    assert_eq!(
        server.try_login(reconnect).await.unwrap_err().code,
        Code::KickedOffline
    );
}

#[tokio::test]
async fn d2_the_operator_kicks_and_revokes() {
    let server = Server::in_memory(premium()).await;
    let phone = server.login_device("bob", 4).await;
    let desk = server.login_device("bob", 1).await;
    assert_eq!(server.gateway.kick_all(&key("bob")).await.unwrap(), 2);
    for device in [&phone, &desk] {
        match device.outbox().take_some(&mut Vec::new(), usize::MAX).close {
            Some(CloseOrder::Kicked { code, .. }) => assert_eq!(code, Code::SigRevoked),
            other => panic!("{other:?}"),
        }
    }
    let refused = server
        .try_login(server.login_message("bob"))
        .await
        .unwrap_err();
    assert_eq!(refused.code, Code::SigRevoked);
}

#[tokio::test]
async fn d4_a_kick_holds_for_an_account_that_never_logged_in() {
    let server = Server::in_memory(premium()).await;
    let login = server.login_message("bob");
    assert_eq!(server.gateway.kick_all(&key("bob")).await.unwrap(), 0);
    assert!(server.gateway.account(&key("bob")).await.unwrap().is_none());
    let refused = server.try_login(login).await.unwrap_err();
    assert_eq!(refused.code, Code::SigRevoked);
}

#[tokio::test]
async fn d4_an_erased_account_stays_kicked() {
    let server = Server::in_memory(premium()).await;
    let gateway = &server.gateway;
    server.login("bob").await;
    let doomed = |name| Doomed {
        account: key(name),
        away_since: None,
    };
    for (name, was_there) in [("bob", true), ("never-seen", false)] {
        let login = server.login_message(name);
        gateway.kick_all(&key(name)).await.unwrap();
        let app = server.app.id;
        let erased = gateway.delete_accounts(app, &[doomed(name)]).await.unwrap();
        assert_eq!(erased, [was_there]);
        let refused = server.try_login(login).await.unwrap_err();
        assert_eq!(refused.code, Code::SigRevoked, "{name}");
        assert!(gateway.account(&key(name)).await.unwrap().is_none());
    }
}

/// What a session is told of its UserSig: how long it still holds.
fn told_of_sig(session: &crate::gateway::Session) -> Option<u64> {
    let taken = session.outbox().take_some(&mut Vec::new(), usize::MAX);
    taken.sig_expiring.map(|expiring| expiring.expires_in_ms)
}

fn sig(server: &Server, name: &str, life_s: u64) -> String {
    let now_s = server.gateway.clock().wall().as_s();
    mint(&server.app.keys[0].secret, APP, name, now_s, life_s).unwrap()
}

#[tokio::test(start_paused = true)]
async fn d3_a_session_is_told_before_and_at_the_end_of_its_usersig_once_each() {
    let server = Server::in_memory(premium()).await;
    let mut login = server.login_message("bob");
    login.user_sig = sig(&server, "bob", 3_600);
    let (bob, _) = server.try_login(login).await.unwrap();
    told(&bob);
    let begin = tokio::time::Instant::now();
    bob.outbox().ready().await;
    assert_eq!(begin.elapsed().as_secs(), 3_300);
    assert_eq!(told_of_sig(&bob), Some(300_000));
    bob.outbox().ready().await;
    assert_eq!(begin.elapsed().as_secs(), 3_600);
    assert_eq!(told_of_sig(&bob), Some(0));
    // The app says nothing else: the session goes on.
    tokio::time::sleep(std::time::Duration::from_secs(10_000)).await;
    assert_eq!(told_of_sig(&bob), None);
    assert!(!bob.outbox().is_closing());
}

#[tokio::test(start_paused = true)]
async fn d3_a_short_usersig_is_told_of_in_its_last_quarter() {
    let server = Server::in_memory(premium()).await;
    let mut login = server.login_message("bob");
    login.user_sig = sig(&server, "bob", 40);
    let (bob, _) = server.try_login(login).await.unwrap();
    told(&bob);
    bob.outbox().ready().await;
    assert_eq!(told_of_sig(&bob), Some(10_000));
}

#[tokio::test(start_paused = true)]
async fn d3_an_app_may_close_whose_usersig_has_ended_and_a_renewal_keeps_it() {
    let mut settings = premium();
    settings.sig_end = SigEnd::Close;
    let server = Server::in_memory(settings).await;
    let mut sessions = Vec::new();
    for name in ["alice", "bob"] {
        let mut login = server.login_message(name);
        login.user_sig = sig(&server, name, 100);
        sessions.push(server.try_login(login).await.unwrap().0);
    }
    tokio::time::sleep(std::time::Duration::from_secs(90)).await;
    let renew = |user_sig: String| request::Body::RenewSig(v1::RenewSig { user_sig });
    let forged = mint(
        &SecretKey::new("another").unwrap(),
        APP,
        "alice",
        1,
        9_999_999_999,
    )
    .unwrap();
    for (bad, code) in [
        (String::new(), Code::SigEmpty),
        ("garbage".to_owned(), Code::SigMalformed),
        (forged, Code::SigForged),
        (sig(&server, "bob", 100), Code::SigOtherUser),
    ] {
        let answer = server.ask(&sessions[0], renew(bad)).await;
        assert_eq!(answer.code, code.number());
    }
    let good = sig(&server, "alice", 1_000_000);
    assert_eq!(server.ask(&sessions[0], renew(good)).await.code, 0);
    tokio::time::sleep(std::time::Duration::from_secs(69)).await;
    assert!(!sessions[1].outbox().is_closing(), "the grace is 60 s");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    match sessions[1]
        .outbox()
        .take_some(&mut Vec::new(), usize::MAX)
        .close
    {
        Some(CloseOrder::Kicked { code, .. }) => assert_eq!(code, Code::SigExpired),
        other => panic!("{other:?}"),
    }
    assert!(!sessions[0].outbox().is_closing());
}

#[tokio::test(start_paused = true)]
async fn d3_what_an_app_does_at_the_end_holds_for_usersigs_that_have_ended() {
    let server = Server::in_memory(premium()).await;
    let mut login = server.login_message("bob");
    login.user_sig = sig(&server, "bob", 100);
    let (bob, _) = server.try_login(login).await.unwrap();
    let alice = server.login("alice").await;
    advance(Duration::from_secs(1)).await;
    // Until it was told of the end.
    while told_of_sig(&bob) != Some(0) {
        bob.outbox().ready().await;
    }
    advance(Duration::from_secs(3_600)).await;
    let change = |sig_end, grace_ms| {
        server.gateway.change_app(server.app.id, move |app| {
            app.settings.sig_end = sig_end;
            app.settings.limits.sig_close_grace_ms = grace_ms;
        })
    };
    change(SigEnd::Close, 86_400_000).await.unwrap();
    advance(Duration::from_secs(60)).await;
    assert!(!bob.outbox().is_closing(), "its grace is a day");
    change(SigEnd::Close, 1_000).await.unwrap();
    bob.outbox().ready().await;
    match bob.outbox().take_some(&mut Vec::new(), usize::MAX).close {
        Some(CloseOrder::Kicked { code, .. }) => assert_eq!(code, Code::SigExpired),
        other => panic!("{other:?}"),
    }
    assert!(!alice.outbox().is_closing());
}

#[tokio::test]
async fn d3_a_removed_key_takes_the_sessions_it_let_in() {
    let server = Server::in_memory(premium()).await;
    let id = server.app.id;
    let old = server.login("old").await;
    let renewed = server.login("renewed").await;
    let key = server
        .gateway
        .apps()
        .add_key(id, None, START)
        .await
        .unwrap();
    let now_s = server.gateway.clock().wall().as_s();
    let minted = |name: &str| mint(&key.secret, APP, name, now_s, 1_000).unwrap();
    let mut login = server.login_message("new");
    login.user_sig = minted("new");
    let (new, _) = server.try_login(login).await.unwrap();
    let renew = v1::RenewSig {
        user_sig: minted("renewed"),
    };
    server.done(&renewed, request::Body::RenewSig(renew)).await;
    server
        .gateway
        .remove_key(id, server.app.keys[0].id)
        .await
        .unwrap();
    match old.outbox().take_some(&mut Vec::new(), usize::MAX).close {
        Some(CloseOrder::Kicked { code, .. }) => assert_eq!(code, Code::SigForged),
        other => panic!("{other:?}"),
    }
    assert!(!new.outbox().is_closing() && !renewed.outbox().is_closing());
}

#[tokio::test]
async fn d4_a_usersig_from_the_future_is_refused_with_by_how_much() {
    let server = Server::in_memory(premium()).await;
    let now_s = server.gateway.clock().wall().as_s();
    let mut login = server.login_message("bob");
    login.user_sig = mint(&server.app.keys[0].secret, APP, "bob", now_s + 600, 1_000).unwrap();
    let refused = server.try_login(login.clone()).await.unwrap_err();
    let reason = crate::gateway::desc_of(&refused);
    assert!(reason.contains("600"), "{reason}");
    login.user_sig = mint(&server.app.keys[0].secret, APP, "bob", now_s + 300, 1_000).unwrap();
    server.try_login(login).await.unwrap();
}

async fn delete(server: &Server, name: &str) -> bool {
    let doomed = userstatus_store::Doomed {
        account: key(name),
        away_since: None,
    };
    let doomed = [doomed];
    let deleted = server.gateway.delete_accounts(server.app.id, &doomed);
    deleted.await.unwrap()[0]
}

#[tokio::test]
async fn erasing_an_account_logs_it_out_and_tells_who_watched() {
    let server = Server::in_memory(premium()).await;
    let (alice, bob) = (server.login("alice").await, server.login("bob").await);
    server.subscribe(&alice, &["bob"]).await;
    server.befriend(&alice, "bob").await;
    told(&alice);
    assert!(delete(&server, "bob").await);
    assert!(bob.outbox().is_closing());
    let last = told(&alice).pop().unwrap();
    assert_eq!(last.normal, NormalStatus::Unknown.number());
    let account = server
        .gateway
        .account(&key("alice"))
        .await
        .unwrap()
        .unwrap();
    assert!(account.friends.is_empty() && account.subscriptions.is_empty());
    assert!(!delete(&server, "bob").await);
    // He may come again, as somebody new.
    server.login("bob").await;
}

#[tokio::test(start_paused = true)]
async fn n7_a_reconnect_is_told_what_changed_while_it_was_away_and_nothing_else() {
    let server = Server::in_memory(premium()).await;
    let (bob, carol, dave) = (
        server.login("bob").await,
        server.login("carol").await,
        server.login("dave").await,
    );
    advance(Duration::from_secs(5)).await;
    let (alice, result) = server
        .try_login(server.login_message("alice"))
        .await
        .unwrap();
    let own = result.self_.unwrap();
    server.befriend(&alice, "dave").await;
    let known: Vec<_> = server
        .subscribe(&alice, &["bob", "carol", "stranger"])
        .await
        .into_iter()
        .chain([own])
        .map(|status| v1::KnownVersion {
            user_id: status.user_id,
            version: status.version,
            watched: 0,
        })
        .collect();
    server
        .gateway
        .connection_lost(alice, LossCause::Closed)
        .await;
    let back = |known| {
        let mut login = server.login_message("alice");
        login.reconnect = true;
        login.known = known;
        login
    };

    advance(Duration::from_secs(5)).await;
    server.set(&bob, "changed").await;
    let (alice, result) = server.try_login(back(known.clone())).await.unwrap();
    let mut news = told_customs(&alice);
    news.sort();
    let expected = [("alice", ""), ("bob", "changed")]
        .map(|(name, custom)| (name.to_owned(), custom.to_owned()));
    assert_eq!(
        news, expected,
        "alice was offline for a moment; carol and dave have not changed"
    );
    assert!(result.subscriptions_kept);

    // A friend of whom nothing was ever told: only if he changed since.
    server
        .gateway
        .connection_lost(alice, LossCause::Closed)
        .await;
    server.set(&dave, "changed too").await;
    let (alice, _) = server.try_login(back(known)).await.unwrap();
    let names: Vec<_> = told(&alice)
        .into_iter()
        .map(|status| status.user_id)
        .collect();
    assert!(
        names.contains(&"dave".to_owned()) && !names.contains(&"carol".to_owned()),
        "{names:?}"
    );
    drop(carol);
}

#[tokio::test]
async fn a_session_that_is_dropped_without_a_word_goes_offline() {
    let server = Server::in_memory(premium()).await;
    let watcher = server.login("watcher").await;
    let bob = server.login("bob").await;
    server.subscribe(&watcher, &["bob"]).await;
    told(&watcher);
    drop(bob);
    watcher.outbox().ready().await;
    assert_eq!(told(&watcher)[0].normal, NormalStatus::Offline.number());
}

#[tokio::test]
async fn a_removed_app_is_gone_with_its_accounts_and_connections() {
    let server = Server::in_memory(premium()).await;
    let bob = server.login("bob").await;
    let other = NewApp {
        settings: premium(),
        ..NewApp::default()
    };
    let other = server
        .gateway
        .apps()
        .create(other, Timestamp::default())
        .await
        .unwrap();
    server
        .gateway
        .import(&userstatus_store::AccountKey::new(
            other.id,
            crate::testing::user("bob"),
        ))
        .await
        .unwrap();
    server.gateway.delete_app(server.app.id).await.unwrap();
    match bob.outbox().take_some(&mut Vec::new(), usize::MAX).close {
        Some(CloseOrder::Kicked { code, .. }) => assert_eq!(code, Code::UnknownApp),
        unexpected => panic!("{unexpected:?}"),
    }
    let query = v1::GetUserStatus {
        user_ids: texts(&["bob"]),
    };
    let response = server.ask(&bob, request::Body::GetUserStatus(query)).await;
    assert_eq!(response.code, Code::UnknownApp.number());
    server.gateway.connection_lost(bob, LossCause::Closed).await;
    assert_eq!(
        userstatus_store::Store::accounts_count(&**server.gateway.store()),
        1,
        "the other app's"
    );
}

#[tokio::test]
async fn p1_who_may_not_ask_about_others_does_not_learn_who_there_is() {
    for (plan, user_status, is_told) in [
        (Plan::Basic, true, false),
        (Plan::Premium, false, false),
        (Plan::Premium, true, true),
    ] {
        let mut settings = premium();
        settings.plan = plan;
        settings.user_status = user_status;
        let server = Server::in_memory(settings).await;
        let mut login = server.login_message("alice");
        login.reconnect = true;
        login.known = vec![v1::KnownVersion {
            user_id: "nobody".to_owned(),
            version: 1,
            watched: 0,
        }];
        let (alice, _) = server.try_login(login).await.unwrap();
        let names = told(&alice).iter().any(|status| status.user_id == "nobody");
        assert_eq!(names, is_told, "{plan:?}");
    }
}
