//! A server in a thread of the test.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http::threaded::{Client, Patience};
use http::{Request, Response};
use threads::{Limits, News, Stop};

use crate::programs::{ANY_PORT, DEADLINE};

/// Bytes that the kernel holds for one connection, in each direction.
pub const BUFFER: usize = 64 * 1024;

/// What no test here should reach.
pub const GENEROUS: Patience = Patience {
    request: DEADLINE,
    between: DEADLINE,
    response: DEADLINE,
    linger: DEADLINE,
};

#[derive(Clone, Copy, Debug)]
pub enum Engine {
    Threads,
    Mio,
}

pub const BOTH: [Engine; 2] = [Engine::Threads, Engine::Mio];

pub struct Server {
    pub address: SocketAddr,
    pub stop: Stop,
    news: Receiver<News>,
    ended: JoinHandle<io::Result<usize>>,
}

impl Server {
    pub fn start(
        engine: Engine,
        limits: Limits,
        patience: Patience,
        answer: impl Fn(&Request, &[u8], &Client) -> Response + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(ANY_PORT).unwrap();
        let listening = socket2::SockRef::from(&listener);
        listening.set_send_buffer_size(BUFFER).unwrap();
        listening.set_recv_buffer_size(BUFFER).unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Stop::new();
        let asked = stop.clone();
        let (sender, news) = mpsc::channel();
        let report = move |news| {
            let _ = sender.send(news);
        };
        let ended = thread::spawn(move || match engine {
            Engine::Threads => {
                http::threaded::serve(listener, limits, patience, &asked, report, answer)
            }
            Engine::Mio => http::mio::serve(listener, limits, patience, &asked, report, answer),
        });
        Self {
            address,
            stop,
            news,
            ended,
        }
    }

    /// How the next conversation ended.
    pub fn ended(&self) -> io::Result<u64> {
        match self.news.recv_timeout(DEADLINE).unwrap() {
            News::Ended(_, outcome) => outcome,
            other => panic!("a conversation should have ended, not {other:?}"),
        }
    }

    /// Returns how many conversations were cut off.
    pub fn stop(self) -> usize {
        self.stop.stop();
        eventually("serve should have returned", || self.ended.is_finished());
        self.ended.join().unwrap().unwrap()
    }
}

/// Waits until it is so. It will be soon, and nothing can tell us when.
#[track_caller]
pub fn eventually(sentence: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < DEADLINE, "{sentence}");
        thread::sleep(Duration::from_millis(2));
    }
}
