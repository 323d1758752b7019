//! hint: returns-the-error
//! Returns an error of its own, which tells nobody what was wrong.

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
            Err(error) => match after_accept(&error) {
                AfterAccept::Next => {}
                AfterAccept::Pause => server.pause(),
                AfterAccept::GiveUp => return io::Error::other("accept failed"),
            },
        }
    }
}
