//! A server without sockets, for tests of what is behind them.

use crate::clock::Clock;
use crate::gateway::{Gateway, Session};
use crate::hub::Hub;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use userstatus_core::{AppId, AppSettings, Platform, Refusal, Timestamp};
use userstatus_store::AccountKey;
use userstatus_store::Store;
use userstatus_store::apps::{App, AppRegistry, NewApp};
use userstatus_store::embedded::{EmbeddedStore, OpenError};
pub(crate) use userstatus_testing::{APP, CrashDisk, START, instance, premium, premium_with, user};
use userstatus_usersig::{SecretKey, mint};
use userstatus_wire::v1::{self, request, response};

pub(crate) fn key(name: &str) -> AccountKey {
    AccountKey::new(AppId::new(APP).unwrap(), user(name))
}

/// The store on this disk.
pub(crate) fn open(disk: &CrashDisk) -> Result<Arc<EmbeddedStore>, OpenError> {
    let disk = disk.clone();
    EmbeddedStore::open_on("crash.redb".as_ref(), move || Ok(disk.clone()))
}

/// One app on one store.
pub(crate) struct Server<S: Store = EmbeddedStore> {
    pub(crate) gateway: Arc<Gateway<S>>,
    pub(crate) app: Arc<App>,
}

impl Server {
    pub(crate) async fn in_memory(settings: AppSettings) -> Self {
        Self::on(EmbeddedStore::open(None).unwrap(), settings, START).await
    }

    /// Started on what is in the store; the app is made if it is not there.
    pub(crate) async fn on(
        store: Arc<EmbeddedStore>,
        settings: AppSettings,
        at: Timestamp,
    ) -> Self {
        let clock = Clock::starting_at(at).not_before(store.time_floor(at));
        let apps = AppRegistry::load(Arc::clone(&store) as _).unwrap();
        let id = AppId::new(APP).unwrap();
        let app = match apps.get(id) {
            Some(app) => app,
            None => apps
                .create(
                    NewApp {
                        id: Some(id),
                        name: "test".to_owned(),
                        settings,
                        secret: Some(SecretKey::new("a secret key that only tests have").unwrap()),
                    },
                    clock.now(),
                )
                .await
                .unwrap(),
        };
        let hub = Hub::new(Arc::clone(&apps), clock);
        let gateway = Gateway::new(apps, store, hub, clock);
        gateway.start().await.unwrap();
        Self { gateway, app }
    }
}

impl<S: Store> Server<S> {
    pub(crate) fn login_message(&self, name: &str) -> v1::Login {
        let secret = &self.app.keys[0].secret;
        let now_s = self.gateway.clock().wall().as_s();
        v1::Login {
            app_id: APP,
            user_id: name.to_owned(),
            user_sig: mint(secret, APP, name, now_s, 86_400).unwrap(),
            platform: Platform::Windows.number(),
            instance_id: instance(name, 0).to_vec(),
            ..v1::Login::default()
        }
    }

    pub(crate) async fn try_login(
        &self,
        login: v1::Login,
    ) -> Result<(Session, v1::LoginResult), Refusal> {
        let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        self.gateway.login(peer, login).await
    }

    pub(crate) async fn login(&self, name: &str) -> Session {
        self.try_login(self.login_message(name)).await.unwrap().0
    }

    /// A device of its own kind: `number` is its platform and part of its instance.
    pub(crate) async fn login_device(&self, name: &str, number: u8) -> Session {
        let mut login = self.login_message(name);
        login.platform = u32::from(number);
        login.instance_id = instance(name, number).to_vec();
        self.try_login(login).await.unwrap().0
    }

    pub(crate) async fn ask(&self, session: &Session, body: request::Body) -> v1::Response {
        let request = v1::Request::new(7, body);
        let response = self.gateway.request(session, request).await;
        assert_eq!(response.id, 7);
        response
    }

    /// Asks for something that is to succeed.
    pub(crate) async fn done(
        &self,
        session: &Session,
        body: request::Body,
    ) -> Option<response::Body> {
        let response = self.ask(session, body).await;
        assert_eq!(response.code, 0, "{}", response.desc);
        response.body
    }

    pub(crate) async fn set(&self, session: &Session, custom: &str) {
        let custom_status = custom.to_owned();
        self.done(
            session,
            request::Body::SetSelfStatus(v1::SetSelfStatus { custom_status }),
        )
        .await;
    }

    pub(crate) async fn subscribe(&self, session: &Session, names: &[&str]) -> Vec<v1::UserStatus> {
        let subscribe = v1::Subscribe {
            user_ids: texts(names),
        };
        statuses(
            self.done(session, request::Body::Subscribe(subscribe))
                .await,
        )
    }

    pub(crate) async fn befriend(&self, session: &Session, name: &str) -> v1::FriendResult {
        let add = v1::AddFriend {
            user_id: name.to_owned(),
            both: true,
            ..v1::AddFriend::default()
        };
        let body = self.done(session, request::Body::AddFriend(add)).await;
        friend_results(body).remove(0)
    }

    pub(crate) async fn status(&self, name: &str) -> v1::UserStatus {
        let app = AppId::new(APP).unwrap();
        let statuses = self
            .gateway
            .store()
            .statuses(app, None, &[user(name)])
            .await
            .unwrap();
        crate::gateway::status_message(&statuses[0])
    }
}

pub(crate) fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn statuses(body: Option<response::Body>) -> Vec<v1::UserStatus> {
    match body {
        Some(response::Body::Statuses(list)) => list.statuses,
        other => panic!("no statuses: {other:?}"),
    }
}

pub(crate) fn friend_results(body: Option<response::Body>) -> Vec<v1::FriendResult> {
    match body {
        Some(response::Body::FriendResults(list)) => list.results,
        other => panic!("no friend results: {other:?}"),
    }
}

/// Takes what a session still has to be told, decoded: user, custom status, version.
pub(crate) fn told(session: &Session) -> Vec<v1::UserStatus> {
    let mut taken = Vec::new();
    session.outbox().take_some(&mut taken, usize::MAX);
    taken
        .iter()
        .map(|change| decoded((**change).as_ref()))
        .collect()
}

/// The same, names and custom statuses only.
pub(crate) fn told_customs(session: &Session) -> Vec<(String, String)> {
    told(session)
        .into_iter()
        .map(|status| (status.user_id, status.custom_status))
        .collect()
}

fn decoded(entry: &[u8]) -> v1::UserStatus {
    let mut push: v1::StatusPush = prost::Message::decode(entry).unwrap();
    push.statuses.remove(0)
}
