//! Exercise: events from bytes that are cut anywhere.

/// An event, as a page hears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `message`, unless the server named it.
    pub name: String,
    /// Its lines, with LF between them.
    pub data: String,
}

/// Makes events of the bytes of a stream (WHATWG HTML, section 9.2.6), without a socket. It has no
/// limit on what one event may be, and no eye for a byte order mark in front; the lesson's own decoder
/// has both.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What has come and is not yet part of a line that was returned.
    received: Vec<u8>,
    /// The line before ended in CR: an LF that comes first belongs to it.
    after_cr: bool,
    /// Of the event that is being received.
    name: String,
    /// Of the same; `None` before its first field `data`.
    data: Option<String>,
    /// The last `id` that has come.
    next_id: String,
    /// The last `id` of an event that is complete.
    id: String,
}

impl Decoder {
    /// Nothing has arrived yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes what one read brought: a part of a line, many events, or nothing at all.
    pub fn receive_data(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// What the client will say in `Last-Event-ID` when it has to connect anew: the `id` of the last
    /// complete event, or of one before when that had none; empty when there was none at all.
    pub fn last_id(&self) -> &str {
        &self.id
    }

    /// The next line, without its end; `None` when its end has not come. A line ends with LF, with CR,
    /// or with CR LF, which is one end and not two.
    ///
    /// What will come: all three, mixed; a cut anywhere, also between CR and LF. A line that ends with
    /// CR is complete at once: the LF may come much later, or never. Text is UTF-8, and what is not
    /// becomes U+FFFD.
    fn next_line(&mut self) -> Option<String> {
        todo!(
            "skip an LF that belongs to the CR before; find the next CR or LF; remove the line and that one byte, and remember whether it was a CR"
        )
    }

    /// The next event, each exactly once; or `None` when not all of one has come. The caller asks again
    /// until it gets `None`, and then brings more bytes.
    ///
    /// A line is the name of a field, a colon, and its value, of which one space at the beginning is
    /// taken away. Without a colon, all of it is the name, and the value is empty. With a colon at the
    /// beginning it is a comment. `data` adds a line to the event's text; `event` is its name; `id`
    /// counts, and with it `last_id`, when the event is complete, and not at all when it holds a NUL.
    /// Other fields mean nothing here, `retry` neither. A blank line completes the event: if a field
    /// `data` came, even an empty one, it is returned. Its name ends with it, and the `id` goes on.
    ///
    /// What will come: comments and blank lines without an event; values with spaces and colons; an
    /// event that the end of the stream cuts off, which is none.
    ///
    /// Example: after `receive_data(b"id: 7\ndata: a\ndata: b\n\nid: 8\n")` this returns a `message`
    /// with `"a\nb"`, then `None`, and `last_id()` is `"7"`.
    pub fn next_event(&mut self) -> Option<Message> {
        todo!(
            "line after line, take in the fields; at a blank line the id counts, and with data there is an event to return"
        )
    }
}
