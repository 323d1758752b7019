//! Exercise: messages in fragments, and what may come between them.

/// In a frame's first byte: this is the last frame of its message.
pub const FIN: u8 = 0b1000_0000;
/// In a frame's first byte: three bits for extensions. We have agreed on none.
pub const RESERVED: u8 = 0b0111_0000;
/// In a frame's first byte: what it is.
pub const OPCODE: u8 = 0b0000_1111;

/// The next fragment of a message.
pub const CONTINUATION: u8 = 0x0;
/// A text message, or its first fragment.
pub const TEXT: u8 = 0x1;
/// A message of any bytes, or its first fragment.
pub const BINARY: u8 = 0x2;
/// A control frame: the end of the conversation.
pub const CLOSE: u8 = 0x8;
/// A control frame: are you there?
pub const PING: u8 = 0x9;
/// A control frame: I am.
pub const PONG: u8 = 0xa;

/// Bytes of payload that a control frame may have (RFC 6455, section 5.5).
pub const MAX_CONTROL: usize = 125;

/// What a peer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A text, whole. (Whether it is UTF-8 is another exercise.)
    Text(Vec<u8>),
    /// Any bytes, whole.
    Binary(Vec<u8>),
    /// A control frame.
    Close(Vec<u8>),
    /// A control frame.
    Ping(Vec<u8>),
    /// A control frame.
    Pong(Vec<u8>),
}

/// What RFC 6455 does not allow. The close code for all of them is 1002.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A bit of [`RESERVED`] is set (section 5.2).
    ReservedBit,
    /// An opcode that means nothing (section 5.2).
    ReservedOpcode,
    /// A control frame without [`FIN`] (section 5.5).
    FragmentedControl,
    /// A control frame of more than [`MAX_CONTROL`] bytes (section 5.5).
    LongControl,
    /// A continuation, and no message has begun (section 5.4).
    NothingToContinue,
    /// A text or binary frame before the last fragment of another message (section 5.4).
    UnfinishedMessage,
}

/// Makes messages of frames.
#[derive(Debug, Default)]
pub struct Messages {
    /// The fragments that have come of a message: its opcode, and the bytes.
    begun: Option<(u8, Vec<u8>)>,
}

impl Messages {
    /// No message has begun.
    pub fn new() -> Messages {
        Messages::default()
    }

    /// Takes a frame: the first byte of its header, and its payload, whole and unmasked. Returns what is
    /// complete with it, or `Ok(None)` when more fragments are to come.
    ///
    /// A message is one frame with [`FIN`]; or a first frame with [`TEXT`] or [`BINARY`] and without
    /// `FIN`, then any number of [`CONTINUATION`]s without, then one with it. Control frames may come
    /// between them. They are events of their own, at once, and the message goes on behind them.
    ///
    /// What will come: messages in one frame and in many; fragments without a byte; control frames between
    /// any two fragments, also several, also empty, also with exactly [`MAX_CONTROL`] bytes; pongs that
    /// nobody asked for; fragments much longer than that; and frames that are wrong in every way that
    /// [`Wrong`] names.
    ///
    /// Example: `(0x01, "Hel")` gives `None`, `(0x89, "?")` gives `Ping("?")`, and `(0x80, "lo")` gives
    /// `Text("Hello")`.
    ///
    /// # Errors
    /// [`Wrong`], with the only reason that there is. This is not called again after that.
    pub fn frame(&mut self, first: u8, payload: &[u8]) -> Result<Option<Event>, Wrong> {
        todo!(
            "look at the reserved bits, then at the opcode: a fragment goes to `fragment` below, and a control frame must be whole and short"
        )
    }

    /// Takes a frame that is no control frame.
    fn fragment(&mut self, fin: bool, opcode: u8, payload: &[u8]) -> Result<Option<Event>, Wrong> {
        todo!(
            "put the payload behind what has begun, or begin with it; with FIN the message is complete, and nothing has begun any more"
        )
    }
}
