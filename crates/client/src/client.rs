//! The API: a handle to a client's task.

use crate::driver::{self, Completer, Driver, Shared, Trust};
use crate::pin::PINS_MAX;
use crate::session::{REQUEST_TIMEOUT, Session, SessionConfig, UNSENT_TIMEOUT};
use crate::{
    AddFriend, Answer, CertificatePin, ConfigError, Error, Event, Friend, FriendResult,
    LoginStatus, NetworkChange, Reply, Request, ServerAddress, UserStatus,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use userstatus_core::{Code, Platform};
use userstatus_wire::USER_DEFINED_DATA_BYTES_MAX;

/// A heartbeat more often than this would cost more than it tells.
pub const HEARTBEAT_INTERVAL_MIN: Duration = Duration::from_secs(5);

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where the server is; 1 to 8 addresses of it. The first that answers is used, whichever stands first, and tried first the next time.
    pub servers: Vec<ServerAddress>,
    /// The app.
    pub app_id: u64,
    /// What the client runs on; the default is the target it was built for.
    pub platform: Platform,
    /// Random, drawn anew by [`ClientConfig::new`]: tells a reconnect from a second device (D1).
    pub instance_id: [u8; 16],
    /// Certificates, in PEM, that a `tls://` server is checked against; the default is the system's.
    pub tls_ca_file: Option<PathBuf>,
    /// The same, as a text; beside a file, both count.
    pub tls_ca_pem: Option<String>,
    /// Keys, one of which the certificate of a `tls://` server has to have, beside being signed by an authority; at most 16. None: any.
    pub tls_pins: Vec<CertificatePin>,
    /// How long the client may send nothing, if that is shorter than the server asks for: so it hears sooner that a network is gone that
    /// nothing was sent over. At least [`HEARTBEAT_INTERVAL_MIN`].
    pub heartbeat_interval: Option<Duration>,
    /// How long a request sent waits for its answer: 10 s.
    pub request_timeout: Duration,
    /// How long a request that cannot be sent waits for a connection: 30 s.
    pub unsent_timeout: Duration,
    /// Sent with every login, for the operator's webhooks; at most 64 bytes.
    pub user_defined_data: Vec<u8>,
    /// How the client calls itself.
    pub sdk_name: String,
}

impl ClientConfig {
    /// The defaults, for an app on a server.
    pub fn new(server: ServerAddress, app_id: u64) -> Self {
        Self {
            servers: vec![server],
            app_id,
            platform: own_platform(),
            instance_id: rand::random(),
            tls_ca_file: None,
            tls_ca_pem: None,
            tls_pins: Vec::new(),
            heartbeat_interval: None,
            request_timeout: REQUEST_TIMEOUT,
            unsent_timeout: UNSENT_TIMEOUT,
            user_defined_data: Vec::new(),
            sdk_name: "libuserstatus".to_owned(),
        }
    }
}

/// A client: one login at a time, one connection, one task. Cheap to clone; the task ends with [`Client::shutdown`], or when the
/// last handle is dropped.
#[derive(Clone, Debug)]
pub struct Client(Arc<Shared>);

impl Client {
    /// Starts a client's task on `runtime`. It connects at the first login.
    ///
    /// `events` is called on that task and must not block; neither may the functions given to [`Client::submit`].
    ///
    /// # Errors
    /// [`ConfigError`] says which part of the configuration cannot be used.
    pub fn new(
        config: ClientConfig,
        runtime: &Handle,
        events: impl FnMut(Event) + Send + 'static,
    ) -> Result<Self, ConfigError> {
        if config.user_defined_data.len() > USER_DEFINED_DATA_BYTES_MAX {
            return Err(ConfigError::UserDefinedData(config.user_defined_data.len()));
        }
        if config.tls_pins.len() > PINS_MAX {
            return Err(ConfigError::Pins(config.tls_pins.len()));
        }
        if let Some(interval) = config.heartbeat_interval
            && interval < HEARTBEAT_INTERVAL_MIN
        {
            return Err(ConfigError::Heartbeat(interval));
        }
        let trust = Trust {
            ca_file: config.tls_ca_file.as_deref(),
            ca_pem: config.tls_ca_pem.as_deref(),
            pins: &config.tls_pins,
        };
        let connector = driver::Connector::new(&config.servers, trust)?;
        let session = Session::new(SessionConfig {
            app_id: config.app_id,
            platform: config.platform,
            instance_id: config.instance_id,
            sdk_name: config.sdk_name,
            sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
            request_timeout: config.request_timeout,
            unsent_timeout: config.unsent_timeout,
            heartbeat_interval: config.heartbeat_interval,
            user_defined_data: config.user_defined_data,
            jitter_seed: rand::random(),
        });
        let shared = Arc::new(Shared::default());
        // The task holds the state weakly: the last handle's drop is what tells it to end.
        let driver = Driver::new(session, connector, &shared, Box::new(events));
        runtime.spawn(driver);
        Ok(Self(shared))
    }

    /// Hands in a request and returns at once. `done` is called exactly once with the answer, on the client's task; where that task
    /// is gone (7009), or does not get to run while tens of thousands of requests wait for it (7008), at once and here.
    pub fn submit(&self, request: Request, done: impl FnOnce(Reply) + Send + 'static) {
        self.0.submit(request, Completer::new(Box::new(done)));
    }

    /// Logs in. While logged in as the same user it renews the UserSig (D3): the server checks it, and if it is refused the old one stays;
    /// while the connection is being restored the next login uses it.
    ///
    /// # Errors
    /// The server's code (70001, …), 70003 at once for a UserSig of more than 2,048 bytes, 60018 too many logins of the account, 9523 or
    /// 9520 if it cannot be reached, 6015, 7014 while logged in as somebody else; 6017 a server too old to renew a UserSig.
    pub async fn login(&self, user_id: &str, user_sig: &str) -> Result<(), Error> {
        let request = Request::Login {
            user_id: user_id.to_owned(),
            user_sig: user_sig.to_owned(),
        };
        self.ask(request).await.map(drop)
    }

    /// Logs out; what is pending ends with 7009.
    ///
    /// # Errors
    /// 6015 while another logout is under way.
    pub async fn logout(&self) -> Result<(), Error> {
        self.ask(Request::Logout).await.map(drop)
    }

    /// Sets one's own custom status (C1 to C5).
    ///
    /// # Errors
    /// 6017 too long, 6014 not logged in, or the server could not be asked.
    pub async fn set_self_status(&self, custom: &str) -> Result<(), Error> {
        self.ask(Request::SetSelfStatus(custom.to_owned()))
            .await
            .map(drop)
    }

    /// Asks about users (G1 to G3).
    ///
    /// # Errors
    /// 7013, 72001, 6017, 7008 and 60018, 6014, or the server could not be asked.
    pub async fn get_user_status(&self, user_ids: Vec<String>) -> Result<Vec<UserStatus>, Error> {
        match self.ask(Request::GetUserStatus(user_ids)).await? {
            Answer::Statuses(statuses) => Ok(statuses),
            other => Err(unexpected(&other)),
        }
    }

    /// Watches users, and tells how they stand (W1 to W8). An id that no account can have is answered as unknown (S7).
    ///
    /// # Errors
    /// 7014 oneself, 7013, 72001, 6017, 7008 and 60018, 6014, or the server could not be asked.
    pub async fn subscribe(&self, user_ids: Vec<String>) -> Result<Vec<UserStatus>, Error> {
        match self.ask(Request::Subscribe(user_ids)).await? {
            Answer::Statuses(statuses) => Ok(statuses),
            other => Err(unexpected(&other)),
        }
    }

    /// Watches users no more; an empty list means all (W6).
    ///
    /// # Errors
    /// As [`Client::subscribe`], but for 7014.
    pub async fn unsubscribe(&self, user_ids: Vec<String>) -> Result<(), Error> {
        self.ask(Request::Unsubscribe(user_ids)).await.map(drop)
    }

    /// Adds a friend.
    ///
    /// # Errors
    /// 7013, 7014 where only the studio's server makes friends (R2), 7008 and 60018, 6017, 6014, or the server could not be asked; what became of the friend is in the result.
    pub async fn add_friend(&self, friend: AddFriend) -> Result<Vec<FriendResult>, Error> {
        match self.ask(Request::AddFriend(friend)).await? {
            Answer::FriendResults(results) => Ok(results),
            other => Err(unexpected(&other)),
        }
    }

    /// Deletes friends.
    ///
    /// # Errors
    /// 7013, 7014 where only the studio's server ends friendships (R2), 7008 and 60018, 6017, 6014, or the server could not be asked; what became of each is in the results.
    pub async fn delete_friends(
        &self,
        user_ids: Vec<String>,
        both: bool,
    ) -> Result<Vec<FriendResult>, Error> {
        match self.ask(Request::DeleteFriends { user_ids, both }).await? {
            Answer::FriendResults(results) => Ok(results),
            other => Err(unexpected(&other)),
        }
    }

    /// Blocks users (R2): neither is told of the other any more, and asking shows them offline.
    ///
    /// # Errors
    /// 7013, 7008 and 60018, 6017, 6014, or the server could not be asked; what became of each is in the results.
    pub async fn block(&self, user_ids: Vec<String>) -> Result<Vec<FriendResult>, Error> {
        match self.ask(Request::Block(user_ids)).await? {
            Answer::FriendResults(results) => Ok(results),
            other => Err(unexpected(&other)),
        }
    }

    /// Blocks users no more.
    ///
    /// # Errors
    /// As [`Client::block`].
    pub async fn unblock(&self, user_ids: Vec<String>) -> Result<Vec<FriendResult>, Error> {
        match self.ask(Request::Unblock(user_ids)).await? {
            Answer::FriendResults(results) => Ok(results),
            other => Err(unexpected(&other)),
        }
    }

    /// Lists those one has blocked, by user id.
    ///
    /// # Errors
    /// As [`Client::list_friends`].
    pub async fn list_blocked(&self) -> Result<Vec<String>, Error> {
        match self.ask(Request::ListBlocked).await? {
            Answer::Blocked(users) => Ok(users),
            other => Err(unexpected(&other)),
        }
    }

    /// Lists one's friends, by user id; at most [`LIST_ENTRIES_MAX`](crate::session::LIST_ENTRIES_MAX). They come in pages: each has the
    /// time of a request.
    ///
    /// # Errors
    /// 7013, 7008 and 60018, 6014, or the server could not be asked.
    pub async fn list_friends(&self) -> Result<Vec<Friend>, Error> {
        match self.ask(Request::ListFriends).await? {
            Answer::Friends(friends) => Ok(friends),
            other => Err(unexpected(&other)),
        }
    }

    /// Where login stands; a login handed in counts from that moment.
    pub fn login_status(&self) -> LoginStatus {
        self.0.login_status()
    }

    /// Who is logged in.
    pub fn login_user(&self) -> Option<String> {
        self.0.login_user()
    }

    /// The server's clock, in milliseconds since the Unix epoch; `None` before the first connection.
    pub fn server_time_ms(&self) -> Option<u64> {
        self.0.server_time_ms()
    }

    /// How many users an account can be subscribed to at a time (W2), as the server said at the last login; before the first, 200.
    pub fn subscriptions_max(&self) -> u32 {
        self.0.subscriptions_max()
    }

    /// The application is in the foreground again: find out at once whether the connection stands, and make it again if it does not.
    pub fn probe(&self) {
        self.0.probe();
    }

    /// The platform says that the network changed. The client does at once what it would otherwise find out in its own time: a
    /// connection whose network is gone is told to be lost, one that may have been left behind is probed, one that is wanted is made.
    pub fn network_changed(&self, change: NetworkChange) {
        self.0.network_changed(change);
    }

    /// Ends the client, without a logout: what is pending ends with 7009, the connection is closed. Resolves when the task is gone;
    /// nothing is called after that.
    pub async fn shutdown(&self) {
        let gone = self.0.shut_down();
        // An error says that the task dropped the sender: it is gone too.
        let _ = gone.await;
    }

    async fn ask(&self, request: Request) -> Reply {
        let (sender, receiver) = oneshot::channel();
        self.submit(request, move |reply| {
            // The caller may have stopped waiting.
            let _ = sender.send(reply);
        });
        receiver
            .await
            .unwrap_or_else(|_| Err(Error::of(Code::EndedByShutdown)))
    }
}

fn unexpected(answer: &Answer) -> Error {
    let kind = match answer {
        Answer::Done => "nothing",
        Answer::Statuses(_) => "statuses",
        Answer::FriendResults(_) => "friend results",
        Answer::Friends(_) => "friends",
        Answer::Blocked(_) => "blocked users",
    };
    Error::with(Code::Internal, format!("the server answered with {kind}"))
}

const fn own_platform() -> Platform {
    if cfg!(target_os = "windows") {
        Platform::Windows
    } else if cfg!(target_os = "macos") {
        Platform::Mac
    } else if cfg!(target_os = "ios") {
        Platform::IPhone
    } else if cfg!(target_os = "android") {
        Platform::Android
    } else if cfg!(target_arch = "wasm32") {
        Platform::Web
    } else {
        Platform::Linux
    }
}
