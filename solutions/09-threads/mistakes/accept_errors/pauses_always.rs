//! hint: pauses-without-need
//! Pauses after every error: one client that connects and resets holds everybody up.

use std::io;
use threads::{AfterAccept, after_accept};

pub trait Server {
    type Client;

    fn accept(&mut self) -> io::Result<Self::Client>;

    fn begin(&mut self, client: Self::Client);

    fn pause(&mut self);
}

pub fn accept_all<S: Server>(server: &mut S) -> io::Error {
    loop {
        match server.accept() {
            Ok(client) => server.begin(client),
            Err(error) if after_accept(&error) == AfterAccept::GiveUp => return error,
            Err(_) => server.pause(),
        }
    }
}
