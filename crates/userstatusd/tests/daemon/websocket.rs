//! Web pages' clients, as an operator lets them in.

use crate::client::{Client, OFFLINE, ONLINE};
use crate::process::{Daemon, temp_dir};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};

/// The bytes of a WebSocket's messages, one after the other.
struct Web {
    socket: WebSocket<TcpStream>,
    unread: Vec<u8>,
}

impl Read for Web {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.unread.is_empty() {
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => self.unread = bytes.to_vec(),
                Ok(Message::Close(_)) | Err(Error::ConnectionClosed) => return Ok(0),
                Ok(_) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        let count = self.unread.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.unread[..count]);
        self.unread.drain(..count);
        Ok(count)
    }
}

impl Write for Web {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let message = Message::Binary(bytes.to_vec().into());
        self.socket.send(message).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A web page of `origin` connects.
fn connect(url: &str, origin: &str) -> Result<Client, String> {
    let stream = TcpStream::connect(url.strip_prefix("ws://").unwrap()).unwrap();
    let socket = stream.try_clone().unwrap();
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("origin", origin.parse().unwrap());
    match client(request, stream) {
        Ok((web, _)) => {
            let web = Web {
                socket: web,
                unread: Vec::new(),
            };
            Ok(Client::over(Box::new(web), socket))
        }
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn dev_lets_web_pages_in_where_it_is_told_to() {
    let daemon = Daemon::dev(&["--websocket-listen", "127.0.0.1:0"]);
    let url = daemon.announced["websocket"].as_str().unwrap();
    let mut alice = Client::logged_in(&daemon, "alice");
    alice.subscribe(&["bob"]);
    let page = connect(url, "http://localhost:8080").unwrap();
    let mut bob = page.let_in(&daemon, "bob");
    alice.pushed("bob", ONLINE, "");
    bob.set_status("on the web");
    alice.pushed("bob", ONLINE, "on the web");
    drop(bob);
    alice.pushed("bob", OFFLINE, "");
}

#[test]
fn serve_has_listeners_for_web_pages_beside_the_others_and_limits_them_to_origins() {
    let dir = temp_dir();
    let config = "[[listeners]]\nplain_tcp = true\n\
        [[listeners]]\nplain_tcp = true\naddress = \"127.0.0.1:0\"\nwebsocket = true\n\
        websocket_origins = [\"https://game.example\"]\n";
    let mut daemon = Daemon::serve(config, &dir.path().join("data"));
    assert_eq!(daemon.announced["servers"].as_array().unwrap().len(), 1);
    let url = daemon.announced["websockets"][0]
        .as_str()
        .unwrap()
        .to_owned();
    connect(&url, "https://game.example")
        .unwrap()
        .let_in(&daemon, "bob");
    let error = connect(&url, "https://evil.example").err().unwrap();
    assert!(error.contains("403"), "{error}");
    daemon.wait_for_log(r#"web pages of the origin "https://evil.example" may not connect"#);
    // Who comes to the wrong port is told which is right.
    let refused = client(
        "ws://localhost/",
        TcpStream::connect(daemon.server).unwrap(),
    );
    assert!(refused.is_err());
    daemon.wait_for_log("websocket = true");
}
