//! Exercise: a chatbot's answer, token by token.

/// Writes an event with a name, or without. A line end in `text` makes another field `data` (exercise
/// `event_lines`). This part is given.
pub fn event(name: Option<&str>, text: &str) -> String {
    let mut event = name.map_or(String::new(), |name| format!("event: {name}\n"));
    for line in text.replace("\r\n", "\n").split(['\r', '\n']) {
        event += &format!("data: {line}\n");
    }
    event + "\n"
}

/// Why an answer has no more tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It is complete.
    Complete,
    /// The model broke down in the middle of it.
    Failed,
}

/// One answer of a chatbot, as a stream of events.
///
/// A model makes tokens, and a token is a few bytes: a word with the space before it, a line end, or a
/// part of a character of three bytes. A page joins the text of all events, and shows what it has.
#[derive(Debug, Default)]
pub struct Answer {
    /// The first bytes of a character whose last byte has not come yet: three at most.
    pending: Vec<u8>,
}

impl Answer {
    /// No token has come yet.
    pub fn new() -> Answer {
        Answer::default()
    }

    /// Takes a token, and returns what is to be sent now: an event with the characters that are complete
    /// with it, as early as possible; nothing at all when there are none.
    ///
    /// What will come: Korean text and emoji, cut inside a character; tokens of spaces and of line ends;
    /// a token with nothing in it; bytes that are no UTF-8, each run of which becomes one U+FFFD, as
    /// `String::from_utf8_lossy` does it.
    ///
    /// Example: `token(b"a\xed\x95")` returns `"data: a\n\n"`, and then `token(b"\x9c")` returns
    /// `"data: 한\n\n"`.
    pub fn token(&mut self, bytes: &[u8]) -> String {
        todo!(
            "put the bytes behind the pending ones, find how many make whole characters, keep the rest, and return an event when there are any"
        )
    }

    /// There are no more tokens. Returns what is to be sent last: U+FFFD for a character that was not
    /// completed; then an event `done` with no text, or, when the answer broke off, an event `failed`
    /// with none. Without it a page could not tell a pause from the end, and `EventSource` would connect
    /// anew and ask a second time.
    pub fn end(self, ended: Ended) -> String {
        todo!(
            "an event for the pending bytes when there are any, and behind it the event that says how it ended"
        )
    }
}
