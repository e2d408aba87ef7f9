//! A connection that is logged in.

mod answering;
mod end;
mod pace;

use super::farewell::Farewell;
use super::intake::{Frame, Incoming, Intake};
use super::transport::Transport;
use super::{Shared, protocol_broken, put_frame};
use crate::budget::Budget;
use crate::settings::ms;
use answering::Answering;
use bytes::BytesMut;
use end::End;
use pace::Pace;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use userstatus_core::{Limits, LossCause};
use userstatus_gateway::outbox::CloseOrder;
use userstatus_gateway::{ConnectionMeters, Session};
use userstatus_store::Store;
use userstatus_wire::v1::{self, client_frame};
use userstatus_wire::{PUSH_BYTES_MAX, write_status_push};

/// While more than this waits for the socket, no request is read or answered: who does not read answers gets no more of them.
const UNSENT_BYTES_MAX: usize = 64 * 1024;

/// A logged-in connection.
pub(super) struct Live<S: Store> {
    shared: Arc<Shared<S>>,
    peer: SocketAddr,
    session: Arc<Session>,
    answering: Answering<S>,
    transport: Transport,
    intake: Intake,
    /// What the socket has not taken yet. While there is something, changes gather in the outbox, where they merge (N6).
    unsent: BytesMut,
    /// Whether the socket took no more when last asked.
    is_blocked: bool,
    /// What was counted as waiting for it.
    blocked_bytes: usize,
    /// When the socket last took something, while it is blocked.
    written_at: Instant,
    /// When the last byte came (S6).
    heard_at: Instant,
    silence_timeout: Duration,
    /// The app's settings this goes by.
    settings_epoch: u32,
    /// Until then changes are held back, to go out together.
    push_after: Instant,
    /// When a connection that was told to go is closed.
    leave_by: Option<Instant>,
    pace: Pace,
    /// Set to the earliest of all these times, or before it: it is moved back only once it has fired.
    timer: Pin<Box<Sleep>>,
}

enum Event {
    Frame(Frame),
    Order(CloseOrder),
    Ended(End),
}

impl<S: Store> Live<S> {
    pub(super) fn new(
        shared: Arc<Shared<S>>,
        peer: SocketAddr,
        session: Session,
        budget: Budget,
        transport: Transport,
        intake: Intake,
        unsent: BytesMut,
    ) -> Self {
        let now = Instant::now();
        // Read before the settings: what changes in between is read again.
        let settings_epoch = shared.gateway.settings_epoch();
        let silence_timeout = silence_timeout(&shared, &session);
        let session = Arc::new(session);
        Self {
            answering: Answering::new(Arc::clone(&shared.gateway), Arc::clone(&session)),
            peer,
            session,
            transport,
            intake,
            unsent,
            is_blocked: false,
            blocked_bytes: 0,
            written_at: now,
            heard_at: now,
            silence_timeout,
            settings_epoch,
            push_after: now,
            leave_by: None,
            pace: Pace::new(budget, shared.settings.frames_per_s_max, now),
            timer: Box::pin(sleep_until(now + silence_timeout)),
            shared,
        }
    }

    /// Serves it until it ends.
    pub(super) async fn run(mut self: Box<Self>) {
        self.leave_if_stopping();
        let end = loop {
            match poll_fn(|context| self.poll_event(context)).await {
                Event::Frame(frame) => {
                    if let Some(end) = self.handle(frame) {
                        break end;
                    }
                    if self.pace.is_others_turn() {
                        tokio::task::yield_now().await;
                    }
                }
                Event::Order(CloseOrder::Goaway {
                    reconnect_after_ms,
                    desc,
                }) => self.go_away(reconnect_after_ms, desc),
                Event::Order(CloseOrder::Replaced) => break End::Replaced,
                Event::Order(CloseOrder::Kicked { code, desc }) => {
                    break End::Kicked(v1::Kicked::new(code.number(), desc));
                }
                Event::Ended(end) => break end,
            }
        };
        Box::pin(self.end(end)).await;
    }

    /// The stop may have begun between the login and the goaway to all.
    fn leave_if_stopping(&self) {
        if self.shared.stopping.deadline().is_some() {
            self.session.outbox().order_close(CloseOrder::Goaway {
                reconnect_after_ms: rand::random_range(0..=self.shared.reconnect_spread_ms),
                desc: crate::STOPPING.to_owned(),
            });
        }
    }

    fn go_away(&mut self, reconnect_after_ms: u32, desc: String) {
        let goaway = v1::Goaway {
            reconnect_after_ms,
            desc,
        };
        put_frame(goaway, &mut self.unsent);
        self.leave_by = self.shared.stopping.deadline();
    }

    fn handle(&mut self, frame: Frame) -> Option<End> {
        match frame.message.body {
            Some(client_frame::Body::Request(request)) => {
                let refused = self.answering.ask(request, frame.bytes, Instant::now());
                if let Some(refused) = refused {
                    put_frame(refused.response, &mut self.unsent);
                }
                None
            }
            Some(client_frame::Body::Ping(ping)) => {
                put_frame(self.shared.pong(ping), &mut self.unsent);
                None
            }
            Some(client_frame::Body::Hello(_)) => {
                Some(End::Closing(protocol_broken("a second hello")))
            }
            // Something newer.
            None => None,
        }
    }

    /// Writes what is to be written and waits for what is to be done next.
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        self.follow_settings();
        loop {
            let now = Instant::now();
            let is_unread = self.unsent.len() >= UNSENT_BYTES_MAX;
            if let Some(end) = self.poll_answers(context, now) {
                return Poll::Ready(Event::Ended(end));
            }
            // Frames that are here come before writing: their answers leave together.
            if self.may_read(now) {
                match self.intake.buffered() {
                    Ok(Some(frame)) => return Poll::Ready(self.came(frame, now)),
                    Ok(None) => {}
                    Err(error) => return Poll::Ready(Event::Ended(error.into())),
                }
            }
            if let Some(event) = self.write(context, now) {
                return Poll::Ready(event);
            }
            if self.may_read(now)
                && let Poll::Ready(event) = self.poll_read(context, now)
            {
                return Poll::Ready(event);
            }
            if let Some(end) = self.overdue(now) {
                return Poll::Ready(Event::Ended(end));
            }
            // Answers that were not asked for because nobody read the last are, now that they were read.
            let is_read_again = is_unread && self.unsent.len() < UNSENT_BYTES_MAX;
            if !is_read_again && self.poll_timer(context, now).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Puts the answers that are there with what is to be written.
    fn poll_answers(&mut self, context: &mut Context<'_>, now: Instant) -> Option<End> {
        while self.unsent.len() < UNSENT_BYTES_MAX
            && let Poll::Ready(answer) = self.answering.poll(context, now)
        {
            put_frame(answer.response, &mut self.unsent);
            if answer.ends {
                return Some(End::LoggedOut);
            }
        }
        None
    }

    /// Writes until nothing is left, or the socket takes no more.
    fn write(&mut self, context: &mut Context<'_>, now: Instant) -> Option<Event> {
        // Answers take along what waits, held back or not.
        if !self.unsent.is_empty()
            && !self.is_blocked
            && let Some(order) = self.gather(now)
        {
            return Some(Event::Order(order));
        }
        loop {
            if let Err(end) = self.flush(context, now) {
                return Some(Event::Ended(end));
            }
            let outbox = self.session.outbox();
            let ready = if self.is_blocked || self.holds_back(now) {
                outbox.poll_closing(context)
            } else {
                outbox.poll_ready(context)
            };
            if ready.is_pending() {
                return None;
            }
            if let Some(order) = self.gather(now) {
                return Some(Event::Order(order));
            }
        }
    }

    fn flush(&mut self, context: &mut Context<'_>, now: Instant) -> Result<(), End> {
        if self.unsent.is_empty() && self.transport.is_flushed() {
            return Ok(());
        }
        let before = self.unsent.len();
        match self.transport.poll_write_all(context, &mut self.unsent) {
            Poll::Ready(Ok(())) => {
                if std::mem::take(&mut self.is_blocked) {
                    self.count_blocked(0);
                }
            }
            Poll::Ready(Err(_)) => return Err(End::Lost(LossCause::Closed)),
            Poll::Pending => {
                if !self.is_blocked || self.unsent.len() < before {
                    self.written_at = now;
                }
                self.is_blocked = true;
                if self.unsent.len() != self.blocked_bytes {
                    self.count_blocked(self.unsent.len());
                }
            }
        }
        Ok(())
    }

    /// So much waits for the socket to take some of it again; 0: it has taken all.
    fn count_blocked(&mut self, bytes: usize) {
        let counted = std::mem::replace(&mut self.blocked_bytes, bytes);
        count_blocked(self.shared.meters(), counted, bytes);
    }

    /// Takes what comes first in the outbox and makes frames of it. The rest stays there, where it merges, until the socket has
    /// taken this.
    fn gather(&mut self, now: Instant) -> Option<CloseOrder> {
        let mut statuses = Vec::new();
        let outbox = self.session.outbox();
        let taken = outbox.take_some(&mut statuses, PUSH_BYTES_MAX);
        if !statuses.is_empty() {
            write_status_push(&mut self.unsent, statuses.iter().map(|change| &**change));
            outbox.sent(&statuses, now.into_std());
            self.shared.gateway.trace_told(&self.session, &statuses);
            if outbox.is_empty() {
                self.push_after = now + ms(self.shared.settings.push_coalesce_ms);
            }
        }
        if let Some(changed) = taken.friends_changed {
            put_frame(changed, &mut self.unsent);
        }
        if let Some(expiring) = taken.sig_expiring {
            put_frame(expiring, &mut self.unsent);
        }
        taken.close
    }

    fn poll_read(&mut self, context: &mut Context<'_>, now: Instant) -> Poll<Event> {
        let incoming = self.intake.poll_frame(context, &mut self.transport);
        if self.intake.take_heard() {
            self.heard_at = now;
        }
        match incoming {
            Poll::Pending => {
                self.pace.nothing_came();
                Poll::Pending
            }
            Poll::Ready(Ok(Incoming::Frame(frame))) => Poll::Ready(self.came(frame, now)),
            Poll::Ready(Ok(Incoming::End)) => {
                Poll::Ready(Event::Ended(End::Lost(LossCause::Closed)))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Event::Ended(error.into())),
        }
    }

    fn came(&mut self, frame: Frame, now: Instant) -> Event {
        self.pace.came(&frame, now);
        Event::Frame(frame)
    }

    fn may_read(&self, now: Instant) -> bool {
        self.unsent.len() < UNSENT_BYTES_MAX
            && !self.answering.is_full()
            && self.pace.waits_until(now).is_none()
            // Who was kicked is not obeyed any more, whatever was sent before.
            && !self.session.outbox().is_closing()
    }

    /// Whether the connection has to end by now.
    fn overdue(&self, now: Instant) -> Option<End> {
        if self.leave_by.is_some_and(|leave_by| now >= leave_by) {
            return Some(End::Drained);
        }
        (now >= self.lost_at(now)).then_some(End::Lost(LossCause::Silent))
    }

    /// When the device counts as gone unless something happens before (S6). Nobody is silent who is not listened to.
    fn lost_at(&self, now: Instant) -> Instant {
        let since = match (self.may_read(now), self.is_blocked) {
            (true, false) => self.heard_at,
            (true, true) => self.heard_at.min(self.written_at),
            (false, true) => self.written_at,
            (false, false) => now,
        };
        since + self.silence_timeout
    }

    fn follow_settings(&mut self) {
        let epoch = self.shared.gateway.settings_epoch();
        if self.settings_epoch != epoch {
            self.settings_epoch = epoch;
            self.silence_timeout = silence_timeout(&self.shared, &self.session);
        }
    }

    fn poll_timer(&mut self, context: &mut Context<'_>, now: Instant) -> Poll<()> {
        let next = self.next_deadline(now);
        if self.timer.is_elapsed() || next < self.timer.deadline() {
            self.timer.as_mut().reset(next);
        }
        self.timer.as_mut().poll(context)
    }

    /// Whether changes wait for others to go out with them.
    fn holds_back(&self, now: Instant) -> bool {
        !self.is_blocked && now < self.push_after && !self.session.outbox().is_empty()
    }

    fn next_deadline(&self, now: Instant) -> Instant {
        [
            self.holds_back(now).then_some(self.push_after),
            self.pace.waits_until(now),
            self.answering.decides_at(),
            self.leave_by,
        ]
        .into_iter()
        .flatten()
        .fold(self.lost_at(now), Instant::min)
    }

    async fn end(self: Box<Self>, end: End) {
        let Self {
            shared,
            peer,
            session,
            answering,
            transport,
            intake,
            unsent,
            blocked_bytes,
            ..
        } = *self;
        drop(intake);
        count_blocked(shared.meters(), blocked_bytes, 0);
        end.count(shared.meters());
        shared.gateway.trace_ended(&session, end.reason());
        end.log(&shared, peer, &session);
        let leaving = async {
            // Others hear of it before the goodbye is said.
            shared.gateway.connection_lost(session, end.cause()).await;
            let farewell = Farewell::new(transport, unsent, &shared.lingering);
            match end {
                End::Lost(_) | End::Replaced => {}
                End::LoggedOut | End::Drained => farewell.say_nothing().await,
                End::Kicked(kicked) => farewell.say(kicked).await,
                End::Closing(closing) => farewell.say(closing).await,
            }
        };
        tokio::join!(leaving, answering.finish());
    }
}

fn count_blocked(meters: &ConnectionMeters, before: usize, now: usize) {
    match (before, now) {
        (0, 0) => return,
        (0, _) => meters.blocked.rise(1),
        (_, 0) => meters.blocked.fall(1),
        _ => {}
    }
    meters.blocked_bytes.rise(now as u64);
    meters.blocked_bytes.fall(before as u64);
}

/// A client's silence is measured by its app's setting as it is now; of an app that is gone, by the default.
fn silence_timeout<S: Store>(shared: &Shared<S>, session: &Session) -> Duration {
    let app = shared.gateway.apps().get(session.account().app);
    let limits = app.map_or_else(Limits::default, |app| app.settings.limits);
    ms(limits.silence_timeout_ms)
}
