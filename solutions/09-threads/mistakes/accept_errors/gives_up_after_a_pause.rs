//! hint: no-descriptor-is-no-end
//! Pauses once, and gives up when that was not enough.

use std::io;
use threads::{AfterAccept, after_accept};

pub trait Server {
    type Client;

    fn accept(&mut self) -> io::Result<Self::Client>;

    fn begin(&mut self, client: Self::Client);

    fn pause(&mut self);
}

pub fn accept_all<S: Server>(server: &mut S) -> io::Error {
    let mut paused = false;
    loop {
        match server.accept() {
            Ok(client) => server.begin(client),
            Err(error) => match after_accept(&error) {
                AfterAccept::Next => {}
                AfterAccept::Pause if !paused => {
                    server.pause();
                    paused = true;
                }
                _ => return error,
            },
        }
    }
}
