//! The server's side of a connection, until it is a WebSocket or over.

use http::{Connection, Event, Refused, Request, Response};

use crate::upgrade::Upgrade;

// ANCHOR: handshake
/// A connection that may become a WebSocket, without socket and clock: `receive_data`, then
/// [`Handshake::answer`], then write [`Handshake::data_to_send`].
#[derive(Debug)]
pub struct Handshake {
    connection: Connection,
    request: Option<Request>,
}
// ANCHOR_END: handshake

impl Default for Handshake {
    fn default() -> Self {
        Self::new()
    }
}

impl Handshake {
    /// Nothing has come. A request with a body is refused.
    pub fn new() -> Self {
        Self {
            connection: Connection::new(0),
            request: None,
        }
    }

    /// Takes what one read brought.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.connection.receive_data(bytes);
    }

    /// The stream has ended.
    pub fn receive_end(&mut self) {
        self.connection.receive_end();
    }

    // ANCHOR: answer
    /// Answers the request, when it is complete, with what `decide` says. If that is yes, it is returned, with
    /// the bytes that have come behind the request: they are frames already.
    pub fn answer<Yes>(
        &mut self,
        mut decide: impl FnMut(&Request) -> Result<(Upgrade, Yes), Response>,
    ) -> Option<(Yes, Vec<u8>)> {
        loop {
            match self.connection.next_event() {
                Ok(Some(Event::Request(head))) => self.request = Some(head),
                Ok(Some(Event::RequestEnd)) => {
                    let request = self.request.take()?;
                    match decide(&request) {
                        Ok((upgrade, yes)) => {
                            return Some((yes, self.connection.switch(&upgrade.fields)));
                        }
                        Err(response) => {
                            self.connection.close_after_response();
                            let mut body = response.begin(&mut self.connection);
                            // From memory it does not fail.
                            while body.send_more(&mut self.connection).unwrap_or(false) {}
                        }
                    }
                }
                Ok(Some(Event::Body(_))) => {} // There is none.
                Ok(Some(Event::End) | None) => return None,
                Err(refused) => self.connection.refuse(refused),
            }
        }
    }
    // ANCHOR_END: answer

    /// Tells the client that there will be no WebSocket.
    pub fn refuse(&mut self, refused: Refused) {
        self.connection.refuse(refused);
    }

    /// All bytes that are to be written, until [`Handshake::data_sent`] says that they were.
    pub fn data_to_send(&self) -> &[u8] {
        self.connection.data_to_send()
    }

    /// The first `count` bytes of [`Handshake::data_to_send`] were written.
    pub fn data_sent(&mut self, count: usize) {
        self.connection.data_sent(count);
    }

    /// Whether it was refused: nothing will be read or said any more.
    pub fn is_over(&self) -> bool {
        self.connection.is_over()
    }
}
