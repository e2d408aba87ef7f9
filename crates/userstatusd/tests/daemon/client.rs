//! A client made of nothing but the wire crate.

use crate::process::{Daemon, PATIENCE};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use userstatus_wire::v1::{self, client_frame, request, response, server_frame};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FrameDecoder, SERVER_FRAME_BYTES_MAX, decode_server_frame,
    encode_client_frame,
};

pub const ONLINE: i32 = v1::NormalStatus::Online as i32;
pub const OFFLINE: i32 = v1::NormalStatus::Offline as i32;
pub const UNLOGINED: i32 = v1::NormalStatus::Unlogined as i32;

pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

pub struct Client {
    stream: Box<dyn Stream>,
    socket: TcpStream,
    decoder: FrameDecoder,
    frames: VecDeque<v1::ServerFrame>,
    next_id: u64,
    pub instance: [u8; 16],
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        let stream = socket.try_clone().unwrap();
        Self::over(Box::new(stream), socket)
    }

    /// Through a balancer that says who the client is.
    pub fn proxied(balancer: SocketAddr, client: &str) -> Self {
        let mut connection = Self::connect(balancer);
        let ip = client.parse::<SocketAddr>().unwrap().ip();
        let port = client.parse::<SocketAddr>().unwrap().port();
        let family = if ip.is_ipv4() { "TCP4" } else { "TCP6" };
        let header = format!("PROXY {family} {ip} {ip} {port} 7700\r\n");
        connection.send_bytes(header.as_bytes());
        connection
    }

    pub fn over(stream: Box<dyn Stream>, socket: TcpStream) -> Self {
        static INSTANCES: AtomicU64 = AtomicU64::new(1);
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut instance = [0; 16];
        instance[..8].copy_from_slice(&INSTANCES.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        Self {
            stream,
            socket,
            decoder: FrameDecoder::new(SERVER_FRAME_BYTES_MAX),
            frames: VecDeque::new(),
            next_id: 1,
            instance,
        }
    }

    /// Connected and greeted.
    pub fn greeted(address: SocketAddr) -> Self {
        let mut client = Self::connect(address);
        client.hello();
        client
    }

    /// Logged in as a user of the daemon's app.
    pub fn logged_in(daemon: &Daemon, user: &str) -> Self {
        Self::connect(daemon.server).let_in(daemon, user)
    }

    /// Says hello and logs in.
    pub fn let_in(mut self, daemon: &Daemon, user: &str) -> Self {
        self.hello();
        let login = self.login_of(daemon, user);
        self.login(login).unwrap();
        self
    }

    pub fn hello(&mut self) -> v1::Welcome {
        self.send(v1::Hello::new("test", "1.0"));
        match self.body() {
            server_frame::Body::Welcome(welcome) => welcome,
            other => panic!("{other:?}"),
        }
    }

    pub fn login_of(&self, daemon: &Daemon, user: &str) -> v1::Login {
        v1::Login {
            app_id: daemon.app_id,
            user_id: user.to_owned(),
            user_sig: daemon.sig(user),
            platform: v1::Platform::Linux as u32,
            instance_id: self.instance.to_vec(),
            ..v1::Login::default()
        }
    }

    pub fn login(&mut self, login: v1::Login) -> Result<v1::LoginResult, Box<v1::Response>> {
        let response = self.ask(request::Body::Login(login));
        match response.body {
            Some(response::Body::Login(result)) if response.code == 0 => Ok(result),
            _ => Err(Box::new(response)),
        }
    }

    pub fn send(&mut self, frame: impl Into<v1::ClientFrame>) {
        let mut bytes = BytesMut::new();
        encode_client_frame(&frame.into(), CLIENT_FRAME_BYTES_MAX, &mut bytes).unwrap();
        self.send_bytes(&bytes);
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
        self.stream.flush().unwrap();
    }

    /// Sends a request and names it.
    pub fn request(&mut self, body: request::Body) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(v1::Request::new(id, body));
        id
    }

    /// Sends a request and waits for its answer; pushes that come meanwhile are kept.
    pub fn ask(&mut self, body: request::Body) -> v1::Response {
        let id = self.request(body);
        self.answer(id)
    }

    pub fn answer(&mut self, id: u64) -> v1::Response {
        self.find(|frame| match frame {
            server_frame::Body::Response(response) if response.id == id => Some(response.clone()),
            _ => None,
        })
    }

    pub fn set_status(&mut self, text: &str) -> v1::Response {
        self.ask(request::Body::SetSelfStatus(v1::SetSelfStatus {
            custom_status: text.to_owned(),
        }))
    }

    pub fn subscribe(&mut self, users: &[&str]) -> v1::Response {
        self.ask(request::Body::Subscribe(v1::Subscribe {
            user_ids: users.iter().map(|user| (*user).to_owned()).collect(),
        }))
    }

    pub fn query(&mut self, users: &[&str]) -> v1::Response {
        self.ask(request::Body::GetUserStatus(v1::GetUserStatus {
            user_ids: users.iter().map(|user| (*user).to_owned()).collect(),
        }))
    }

    pub fn logout(&mut self) -> v1::Response {
        self.ask(request::Body::Logout(v1::Logout {}))
    }

    /// Waits for a push of a user's status that is as wanted; older ones may come before.
    pub fn pushed(&mut self, user: &str, normal: i32, custom: &str) -> v1::UserStatus {
        loop {
            let status = self.next_push(user);
            if status.normal == normal && status.custom_status == custom {
                return status;
            }
        }
    }

    /// The next push of a user's status.
    pub fn next_push(&mut self, user: &str) -> v1::UserStatus {
        loop {
            let newest = self
                .next_statuses()
                .into_iter()
                .rfind(|status| status.user_id == user);
            if let Some(status) = newest {
                return status;
            }
        }
    }

    /// What the next push says, of whomever.
    pub fn next_statuses(&mut self) -> Vec<v1::UserStatus> {
        self.find(|frame| match frame {
            server_frame::Body::StatusPush(push) => Some(push.statuses.clone()),
            _ => None,
        })
    }

    pub fn pong(&mut self, nonce: u64) -> v1::Pong {
        self.send(v1::Ping { nonce });
        self.find(|frame| match frame {
            server_frame::Body::Pong(pong) => Some(*pong),
            _ => None,
        })
    }

    /// The `Closing` that comes, and then the end.
    pub fn closed(&mut self) -> v1::Closing {
        let closing = self.find(|frame| match frame {
            server_frame::Body::Closing(closing) => Some(closing.clone()),
            _ => None,
        });
        self.ended();
        closing
    }

    pub fn kicked(&mut self) -> v1::Kicked {
        let kicked = self.find(|frame| match frame {
            server_frame::Body::Kicked(kicked) => Some(kicked.clone()),
            _ => None,
        });
        self.ended();
        kicked
    }

    pub fn friends_changed(&mut self) -> v1::FriendsChanged {
        self.find(|frame| match frame {
            server_frame::Body::FriendsChanged(changed) => Some(changed.clone()),
            _ => None,
        })
    }

    pub fn goaway(&mut self) -> v1::Goaway {
        self.find(|frame| match frame {
            server_frame::Body::Goaway(goaway) => Some(goaway.clone()),
            _ => None,
        })
    }

    /// Waits for the end of the stream.
    pub fn ended(&mut self) {
        while self.read_frames().unwrap() {}
    }

    /// The next frame's body.
    pub fn body(&mut self) -> server_frame::Body {
        self.find(|frame| Some(frame.clone()))
    }

    /// Its socket, for what this client does not do.
    pub fn socket(&self) -> TcpStream {
        self.socket.try_clone().unwrap()
    }

    /// Says no more, but listens.
    pub fn finish(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// What a network does: the connection is gone without a word of the client.
    pub fn break_off(self) {
        self.socket.shutdown(Shutdown::Both).unwrap();
    }

    fn find<T>(&mut self, wanted: impl Fn(&server_frame::Body) -> Option<T>) -> T {
        let mut looked_at = 0;
        loop {
            while let Some(frame) = self.frames.get(looked_at) {
                if let Some(found) = frame.body.as_ref().and_then(&wanted) {
                    self.frames.remove(looked_at);
                    return found;
                }
                looked_at += 1;
            }
            assert!(
                self.read_frames().unwrap(),
                "closed; there were {:?}",
                self.frames
            );
        }
    }

    /// Reads once; `false` at the end of the stream.
    fn read_frames(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 16 * 1024];
        let count = match self.stream.read(&mut chunk) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            Err(error) => return Err(error),
        };
        let mut rest = &chunk[..count];
        while let Some(body) = self.decoder.next_frame(&mut rest).unwrap() {
            self.frames.push_back(decode_server_frame(&body).unwrap());
        }
        Ok(count > 0)
    }
}

/// A request as it goes on the wire.
pub fn encoded(frame: impl Into<v1::ClientFrame>) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    encode_client_frame(&frame.into(), CLIENT_FRAME_BYTES_MAX, &mut bytes).unwrap();
    bytes.to_vec()
}

/// A frame that is neither hello, request nor ping.
pub const NOTHING_KNOWN: v1::ClientFrame = v1::ClientFrame {
    body: None::<client_frame::Body>,
};
