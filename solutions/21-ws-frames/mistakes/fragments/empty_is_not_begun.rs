//! hint: nothing-is-a-fragment-too
//! Sees by the bytes whether a message has begun.

pub const FIN: u8 = 0b1000_0000;
pub const RESERVED: u8 = 0b0111_0000;
pub const OPCODE: u8 = 0b0000_1111;

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

pub const MAX_CONTROL: usize = 125;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Close(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    ReservedBit,
    ReservedOpcode,
    FragmentedControl,
    LongControl,
    NothingToContinue,
    UnfinishedMessage,
}

#[derive(Debug, Default)]
pub struct Messages {
    begun: Option<(u8, Vec<u8>)>,
}

impl Messages {
    pub fn new() -> Messages {
        Messages::default()
    }

    pub fn frame(&mut self, first: u8, payload: &[u8]) -> Result<Option<Event>, Wrong> {
        if first & RESERVED != 0 {
            return Err(Wrong::ReservedBit);
        }
        let fin = first & FIN != 0;
        let opcode = first & OPCODE;
        let control = match opcode {
            CLOSE => Event::Close,
            PING => Event::Ping,
            PONG => Event::Pong,
            CONTINUATION | TEXT | BINARY => return self.fragment(fin, opcode, payload),
            _ => return Err(Wrong::ReservedOpcode),
        };
        if !fin {
            return Err(Wrong::FragmentedControl);
        }
        if payload.len() > MAX_CONTROL {
            return Err(Wrong::LongControl);
        }
        Ok(Some(control(payload.to_vec())))
    }

    fn fragment(&mut self, fin: bool, opcode: u8, payload: &[u8]) -> Result<Option<Event>, Wrong> {
        let (kind, mut message) = match (
            opcode,
            self.begun.take().filter(|(_, message)| !message.is_empty()),
        ) {
            (CONTINUATION, None) => return Err(Wrong::NothingToContinue),
            (CONTINUATION, Some(begun)) => begun,
            (_, Some(_)) => return Err(Wrong::UnfinishedMessage),
            (kind, None) => (kind, Vec::new()),
        };
        message.extend_from_slice(payload);
        if !fin {
            self.begun = Some((kind, message));
            return Ok(None);
        }
        Ok(Some(match kind {
            TEXT => Event::Text(message),
            _ => Event::Binary(message),
        }))
    }
}
