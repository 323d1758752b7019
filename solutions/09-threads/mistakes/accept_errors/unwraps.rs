//! hint: panicked
//! A panic for an error that the network decides.

use std::io;

pub trait Server {
    type Client;

    fn accept(&mut self) -> io::Result<Self::Client>;

    fn begin(&mut self, client: Self::Client);

    fn pause(&mut self);
}

pub fn accept_all<S: Server>(server: &mut S) -> io::Error {
    loop {
        let client = server.accept().unwrap();
        server.begin(client);
    }
}
