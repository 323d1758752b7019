//! What an end of a WebSocket is told to do, and what it has heard: the same for all of them. Those in other
//! programs get it as lines of JSON.

use serde::{Deserialize, Serialize};

/// What an end is told to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Order {
    /// Only a client. It has heard [`Heard::Open`] when it is done.
    Open {
        url: String,
        subprotocols: Vec<String>,
        deflate: Deflate,
    },
    Text {
        text: String,
    },
    Binary {
        #[serde(with = "letters")]
        bytes: Vec<u8>,
    },
    /// A text in as many frames, and behind the first one a ping with the payload [`BETWEEN`].
    Fragments {
        parts: Vec<Vec<u8>>,
    },
    Ping {
        payload: String,
    },
    /// With the code 1005: without a code.
    Close {
        code: u16,
        reason: String,
    },
}

/// What an end has heard. Pings and closes are answered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "heard", rename_all = "lowercase")]
pub enum Heard {
    /// Only a server in another program, once.
    Listening {
        port: u16,
    },
    /// Both are empty when there is none.
    Open {
        subprotocol: String,
        extensions: String,
    },
    Text {
        text: String,
    },
    Binary {
        #[serde(with = "letters")]
        bytes: Vec<u8>,
    },
    Pong {
        payload: String,
    },
    /// Both have said goodbye, and the connection has ended. The code and the reason are the peer's.
    Closed {
        code: u16,
        reason: String,
    },
    Failed {
        why: String,
    },
}

/// In JSON, bytes are a string with a letter for each: an array of numbers takes far longer to write and to read.
mod letters {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let letters: String = bytes.iter().copied().map(char::from).collect();
        serializer.serialize_str(&letters)
    }

    pub fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let letters = String::deserialize(deserializer)?;
        let bytes: Result<Vec<u8>, _> = letters.chars().map(u8::try_from).collect();
        bytes.map_err(D::Error::custom)
    }
}

/// How an end compresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deflate {
    Off,
    Usual,
    /// Each message for itself, with windows of two to the power of ten bytes.
    Small,
}

/// What a server speaks that all clients here ask for, after something that it does not.
pub const SUBPROTOCOL: &str = "echo.example";

/// The payload of the ping between two fragments.
pub const BETWEEN: &str = "between";

/// Bytes of a message: enough for all that is sent.
pub const MAX_MESSAGE: usize = 4 << 20;

/// One end of a WebSocket.
pub trait End: Send {
    fn obey(&mut self, order: &Order);

    /// What it hears next.
    fn hear(&mut self) -> Heard;

    /// Bytes that it has written and read, if it counts them.
    fn bytes(&self) -> Option<(usize, usize)> {
        None
    }
}

/// A server's side of a conversation: sends back every message, or does what a text orders. A pong becomes
/// a text. Returns how it ended.
pub fn converse(end: &mut dyn End) -> Heard {
    loop {
        let answer = match end.hear() {
            Heard::Text { text } => serde_json::from_str(&text).unwrap_or(Order::Text { text }),
            Heard::Binary { bytes } => Order::Binary { bytes },
            Heard::Pong { payload } => Order::Text {
                text: format!("pong: {payload}"),
            },
            ended => return ended,
        };
        end.obey(&answer);
    }
}
