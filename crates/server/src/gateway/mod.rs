//! From a request to a command, and from its outcome to an answer.

use crate::account_key::AccountKey;
use crate::apps::{AppError, AppRegistry};
use crate::clock::Clock;
use crate::hub::Hub;
use crate::outbox::Outbox;
use crate::store::embedded::EmbeddedStore;
use crate::store::{NotDurable, Store};
use std::net::SocketAddr;
use std::sync::Arc;
use userstatus_core::{Account, AppId, Code, LossCause, Refusal, SessionId};
use userstatus_wire::v1;

pub(crate) use message::status_message;

mod message;

/// A logged-in connection. To be handed back with [`Gateway::connection_lost`] when the connection ends, however it ends.
#[derive(Debug)]
pub struct Session {
    outbox: Arc<Outbox>,
}

impl Session {
    /// What the connection has to write, besides answers.
    pub const fn outbox(&self) -> &Arc<Outbox> {
        &self.outbox
    }

    /// Whose.
    pub fn account(&self) -> &AccountKey {
        self.outbox.account()
    }

    /// Its number.
    pub fn id(&self) -> SessionId {
        self.outbox.session()
    }
}

/// Why an operator's request could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    /// The app registry refused.
    #[error(transparent)]
    App(#[from] AppError),
    /// The rules refused.
    #[error("{}", desc_of(.0))]
    Refused(Refusal),
}

/// What a client is told of a refusal.
pub fn desc_of(refusal: &Refusal) -> String {
    match &refusal.detail {
        Some(detail) => detail.to_string(),
        None => refusal.code.text().to_owned(),
    }
}

/// Carries out what clients and operators ask.
pub struct Gateway<S: Store = EmbeddedStore> {
    apps: Arc<AppRegistry>,
    store: Arc<S>,
    hub: Arc<Hub>,
    clock: Clock,
}

impl<S: Store> Gateway<S> {
    /// Puts the parts together: from now on the hub is told of the store's commits. [`Gateway::start`] comes next.
    pub fn new(apps: Arc<AppRegistry>, store: Arc<S>, hub: Arc<Hub>, clock: Clock) -> Arc<Self> {
        store.publish_to(Arc::clone(&hub) as _);
        Arc::new(Self {
            apps,
            store,
            hub,
            clock,
        })
    }

    /// Takes up what stood when the server stopped (S6), and from then on does what happens by itself. Before the first login.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn start(self: &Arc<Self>) -> Result<(), crate::store::StoreError> {
        Ok(())
    }

    /// The apps.
    pub const fn apps(&self) -> &Arc<AppRegistry> {
        &self.apps
    }

    /// The hub.
    pub const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The store.
    pub const fn store(&self) -> &Arc<S> {
        &self.store
    }

    /// The clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Logs a connection in. Its outbox fills from before this returns; it is to be emptied only after the answer was queued.
    ///
    /// # Errors
    /// What the client is to be told; the connection may try again.
    pub async fn login(
        &self,
        peer: SocketAddr,
        login: v1::Login,
    ) -> Result<(Session, v1::LoginResult), Refusal> {
        let _ = (peer, login);
        Err(Refusal {
            code: Code::Internal,
            detail: None,
        })
    }

    /// Answers any request but a login. After the answer to a logout the session is over and the connection is to be closed.
    pub async fn request(&self, session: &Session, request: v1::Request) -> v1::Response {
        let _ = session;
        v1::Response::refused(request.id, Code::Internal.number(), Code::Internal.text())
    }

    /// A connection ended without a logout, or after one. While the server is stopping its device stays, under lease.
    pub async fn connection_lost(&self, session: Session, cause: LossCause) {
        let _ = (session, cause);
    }

    /// From now on connections that end leave their devices under lease: the server is stopping, not the clients.
    pub fn begin_shutdown(&self) {}

    /// Waits until everything committed so far is on disk.
    ///
    /// # Errors
    /// [`NotDurable`] if writing failed.
    pub async fn flush(&self) -> Result<(), NotDurable> {
        self.store.flush().await
    }

    /// A copy of an account, if it is registered.
    ///
    /// # Errors
    /// If the store cannot be reached.
    pub async fn account(&self, account: &AccountKey) -> Result<Option<Account>, OperatorError> {
        let _ = account;
        Ok(None)
    }

    /// Registers an account without a login.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn import(&self, account: &AccountKey) -> Result<(), OperatorError> {
        let _ = account;
        Ok(())
    }

    /// Logs all devices of an account out and revokes every UserSig minted before now (D2). Returns how many connections.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn kick_all(&self, account: &AccountKey) -> Result<usize, OperatorError> {
        let _ = account;
        Ok(0)
    }

    /// Removes an app with all its accounts, and closes its connections.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn delete_app(&self, app: AppId) -> Result<(), OperatorError> {
        let _ = app;
        Ok(())
    }
}
