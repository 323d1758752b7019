//! hint: client-lost
//! Collects the clients and begins with them at the next one: the last ones never begin.

use std::io;
use threads::{AfterAccept, after_accept};

pub trait Server {
    type Client;

    fn accept(&mut self) -> io::Result<Self::Client>;

    fn begin(&mut self, client: Self::Client);

    fn pause(&mut self);
}

pub fn accept_all<S: Server>(server: &mut S) -> io::Error {
    let mut waiting = None;
    loop {
        match server.accept() {
            Ok(client) => {
                if let Some(earlier) = waiting.replace(client) {
                    server.begin(earlier);
                }
            }
            Err(error) => match after_accept(&error) {
                AfterAccept::Next => {}
                AfterAccept::Pause => server.pause(),
                AfterAccept::GiveUp => return error,
            },
        }
    }
}
