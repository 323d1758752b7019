//! hint: dies-with-one-client
//! What `?` does: the first error of accept ends the server.

use std::io;

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
            Err(error) => return error,
        }
    }
}
