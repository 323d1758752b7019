//! Every server of the course that has many conversations at the same time.

use std::io;
use std::net::TcpListener;

use threads::{Limits, News, Stop};

/// What the server says to its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Bytes come back (lesson 02).
    Echo,
    /// A room in which all hear what one says (lesson 10).
    Chat,
}

/// One server, and how to start it.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// The name of its program.
    pub name: &'static str,
    /// The package that the program belongs to.
    pub package: &'static str,
    /// What it speaks.
    pub protocol: Protocol,
    /// Serves until it is asked to stop, and returns how many conversations it cut off.
    pub serve: fn(TcpListener, Limits, &Stop, Report) -> io::Result<usize>,
}

/// Takes what a server has to tell.
pub type Report = Box<dyn Fn(News) + Send + Sync>;

/// In the order of their lessons.
pub const ALL: &[Server] = &[
    Server {
        name: "threaded-echo",
        package: "threads",
        protocol: Protocol::Echo,
        serve: |listener, limits, stop, report| {
            threads::threaded::serve(listener, limits, stop, report)
        },
    },
    Server {
        name: "pool-echo",
        package: "threads",
        protocol: Protocol::Echo,
        serve: |listener, limits, stop, report| {
            threads::pool::serve(listener, limits, stop, report)
        },
    },
    Server {
        name: "chat-server",
        package: "chat-threads",
        protocol: Protocol::Chat,
        serve: |listener, limits, stop, report| chat_threads::serve(listener, limits, stop, report),
    },
    Server {
        name: "nonblocking-echo",
        package: "nonblocking",
        protocol: Protocol::Echo,
        serve: |listener, limits, stop, report| nonblocking::serve(listener, limits, stop, report),
    },
    Server {
        name: "mio-echo",
        package: "mio-echo",
        protocol: Protocol::Echo,
        serve: |listener, limits, stop, report| mio_echo::serve(listener, limits, stop, report),
    },
    Server {
        name: "mio-chat",
        package: "mio-chat",
        protocol: Protocol::Chat,
        serve: |listener, limits, stop, report| mio_chat::serve(listener, limits, stop, report),
    },
    Server {
        name: "tokio-echo",
        package: "tokio-echo",
        protocol: Protocol::Echo,
        serve: |listener, limits, stop, report| {
            on_tokio(async move {
                let listener = from_std(listener)?;
                tokio_echo::serve(listener, limits, stop, report).await
            })
        },
    },
    Server {
        name: "tokio-chat",
        package: "tokio-chat",
        protocol: Protocol::Chat,
        serve: |listener, limits, stop, report| {
            on_tokio(async move {
                let listener = from_std(listener)?;
                tokio_chat::serve(listener, limits, stop, report).await
            })
        },
    },
];

/// The server whose program has this name.
pub fn named(name: &str) -> Option<&'static Server> {
    ALL.iter().find(|server| server.name == name)
}

/// Runs `server` as tokio's programs do: on as many threads as there are cores.
fn on_tokio(server: impl Future<Output = io::Result<usize>>) -> io::Result<usize> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(server)
}

fn from_std(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}
