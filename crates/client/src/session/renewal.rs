//! A UserSig that ends while its user is logged in, and the one that takes its place (D3).

use super::login::{Account, Login};
use super::pending::{Pending, Sender};
use super::{RequestId, Session, message};
use crate::{Answer, Error, Event, Instant, Reply, Request};
use std::time::Duration;
use userstatus_core::Code;
use userstatus_wire::{USER_SIG_BYTES_MAX, v1};

/// What a UserSig that does not let a client in leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Logged out from elsewhere.
    Kicked,
    /// Another UserSig may help.
    NeedsUserSig,
    /// The app is gone.
    NoApp,
}

impl Ending {
    /// Whether a server that says so is not to be asked again by itself.
    pub(super) fn of(code: i32) -> Option<Self> {
        match Code::from_number(code)? {
            Code::KickedOffline | Code::SigRevoked => Some(Self::Kicked),
            Code::SigExpired
            | Code::SigEmpty
            | Code::SigMalformed
            | Code::SigForged
            | Code::SigOtherUser
            | Code::SigOtherApp => Some(Self::NeedsUserSig),
            Code::UnknownApp => Some(Self::NoApp),
            _ => None,
        }
    }
}

impl Session {
    /// The same user logs in again: with a new UserSig.
    pub(super) fn submit_renewal(
        &mut self,
        id: RequestId,
        user_id: String,
        user_sig: String,
        now: Instant,
    ) {
        if self.requests.renewal().is_some() {
            return self.done(id, Err(Error::of(Code::InProgress)));
        }
        let frame = message::renewal_frame(id, &user_sig, false);
        let bytes = message::encoded_len(&frame);
        let request = Request::Login { user_id, user_sig };
        let deadline = now + self.config.unsent_timeout;
        self.requests
            .insert(id, request, Sender::Renewal, bytes, deadline);
        if self.login.is_established() {
            self.requests.sent(id, now + self.config.request_timeout);
            self.send(&frame);
        }
    }

    /// A login has just succeeded with `used`: a renewal that waited for it is answered by it, or goes behind it.
    pub(super) fn go_on_with_renewal(&mut self, used: &str, now: Instant) {
        let Some((id, user_sig, was_sent)) = self.requests.renewal() else {
            return;
        };
        if user_sig == used {
            self.requests.take(id);
            return self.done(id, Ok(Answer::Done));
        }
        let frame = message::renewal_frame(id, user_sig, was_sent);
        self.requests.sent(id, now + self.config.request_timeout);
        self.send(&frame);
    }

    /// A reconnect was refused for its UserSig. Whether there is another to try, which is then on its way.
    pub(super) fn try_other_user_sig(&mut self, used: &str, error: &Error, now: Instant) -> bool {
        let Login::LoggedIn { account, .. } = &self.login else {
            return false;
        };
        let is_own = account.user_sig == used;
        match self.requests.renewal() {
            Some((id, user_sig, _)) if user_sig == used && !is_own => {
                self.requests.take(id);
                self.done(id, Err(error.clone()));
            }
            Some((_, user_sig, _)) if user_sig != used => {}
            // The new one timed out meanwhile: the old one has not been tried.
            _ if !is_own => {}
            _ => return false,
        }
        self.send_login(now);
        true
    }

    pub(super) fn end_renewal(&mut self, pending: &Pending, reply: Reply) {
        let id = pending.asked_as;
        let Request::Login { user_sig, .. } = &pending.request else {
            return;
        };
        match reply {
            Ok(_) => {
                self.adopt(user_sig);
                self.done(id, Ok(Answer::Done));
            }
            Err(error) if error.code == Code::InvalidParameters.number() => {
                let desc = format!(
                    "{}. A server that does not know how to renew a UserSig says so as well: update it, or log out and log in with the new one",
                    error.desc
                );
                self.done(id, Err(Error::with(Code::InvalidParameters, desc)));
            }
            Err(error) => self.done(id, Err(error)),
        }
    }

    /// The server has let this client in with it.
    pub(super) fn adopt(&mut self, user_sig: &str) {
        if let Login::LoggedIn { account, .. } = &mut self.login
            && account.user_sig != user_sig
        {
            let user_id = std::mem::take(&mut account.user_id);
            *account = Account::new(user_id, user_sig.to_owned());
        }
    }

    /// The server's notice. A reconnect brings it again, and it is told once of each UserSig.
    pub(super) fn sig_expiring(&mut self, notice: &v1::SigExpiring) {
        let Login::LoggedIn { account, .. } = &mut self.login else {
            return;
        };
        let was_told = if notice.expires_in_ms == 0 {
            &mut account.is_end_told
        } else {
            &mut account.is_approach_told
        };
        if !std::mem::replace(was_told, true) {
            let expires_in = Duration::from_millis(notice.expires_in_ms);
            self.event(Event::UserSigExpiring { expires_in });
        }
    }
}

/// Refuses a UserSig longer than any: a server breaks the connection off that carries one, again and again. A session does so as well.
///
/// # Errors
/// 70003.
pub fn check_user_sig(user_sig: &str) -> Result<(), Error> {
    if user_sig.len() > USER_SIG_BYTES_MAX {
        let desc = format!(
            "the UserSig has {} bytes; none has more than {USER_SIG_BYTES_MAX}",
            user_sig.len()
        );
        return Err(Error::with(Code::SigMalformed, desc));
    }
    Ok(())
}
