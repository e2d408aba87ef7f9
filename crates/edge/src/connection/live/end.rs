//! Why a logged-in connection ends.

use crate::connection::intake::IntakeError;
use crate::connection::{Shared, protocol_broken};
use std::net::SocketAddr;
use userstatus_core::{Code, LossCause};
use userstatus_gateway::{Closed, ConnectionMeters, Session};
use userstatus_store::Store;
use userstatus_wire::v1;

pub(super) enum End {
    Lost(LossCause),
    LoggedOut,
    Replaced,
    Kicked(v1::Kicked),
    Closing(v1::Closing),
    /// It was told to go, and did not.
    Drained,
}

impl From<IntakeError> for End {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Io(_) => Self::Lost(LossCause::Closed),
            IntakeError::Wire(error) => Self::Closing(protocol_broken(error.to_string())),
        }
    }
}

impl End {
    pub(super) const fn cause(&self) -> LossCause {
        match self {
            Self::Lost(cause) => *cause,
            Self::LoggedOut
            | Self::Replaced
            | Self::Kicked(_)
            | Self::Closing(_)
            | Self::Drained => LossCause::Closed,
        }
    }

    pub(super) fn count(&self, meters: &ConnectionMeters) {
        meters.closed.count(match self {
            Self::Lost(LossCause::Closed) => Closed::ByClient,
            Self::Lost(LossCause::Silent) => Closed::Silent,
            Self::LoggedOut => Closed::LoggedOut,
            Self::Replaced => Closed::Replaced,
            Self::Kicked(_) => Closed::Kicked,
            Self::Closing(_) => Closed::Protocol,
            Self::Drained => Closed::Stopping,
        });
        if let Self::Kicked(kicked) = self
            && let Some(code) = Code::from_number(kicked.code)
        {
            meters.kicks.count(code);
        }
    }

    pub(super) fn log<S: Store>(&self, shared: &Shared<S>, peer: SocketAddr, session: &Session) {
        let (app, user) = (session.account().app.get(), session.account().user.as_str());
        let session = session.id().0;
        if let Self::Closing(closing) = self {
            if shared.log_gate.opens(shared.now()) {
                tracing::info!(%peer, app, user, session, reason = closing.desc, "connection broken off");
            }
            return;
        }
        let reason = self.reason();
        tracing::debug!(%peer, app, user, session, reason, "connection ended");
    }

    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::Lost(LossCause::Closed) => "closed by the client or the network",
            Self::Lost(LossCause::Silent) => "silent for too long",
            Self::LoggedOut => "logged out",
            Self::Replaced => "replaced by the same client's new connection",
            Self::Kicked(_) => "kicked",
            Self::Closing(_) => "broken off",
            Self::Drained => "did not leave a server that stops",
        }
    }
}
