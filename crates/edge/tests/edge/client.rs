//! A client made of nothing but the wire crate.

use crate::server::{Server, login};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use userstatus_wire::v1::{self, request, response, server_frame};
use userstatus_wire::{
    CLIENT_FRAME_BYTES_MAX, FrameDecoder, SERVER_FRAME_BYTES_MAX, decode_server_frame,
    encode_client_frame,
};

/// Whatever takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What frames come and go by.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

pub struct Client {
    stream: Box<dyn Socket>,
    decoder: FrameDecoder,
    frames: VecDeque<server_frame::Body>,
    next_id: u64,
    pub bytes_read: usize,
}

impl Client {
    pub async fn logged_in(server: &Server, name: &str) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        Self::logged_in_over(Box::new(stream), name).await
    }

    pub async fn logged_in_over(stream: Box<dyn Socket>, name: &str) -> Self {
        let mut client = Self::over(stream);
        client.send(v1::Hello::new("test", "1.0")).await;
        let answer = client.ask(request::Body::Login(login(name))).await;
        assert_eq!(answer.code, 0, "{}", answer.desc);
        client
    }

    pub fn over(stream: Box<dyn Socket>) -> Self {
        Self {
            stream,
            decoder: FrameDecoder::new(SERVER_FRAME_BYTES_MAX),
            frames: VecDeque::new(),
            next_id: 1,
            bytes_read: 0,
        }
    }

    pub async fn send(&mut self, frame: impl Into<v1::ClientFrame>) {
        let mut bytes = BytesMut::new();
        encode_client_frame(&frame.into(), CLIENT_FRAME_BYTES_MAX, &mut bytes).unwrap();
        self.stream.write_all(&bytes).await.unwrap();
    }

    pub async fn request(&mut self, body: request::Body) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(v1::Request::new(id, body)).await;
        id
    }

    pub async fn ask(&mut self, body: request::Body) -> v1::Response {
        let id = self.request(body).await;
        self.answer(id).await
    }

    pub async fn add_friend(&mut self, name: &str) -> u64 {
        let add = v1::AddFriend {
            user_id: name.to_owned(),
            ..v1::AddFriend::default()
        };
        self.request(request::Body::AddFriend(add)).await
    }

    pub async fn query(&mut self, names: &[&str]) -> Vec<v1::UserStatus> {
        let user_ids = names.iter().map(|name| (*name).to_owned()).collect();
        let get = request::Body::GetUserStatus(v1::GetUserStatus { user_ids });
        match self.ask(get).await.body {
            Some(response::Body::Statuses(list)) => list.statuses,
            other => panic!("{other:?}"),
        }
    }

    pub async fn subscribe(&mut self, names: &[String]) {
        let user_ids = names.to_vec();
        let subscribe = request::Body::Subscribe(v1::Subscribe { user_ids });
        assert_eq!(self.ask(subscribe).await.code, 0);
    }

    pub async fn answer(&mut self, id: u64) -> v1::Response {
        self.find(|body| match body {
            server_frame::Body::Response(response) if response.id == id => Some(response.clone()),
            _ => None,
        })
        .await
    }

    /// The next answer, whatever it answers.
    pub async fn any_answer(&mut self) -> v1::Response {
        self.find(|body| match body {
            server_frame::Body::Response(response) => Some(response.clone()),
            _ => None,
        })
        .await
    }

    pub async fn pong(&mut self, nonce: u64) {
        self.send(v1::Ping { nonce }).await;
        self.find(|body| match body {
            server_frame::Body::Pong(pong) if pong.nonce == nonce => Some(()),
            _ => None,
        })
        .await;
    }

    pub async fn pushed(&mut self, name: &str, normal: v1::NormalStatus) {
        self.find(|body| match body {
            server_frame::Body::StatusPush(push) => push
                .statuses
                .iter()
                .any(|status| status.user_id == name && status.normal == normal as i32)
                .then_some(()),
            _ => None,
        })
        .await;
    }

    /// The next push.
    pub async fn push(&mut self) -> v1::StatusPush {
        self.find(|body| match body {
            server_frame::Body::StatusPush(push) => Some(push.clone()),
            _ => None,
        })
        .await
    }

    /// Why the server closes the connection.
    pub async fn closing(&mut self) -> v1::Closing {
        self.find(|body| match body {
            server_frame::Body::Closing(closing) => Some(closing.clone()),
            _ => None,
        })
        .await
    }

    /// That the server stops.
    pub async fn goaway(&mut self) -> v1::Goaway {
        self.find(|body| match body {
            server_frame::Body::Goaway(goaway) => Some(goaway.clone()),
            _ => None,
        })
        .await
    }

    /// Why it was kicked.
    pub async fn kicked(&mut self) -> v1::Kicked {
        self.find(|body| match body {
            server_frame::Body::Kicked(kicked) => Some(kicked.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for the end of the stream.
    pub async fn ended(&mut self) {
        while self.read().await {}
    }

    async fn find<T>(&mut self, wanted: impl Fn(&server_frame::Body) -> Option<T>) -> T {
        let mut looked_at = 0;
        loop {
            while let Some(body) = self.frames.get(looked_at) {
                if let Some(found) = wanted(body) {
                    self.frames.remove(looked_at);
                    return found;
                }
                looked_at += 1;
            }
            assert!(self.read().await, "closed; there were {:?}", self.frames);
        }
    }

    async fn read(&mut self) -> bool {
        let mut chunk = [0; 16 * 1024];
        let read = timeout(PATIENCE, self.stream.read(&mut chunk));
        let count = read.await.expect("nothing came").unwrap_or(0);
        self.bytes_read += count;
        let mut rest = &chunk[..count];
        while let Some(body) = self.decoder.next_frame(&mut rest).unwrap() {
            self.frames
                .push_back(decode_server_frame(&body).unwrap().body.unwrap());
        }
        count > 0
    }
}
