//! A stretch of network between a puppet and the server that can be broken in each of the ways networks break.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Forwards TCP connections.
pub(crate) struct Relay {
    address: SocketAddr,
    road: Arc<Road>,
}

struct Road {
    server: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    is_silent_to_server: bool,
    is_silent_to_client: bool,
    connections: Vec<Connection>,
    accepted: usize,
}

#[derive(Clone, Copy)]
enum Towards {
    Client,
    Server,
}

impl State {
    fn is_silent(&self, towards: Towards) -> bool {
        match towards {
            Towards::Client => self.is_silent_to_client,
            Towards::Server => self.is_silent_to_server,
        }
    }
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// The server is not to be told that the client's end is closed.
    is_half_cut: Arc<AtomicBool>,
}

impl Relay {
    pub(crate) fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("the system has a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = server.parse().expect("an address with a port");
        let road = Arc::new(Road {
            server,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let listening = Arc::clone(&road);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                match client {
                    Ok(client) => listening.take(client),
                    Err(_) => return,
                }
            }
        });
        Self { address, road }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Breaks every connection, seen by both ends at once.
    pub(crate) fn cut(&self) {
        for connection in self.road.lock().connections.drain(..) {
            // It may be closed already.
            let _ = connection.client.shutdown(Shutdown::Both);
            let _ = connection.server.shutdown(Shutdown::Both);
        }
    }

    /// Breaks every connection as a device sees it that changed networks: it knows, the server hears nothing.
    pub(crate) fn cut_on_the_client_side(&self) {
        for connection in &self.road.lock().connections {
            connection.is_half_cut.store(true, Ordering::SeqCst);
            let _ = connection.client.shutdown(Shutdown::Both);
        }
    }

    /// From now on whoever connects is hung up on; what is connected is cut.
    pub(crate) fn close(&self) {
        self.road.lock().is_closed = true;
        self.cut();
    }

    pub(crate) fn open(&self) {
        self.road.lock().is_closed = false;
    }

    /// From now on nothing gets through, and nobody is told.
    pub(crate) fn fall_silent(&self) {
        self.road.lock().is_silent_to_server = true;
        self.fall_silent_towards_the_client();
    }

    /// What clients say gets through, and nothing comes back.
    pub(crate) fn fall_silent_towards_the_client(&self) {
        self.road.lock().is_silent_to_client = true;
    }

    /// What was held back goes on.
    pub(crate) fn speak_again(&self) {
        let mut state = self.road.lock();
        state.is_silent_to_server = false;
        state.is_silent_to_client = false;
        drop(state);
        self.road.changed.notify_all();
    }

    /// How many connections were made, or tried while it was closed.
    pub(crate) fn attempts(&self) -> usize {
        self.road.lock().accepted
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.close();
        self.speak_again();
    }
}

impl Road {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, client: TcpStream) {
        let mut state = self.lock();
        state.accepted += 1;
        if state.is_closed {
            return;
        }
        let Ok(server) = TcpStream::connect(self.server) else {
            return;
        };
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("it is a TCP socket");
        }
        let copy = |stream: &TcpStream| {
            stream
                .try_clone()
                .expect("the process has file descriptors left")
        };
        let is_half_cut = Arc::new(AtomicBool::new(false));
        self.forward(
            copy(&client),
            copy(&server),
            Towards::Server,
            Arc::clone(&is_half_cut),
        );
        // The server's own end is always told to the client.
        self.forward(
            copy(&server),
            copy(&client),
            Towards::Client,
            Arc::default(),
        );
        state.connections.push(Connection {
            client,
            server,
            is_half_cut,
        });
    }

    fn forward(
        self: &Arc<Self>,
        mut from: TcpStream,
        mut to: TcpStream,
        towards: Towards,
        is_half_cut: Arc<AtomicBool>,
    ) {
        let road = Arc::clone(self);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let length = match from.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(length) => length,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                let mut state = road.lock();
                while state.is_silent(towards) {
                    state = road
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                drop(state);
                if to.write_all(&buffer[..length]).is_err() {
                    break;
                }
            }
            if !is_half_cut.load(Ordering::SeqCst) {
                let _ = to.shutdown(Shutdown::Both);
            }
        });
    }
}
