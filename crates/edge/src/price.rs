//! What a frame costs: units roughly proportional to the work it can cause, whether it is refused or not. A unit is some 0.05 µs.

use crate::budget::Allowance;
use std::time::Duration;
use userstatus_wire::v1::{self, client_frame, request};

/// What a connection may cause: 5,000 changes of its status a second, or queries about 25,000 users. The dearest frame that fits
/// the caps is a third of a second's.
pub(crate) const PER_CONNECTION: Allowance = Allowance {
    units_per_s: 100_000,
    fills_in: Duration::from_secs(1),
};

/// What all connections of one origin may cause before their login: some 2,000 logins a second, and twice as many at first. A
/// provider's address, behind which thousands come back at once, is served in seconds.
pub(crate) const STRANGERS_PER_ORIGIN: Allowance = Allowance {
    units_per_s: 1_000_000,
    fills_in: Duration::from_secs(2),
};

/// A frame, whatever is in it.
const FRAME: u32 = 2;
/// So many bytes, which are read, and copied some times.
const BYTES_PER_UNIT: usize = 64;
/// A request: it is looked up, decided and answered.
const REQUEST: u32 = 16;
/// Each user named: decoded, checked, looked up.
const USER: u32 = 4;
/// A login checks a signature and says who is watched.
const LOGIN: u32 = 450;
/// A signature to check.
const SIGNATURE: u32 = 100;
/// Something that is written to disk, for each user it names.
const RECORD: u32 = 64;
/// Of a list, which is looked up, copied and encoded.
const PAGE: u32 = 256;

/// A TLS handshake: a signature to make, and some things to agree on.
pub(crate) const HANDSHAKE: Price = Price(2_000);

/// What a WebSocket may bring besides what is read: pings, their answers, and frames with nothing in them. It is not held up for them, it is
/// closed: browsers do not send any by themselves.
pub(crate) const IDLE_TALK: Allowance = Allowance {
    units_per_s: 10,
    fills_in: Duration::from_secs(10),
};

/// One of these.
pub(crate) const IDLE_WORD: Price = Price(1);

/// The HTTP request a WebSocket begins with, read and answered.
pub(crate) const UPGRADE: Price = Price(300);

/// A number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Price(u32);

impl Price {
    #[cfg(test)]
    pub(crate) const fn new(units: u32) -> Self {
        Self(units)
    }

    pub(crate) const fn units(self) -> u32 {
        self.0
    }

    /// Of so many of it.
    pub(crate) const fn times(self, number: u32) -> Self {
        Self(self.0.saturating_mul(number))
    }

    /// Of a frame of so many bytes.
    pub(crate) fn of(frame: &v1::ClientFrame, frame_bytes: usize) -> Self {
        let by_length = FRAME.saturating_add(count(frame_bytes / BYTES_PER_UNIT));
        let by_shape = match &frame.body {
            Some(client_frame::Body::Request(request)) => REQUEST.saturating_add(shape(request)),
            Some(client_frame::Body::Hello(_) | client_frame::Body::Ping(_)) | None => 0,
        };
        Self(by_length.saturating_add(by_shape))
    }
}

fn shape(request: &v1::Request) -> u32 {
    match &request.body {
        Some(request::Body::Login(login)) => LOGIN.saturating_add(users(login.known.len())),
        Some(request::Body::GetUserStatus(get)) => users(get.user_ids.len()),
        Some(request::Body::Subscribe(subscribe)) => users(subscribe.user_ids.len()),
        Some(request::Body::Unsubscribe(unsubscribe)) => users(unsubscribe.user_ids.len()),
        Some(request::Body::AddFriend(_)) => RECORD,
        Some(request::Body::DeleteFriends(delete)) => records(delete.user_ids.len()),
        Some(request::Body::Block(block)) => records(block.user_ids.len()),
        Some(request::Body::Unblock(unblock)) => records(unblock.user_ids.len()),
        Some(request::Body::ListFriends(_) | request::Body::ListBlocked(_)) => PAGE,
        Some(request::Body::RenewSig(_)) => SIGNATURE,
        Some(
            request::Body::Logout(_)
            | request::Body::SetSelfStatus(_)
            | request::Body::SetUserDefinedData(_),
        )
        | None => 0,
    }
}

fn users(number: usize) -> u32 {
    count(number).saturating_mul(USER)
}

fn records(number: usize) -> u32 {
    count(number.max(1)).saturating_mul(RECORD)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use userstatus_wire::{CLIENT_FRAME_BYTES_MAX, CLIENT_FRAME_ENTRIES_MAX};

    fn price(body: request::Body) -> u32 {
        let frame = v1::ClientFrame::from(v1::Request::new(1, body));
        Price::of(&frame, prost::Message::encoded_len(&frame)).units()
    }

    fn naming(count: usize) -> request::Body {
        let user_ids = vec!["ab".to_owned(); count];
        request::Body::Subscribe(v1::Subscribe { user_ids })
    }

    #[test]
    fn a_game_that_sets_its_status_2500_times_a_second_uses_half_of_what_it_has() {
        let custom_status = "x".repeat(100);
        let set = price(request::Body::SetSelfStatus(v1::SetSelfStatus {
            custom_status,
        }));
        assert!(set * 2_500 <= PER_CONNECTION.units_per_s / 2, "{set}");
    }

    #[test]
    fn who_names_more_pays_more_and_the_dearest_frame_leaves_nobody_in_debt_for_a_second() {
        let dearest = price(naming(8_190));
        assert!(dearest > 300 * price(naming(10)), "{dearest}");
        let most = FRAME
            + count(CLIENT_FRAME_BYTES_MAX / BYTES_PER_UNIT)
            + REQUEST
            + LOGIN
            + users(CLIENT_FRAME_ENTRIES_MAX);
        assert!(most < PER_CONNECTION.units_per_s, "{most}");
        assert!(PER_CONNECTION.units_per_s / dearest <= 3);
    }

    #[test]
    fn an_app_with_the_default_limits_never_reaches_the_end_of_it() {
        // 20 requests of each kind in 5 s.
        let a_second_of_queries = 4 * price(naming(500));
        assert!(a_second_of_queries < PER_CONNECTION.units_per_s / 8);
    }
}
