//! A listener in front of a gateway, in this process.

use crate::hanging_disk::HangingDisk;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use userstatus_core::AppId;
use userstatus_edge::settings::{Connections, Listener as Settings, Throttle as ThrottleSettings};
use userstatus_edge::{Listener, Shared, Slots, Stopper, Throttle};
use userstatus_gateway::clock::Clock;
use userstatus_gateway::hub::Hub;
use userstatus_gateway::{Census, Gateway, Session};
use userstatus_store::apps::{AppRegistry, NewApp};
use userstatus_store::embedded::EmbeddedStore;
use userstatus_testing::{APP, instance, premium_with};
use userstatus_usersig::{SecretKey, mint};
use userstatus_wire::v1;

pub struct Server {
    pub gateway: Arc<Gateway>,
    pub address: SocketAddr,
    pub slots: Arc<Slots>,
    pub disk: HangingDisk,
    shared: Arc<Shared<EmbeddedStore>>,
    stopper: Stopper,
}

/// The first login of somebody.
pub fn login(name: &str) -> v1::Login {
    static NUMBER: AtomicU8 = AtomicU8::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    v1::Login {
        app_id: APP,
        user_id: name.to_owned(),
        user_sig: mint(&secret(), APP, name, now.as_secs(), 3_600).unwrap(),
        platform: v1::Platform::Linux as u32,
        instance_id: instance(name, NUMBER.fetch_add(1, Ordering::Relaxed)).to_vec(),
        ..v1::Login::default()
    }
}

fn secret() -> SecretKey {
    SecretKey::new("a secret key that only tests have").unwrap()
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Connections::default()).await
    }

    pub async fn start_with(connections: Connections) -> Self {
        Self::start_as(connections, 0).await
    }

    /// With so many places for each address.
    pub async fn start_with_places(per_address_max: u32) -> Self {
        Self::start_as(Connections::default(), per_address_max).await
    }

    async fn start_as(connections: Connections, per_address_max: u32) -> Self {
        let disk = HangingDisk::default();
        let backend = disk.clone();
        let store =
            EmbeddedStore::open_on("hanging.redb".as_ref(), move || Ok(backend.clone())).unwrap();
        let clock = Clock::system();
        let apps = AppRegistry::load(Arc::clone(&store) as _).unwrap();
        let settings = premium_with(|limits| {
            limits.custom_status_bytes_max = 4_096;
            limits.requests_per_window = 1_000;
            limits.subscriptions_max = 1_000;
            limits.subscribe_users_max = 1_000;
        });
        let app = NewApp {
            id: AppId::new(APP),
            name: "test".to_owned(),
            settings,
            secret: Some(secret()),
        };
        apps.create(app, clock.now()).await.unwrap();
        let hub = Hub::new(Arc::clone(&apps), clock);
        let gateway = Gateway::new(apps, store, hub, clock);
        gateway.start().await.unwrap();
        let (stopper, stopping) = Stopper::new();
        let slots = Slots::new(Arc::new(Census::new(10_000)), per_address_max);
        let shared = Shared::new(
            Arc::clone(&gateway),
            Throttle::new(ThrottleSettings::default()),
            connections,
            0,
            Arc::clone(&slots),
            stopping,
        );
        let address = listen(&shared, Settings::default());
        Self {
            gateway,
            address,
            slots,
            disk,
            shared,
            stopper,
        }
    }

    /// Listens once more, plain unless the settings say otherwise.
    pub fn listen(&self, settings: Settings) -> SocketAddr {
        listen(&self.shared, settings)
    }

    /// Clients are told to go.
    pub fn stop(&self) {
        self.stopper.stop_within(Duration::from_secs(30));
        self.gateway.hub().say_goaway(0, "the test stops");
    }

    pub async fn set_silence_timeout_ms(&self, silence_timeout_ms: u32) {
        let app = AppId::new(APP).unwrap();
        let changed = self.gateway.change_app(app, |app| {
            app.settings.limits.heartbeat_interval_ms = silence_timeout_ms / 2;
            app.settings.limits.silence_timeout_ms = silence_timeout_ms;
        });
        changed.await.unwrap();
    }

    /// Somebody who needs no socket.
    pub async fn session(&self, name: &str) -> Session {
        let peer = ([127, 0, 0, 1], 1).into();
        let (session, _) = self.gateway.login(peer, login(name)).await.unwrap();
        session
    }

    /// Looks until something is so.
    pub async fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..6_000 {
            if is_so(self) {
                return;
            }
            looks.tick().await;
        }
        panic!("{what} did not come");
    }
}

fn listen(shared: &Arc<Shared<EmbeddedStore>>, settings: Settings) -> SocketAddr {
    let listener = Listener::bind(&Settings {
        address: ([127, 0, 0, 1], 0).into(),
        plain_tcp: settings.tls_files().is_none(),
        ..settings
    })
    .unwrap();
    let address = listener.address();
    tokio::spawn(listener.run(Arc::clone(shared)));
    address
}
