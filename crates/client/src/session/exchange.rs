//! Requests and their answers: each ends once.

use super::limits::check_limits;
use super::pending::{Pending, Sender};
use super::window::{Kind, Windows};
use super::{Link, Login, PENDING_BYTES_MAX, PENDING_REQUESTS_MAX, RequestId, Session, message};
use crate::{Answer, Error, Instant, Reply, Request};
use userstatus_core::Code;
use userstatus_wire::{USER_DEFINED_DATA_BYTES_MAX, v1};

impl Session {
    /// Puts a request in the table and, if it can be, on its way.
    pub(super) fn take(
        &mut self,
        id: RequestId,
        request: Request,
        now: Instant,
    ) -> Result<(), Error> {
        if let Request::SetUserDefinedData(data) = &request {
            check_user_defined_data(data)?;
            self.config.user_defined_data.clone_from(data);
        }
        let established = match (&self.login, &request) {
            (Login::LoggedIn { established, .. }, _) => *established,
            // It goes with the next login, or behind the one under way.
            (_, Request::SetUserDefinedData(_)) => {
                self.done(id, Ok(Answer::Done));
                return Ok(());
            }
            _ => return Err(Error::of(Code::NotLoggedIn)),
        };
        if let Some(nothing) = of_nobody(&request) {
            self.done(id, Ok(nothing));
            return Ok(());
        }
        if !established {
            // The server would say so, and by the limits as they are now; but it cannot be asked.
            check_limits(&request, &self.limits)?;
        }
        let frame = message::request_frame(id, &request, false);
        let bytes = message::encoded_len(&frame);
        self.check_room(bytes)?;
        if let Some(kind) = Kind::of(&request)
            && !self.is_about_oneself(&request)
            && !self.windows.admit(kind, id, &self.limits, now)
        {
            let desc = format!(
                "called too often: at most {} requests of this kind in {} ms",
                self.limits.requests_per_window, self.limits.window_ms
            );
            return Err(Error::with(Code::CalledTooOften, desc));
        }
        let deadline = now + self.config.unsent_timeout;
        self.requests
            .insert(id, request, Sender::User, bytes, deadline);
        if established {
            self.requests.sent(id, now + self.config.request_timeout);
            self.send(&frame);
        }
        Ok(())
    }

    /// Whether a request of so many bytes can wait, and go in a frame.
    fn check_room(&self, bytes: usize) -> Result<(), Error> {
        if bytes > self.frame_bytes_max {
            let desc = format!(
                "the request has {bytes} bytes; at most {} are allowed",
                self.frame_bytes_max
            );
            return Err(Error::with(Code::InvalidParameters, desc));
        }
        if self.requests.len() >= PENDING_REQUESTS_MAX {
            let desc = format!(
                "{PENDING_REQUESTS_MAX} requests wait for their answers already; no more may"
            );
            return Err(Error::with(Code::CalledTooOften, desc));
        }
        if self.requests.bytes() + bytes > PENDING_BYTES_MAX {
            let desc = format!(
                "requests of {} bytes wait for their answers already; at most {PENDING_BYTES_MAX} may",
                self.requests.bytes()
            );
            return Err(Error::with(Code::CalledTooOften, desc));
        }
        Ok(())
    }

    fn is_about_oneself(&self, request: &Request) -> bool {
        match (request, &self.login) {
            (Request::GetUserStatus(users), Login::LoggedIn { account, .. }) => {
                users.iter().all(|user| *user == account.user_id)
            }
            _ => false,
        }
    }

    pub(super) fn answered(&mut self, response: v1::Response, now: Instant) {
        let id = RequestId(response.id);
        let Some(pending) = self.requests.take(id) else {
            return; // It timed out before.
        };
        if !matches!(pending.sender, Sender::Login { .. }) {
            self.known.let_go_of_anchor();
        }
        let reply = match (response.code, pending.sender, response.body) {
            (0, Sender::Login { .. }, Some(v1::response::Body::Login(result))) => {
                return self.logged_in(&pending, result, now);
            }
            (0, Sender::Login { .. }, _) => {
                let desc = "the server answered a login with something else";
                Err(Error::with(Code::Internal, desc))
            }
            (0, _, body) if pending.listing.is_some() => return self.paged(pending, body, now),
            (0, _, body) => Ok(message::answer(body)),
            (code, _, _) => Err(Error {
                code,
                desc: response.desc,
            }),
        };
        if let Ok(answer) = &reply {
            self.learn(&pending, answer, response.version);
        }
        self.end(&pending, reply, now);
    }

    /// Ends a request that was taken out of the table.
    pub(super) fn end(&mut self, pending: &Pending, reply: Reply, now: Instant) {
        let id = pending.asked_as;
        if let Some(kind) = Kind::of(&pending.request)
            && reply.is_err()
        {
            self.windows.forget(kind, id);
        }
        match (pending.sender, reply) {
            (Sender::User, reply) => self.done(id, reply),
            (Sender::Login { .. }, Err(error)) => self.end_login(pending, error, now),
            (Sender::Renewal, reply) => self.end_renewal(pending, reply),
            // Whatever the server says: this client is logged out.
            (Sender::Logout, _) => self.end_logout(id),
            (Sender::Itself, Err(error)) => self.not_put_right(pending, &error, now),
            (Sender::Itself, Ok(_)) => self.put_right(pending, now),
            (Sender::Login { .. }, Ok(_)) => {}
        }
    }

    pub(super) fn end_all(&mut self, error: &Error) {
        for pending in self.requests.take_all() {
            let id = pending.asked_as;
            match pending.sender {
                Sender::Logout => self.done(id, Ok(Answer::Done)),
                Sender::User | Sender::Renewal | Sender::Login { by_user: true } => {
                    self.done(id, Err(error.clone()));
                }
                Sender::Itself | Sender::Login { by_user: false } => {}
            }
        }
        self.windows = Windows::default();
    }

    pub(super) fn timed_out(&self, pending: &Pending) -> Error {
        // A login makes its connection itself: that there is none is no news about it, that it was not sent is.
        let is_login = matches!(pending.sender, Sender::Login { .. } | Sender::Renewal);
        let code = if pending.was_sent {
            Code::NoAnswer
        } else if is_login || matches!(self.link, Link::Open { .. }) {
            Code::NeverSent
        } else {
            Code::NoConnection
        };
        match &self.trouble {
            // The server is not running, its address is wrong, or the network is down: what was seen says which.
            Some(trouble) => Error::with(code, format!("{}: {trouble}", code.text())),
            None => Error::of(code),
        }
    }
}

/// The answer to a request that names nobody: there is nothing to ask the server. Unsubscribing from nobody in particular is from all (W6).
fn of_nobody(request: &Request) -> Option<Answer> {
    match request {
        Request::GetUserStatus(users) | Request::Subscribe(users) if users.is_empty() => {
            Some(Answer::Statuses(Vec::new()))
        }
        Request::DeleteFriends { user_ids, .. } if user_ids.is_empty() => {
            Some(Answer::FriendResults(Vec::new()))
        }
        Request::Block(users) | Request::Unblock(users) if users.is_empty() => {
            Some(Answer::FriendResults(Vec::new()))
        }
        _ => None,
    }
}

fn check_user_defined_data(data: &[u8]) -> Result<(), Error> {
    if data.len() > USER_DEFINED_DATA_BYTES_MAX {
        let desc = format!(
            "{} bytes of user-defined data; at most {USER_DEFINED_DATA_BYTES_MAX} are allowed",
            data.len()
        );
        return Err(Error::with(Code::InvalidParameters, desc));
    }
    Ok(())
}
