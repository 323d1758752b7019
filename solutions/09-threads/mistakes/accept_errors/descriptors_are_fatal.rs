//! hint: no-descriptor-is-no-end
//! Gives up when there is no descriptor, as if none would ever be free again.

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
            Err(error) if after_accept(&error) == AfterAccept::Next => {}
            Err(error) => return error,
        }
    }
}
