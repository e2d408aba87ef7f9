//! The clients of one page, and the two buffers through which everything goes in and out.

use crate::clock::Clock;
use crate::{read, write};
use bytes::BytesMut;
use userstatus_client::session::{
    Action, REQUEST_TIMEOUT, RequestId, Session, SessionConfig, UNSENT_TIMEOUT,
};
use userstatus_client::{LoginStatus, NetworkChange};
use userstatus_core::{Code, Platform};
use userstatus_wire::{FrameDecoder, SERVER_FRAME_BYTES_MAX, decode_server_frame};

/// Clients a page may have at once: more than a browser has sockets for.
pub const CLIENTS_MAX: usize = 4_096;
/// Bytes that can be handed in with one call. What comes from a socket can be handed in in parts; no request is that long.
pub const INPUT_BYTES_MAX: usize = 1024 * 1024;
/// A buffer larger than this is given back when it is next used for less.
const BUFFER_BYTES_KEPT: usize = 64 * 1024;
/// No heartbeat more often, as everywhere.
const HEARTBEAT_INTERVAL_MS_MIN: u32 = 5_000;

/// Why a call did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) Code);

/// See the module.
#[derive(Debug)]
pub(crate) struct Page {
    clock: Clock,
    /// By handle, ascending, as they are made.
    clients: Vec<(u32, Box<Client>)>,
    /// Never used again, so that a handle that was freed is known to be.
    last_handle: u32,
    input: Vec<u8>,
    output: Vec<u8>,
}

#[derive(Debug)]
struct Client {
    session: Session,
    decoder: FrameDecoder,
}

impl Page {
    pub(crate) fn new() -> Self {
        Self {
            clock: Clock::new(),
            clients: Vec::new(),
            last_handle: 0,
            input: Vec::new(),
            output: Vec::new(),
        }
    }

    /// Room for so many bytes that are handed in with the next call. `None`: that is too much.
    pub(crate) fn input(&mut self, bytes: usize) -> Option<&mut [u8]> {
        if bytes > INPUT_BYTES_MAX {
            return None;
        }
        if self.input.capacity() > BUFFER_BYTES_KEPT && bytes <= BUFFER_BYTES_KEPT {
            self.input = Vec::new();
        }
        self.input.resize(bytes, 0);
        Some(&mut self.input)
    }

    /// What the last call handed out.
    pub(crate) fn output(&self) -> &[u8] {
        &self.output
    }

    /// Makes a client of the configuration in the input.
    pub(crate) fn open(&mut self) -> Result<u32, Refused> {
        let config = read::config(&self.input).ok_or(Refused(Code::InvalidParameters))?;
        let is_too_often = config
            .heartbeat_interval_ms
            .is_some_and(|interval_ms| interval_ms < HEARTBEAT_INTERVAL_MS_MIN);
        if config.app_id == 0 || is_too_often {
            return Err(Refused(Code::InvalidParameters));
        }
        let handle = self
            .last_handle
            .checked_add(1)
            .filter(|&handle| handle <= i32::MAX as u32);
        let (Some(handle), true) = (handle, self.clients.len() < CLIENTS_MAX) else {
            return Err(Refused(Code::CalledTooOften));
        };
        let (instance_id, jitter_seed) = split(&config.random);
        let session = Session::new(SessionConfig {
            app_id: config.app_id,
            platform: Platform::Web,
            instance_id,
            sdk_name: "userstatus-web".to_owned(),
            sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
            request_timeout: REQUEST_TIMEOUT,
            unsent_timeout: UNSENT_TIMEOUT,
            heartbeat_interval: config
                .heartbeat_interval_ms
                .map(|interval_ms| std::time::Duration::from_millis(interval_ms.into())),
            user_defined_data: Vec::new(),
            jitter_seed,
        });
        self.last_handle = handle;
        let decoder = FrameDecoder::new(SERVER_FRAME_BYTES_MAX);
        let client = Box::new(Client { session, decoder });
        self.clients.push((handle, client));
        Ok(handle)
    }

    /// Forgets a client. What it still had to tell is lost: [`Page::shut_down`] first.
    pub(crate) fn free(&mut self, handle: u32) -> Result<(), Refused> {
        let place = place(&self.clients, handle)?;
        self.clients.remove(place);
        Ok(())
    }

    /// Takes the request in the input.
    pub(crate) fn submit(&mut self, handle: u32, now_ms: f64) -> Result<RequestId, Refused> {
        let now = self.clock.at(now_ms);
        let client = find(&mut self.clients, handle)?;
        let request = read::request(&self.input).ok_or(Refused(Code::InvalidParameters))?;
        Ok(client.session.submit(request, now))
    }

    pub(crate) fn connected(&mut self, handle: u32, now_ms: f64) -> Result<(), Refused> {
        let now = self.clock.at(now_ms);
        let client = find(&mut self.clients, handle)?;
        client.decoder = FrameDecoder::new(SERVER_FRAME_BYTES_MAX);
        client.session.handle_connected(now);
        Ok(())
    }

    /// The input says why.
    pub(crate) fn disconnected(&mut self, handle: u32, now_ms: f64) -> Result<(), Refused> {
        let now = self.clock.at(now_ms);
        let client = find(&mut self.clients, handle)?;
        let reason = String::from_utf8_lossy(&self.input);
        client.session.handle_disconnected(&reason, now);
        Ok(())
    }

    /// The input came from the socket: a part of the stream, cut anywhere.
    pub(crate) fn received(&mut self, handle: u32, now_ms: f64) -> Result<(), Refused> {
        let now = self.clock.at(now_ms);
        let Client { session, decoder } = find(&mut self.clients, handle)?;
        let mut chunk = &*self.input;
        loop {
            let frame = match decoder.next_frame(&mut chunk) {
                Ok(None) => return Ok(()),
                Ok(Some(body)) => decode_server_frame(&body),
                Err(error) => Err(error),
            };
            match frame {
                Ok(frame) => session.handle_frame(frame, now),
                Err(error) => {
                    session.handle_malformed(&error, now);
                    return Ok(());
                }
            }
        }
    }

    pub(crate) fn timed_out(&mut self, handle: u32, now_ms: f64) -> Result<(), Refused> {
        let now = self.clock.at(now_ms);
        find(&mut self.clients, handle)?.session.handle_timeout(now);
        Ok(())
    }

    /// By the page's clock; `None`: there is nothing to wait for.
    pub(crate) fn next_timeout_ms(&mut self, handle: u32) -> Result<Option<f64>, Refused> {
        let client = find(&mut self.clients, handle)?;
        Ok(client.session.next_timeout().map(|at| self.clock.ms(at)))
    }

    pub(crate) fn network_changed(
        &mut self,
        handle: u32,
        change: NetworkChange,
        now_ms: f64,
    ) -> Result<(), Refused> {
        let now = self.clock.at(now_ms);
        let client = find(&mut self.clients, handle)?;
        client.session.network_changed(change, now);
        Ok(())
    }

    pub(crate) fn probe(&mut self, handle: u32, now_ms: f64) -> Result<(), Refused> {
        let now = self.clock.at(now_ms);
        find(&mut self.clients, handle)?.session.probe(now);
        Ok(())
    }

    /// The next thing to do with the socket.
    pub(crate) fn action(&mut self, handle: u32) -> Result<Option<Action>, Refused> {
        Ok(find(&mut self.clients, handle)?.session.poll_action())
    }

    /// Puts the bytes that are to be written into the output, and says how many.
    pub(crate) fn transmit(&mut self, handle: u32, now_ms: f64) -> Result<usize, Refused> {
        let now = self.clock.at(now_ms);
        let client = find(&mut self.clients, handle)?;
        let mut bytes = BytesMut::new();
        client.session.transmit(&mut bytes, now);
        self.output = bytes.into();
        Ok(self.output.len())
    }

    /// Puts the next thing to tell into the output, and says how long it is; 0: there is none.
    pub(crate) fn tell(&mut self, handle: u32) -> Result<usize, Refused> {
        let client = find(&mut self.clients, handle)?;
        self.output = match client.session.poll_output() {
            Some(output) => write::output(&output),
            None => Vec::new(),
        };
        Ok(self.output.len())
    }

    pub(crate) fn login_status(&mut self, handle: u32) -> Result<LoginStatus, Refused> {
        Ok(find(&mut self.clients, handle)?.session.login_status())
    }

    /// Puts the id of who is logged in into the output, and says how long it is; 0: nobody is.
    pub(crate) fn login_user(&mut self, handle: u32) -> Result<usize, Refused> {
        let client = find(&mut self.clients, handle)?;
        self.output = client.session.login_user().unwrap_or_default().into();
        Ok(self.output.len())
    }

    /// The server's clock, in milliseconds since the Unix epoch; `None` before the first connection.
    pub(crate) fn server_time_ms(
        &mut self,
        handle: u32,
        now_ms: f64,
    ) -> Result<Option<f64>, Refused> {
        let now = self.clock.at(now_ms);
        let reading = find(&mut self.clients, handle)?.session.server_clock();
        #[expect(
            clippy::cast_precision_loss,
            reason = "the page's numbers are such; exact for 285,000 years"
        )]
        Ok(reading.map(|(server_ms, at)| {
            server_ms as f64 + now.duration_since(at).as_secs_f64() * 1_000.0
        }))
    }

    /// Ends everything: what is pending is told to have ended, the connection is to be closed.
    pub(crate) fn shut_down(&mut self, handle: u32) -> Result<(), Refused> {
        find(&mut self.clients, handle)?.session.shut_down();
        Ok(())
    }
}

fn find(clients: &mut [(u32, Box<Client>)], handle: u32) -> Result<&mut Client, Refused> {
    let place = place(clients, handle)?;
    Ok(&mut clients[place].1)
}

fn place(clients: &[(u32, Box<Client>)], handle: u32) -> Result<usize, Refused> {
    clients
        .binary_search_by_key(&handle, |(handle, _)| *handle)
        .map_err(|_| Refused(Code::NotInitialized))
}

fn split(random: &[u8; 24]) -> ([u8; 16], u64) {
    let mut instance_id = [0; 16];
    let mut seed = [0; 8];
    instance_id.copy_from_slice(&random[..16]);
    seed.copy_from_slice(&random[16..]);
    (instance_id, u64::from_le_bytes(seed))
}
