//! What the clients and the server of a chat say to each other.
//!
//! Every message is one frame of lesson 03, and every frame is text. A client's first frame is its
//! name. Each later one is what it says; an empty one says nothing, and shows that somebody is
//! there. The server sends [`Notice`]s.

use std::fmt;
use std::io;
use std::str;

/// Bytes of one frame from a client.
pub const MAX_TEXT: usize = 4 * 1024;

/// Bytes of a name.
pub const MAX_NAME: usize = 32;

// ANCHOR: notice
/// What a server tells the members of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// You are in; these were there before you: `welcome ana bob`.
    Welcome(Vec<String>),
    /// Somebody came, perhaps yourself: `joined ana`.
    Joined(String),
    /// Who said what, yourself included: `said ana good morning`.
    Said(String, String),
    /// Somebody went, or was lost: `left ana`.
    Left(String),
    /// You are not welcome, for this reason, and the connection ends: `refused that name is taken`.
    Refused(Refused),
    /// The server stops, and the connection ends: `closing`.
    Closing,
}
// ANCHOR_END: notice

// ANCHOR: refused
/// Why a server ends a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Another member has that name.
    NameTaken,
    /// A name has 1 to [`MAX_NAME`] bytes of UTF-8, without spaces and control characters.
    BadName,
    /// What was said is no UTF-8, or is longer than [`MAX_TEXT`].
    BadText,
    /// The room has as many members as it may have.
    Full,
    /// Nothing came for too long.
    Silent,
}

impl Refused {
    const ALL: [Self; 5] = [
        Self::NameTaken,
        Self::BadName,
        Self::BadText,
        Self::Full,
        Self::Silent,
    ];
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::NameTaken => "that name is taken",
            Refused::BadName => "that is no name",
            Refused::BadText => "that is no text",
            Refused::Full => "the room is full",
            Refused::Silent => "nothing came for too long",
        })
    }
}

impl std::error::Error for Refused {}

/// What a server reports of a client that it has refused: `TimedOut` for a silent one, and otherwise
/// `InvalidData`.
impl From<Refused> for io::Error {
    fn from(why: Refused) -> Self {
        let kind = match why {
            Refused::Silent => io::ErrorKind::TimedOut,
            _ => io::ErrorKind::InvalidData,
        };
        io::Error::new(kind, why)
    }
}
// ANCHOR_END: refused

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Welcome(names) => {
                f.write_str("welcome")?;
                names.iter().try_for_each(|name| write!(f, " {name}"))
            }
            Notice::Joined(name) => write!(f, "joined {name}"),
            Notice::Said(name, text) => write!(f, "said {name} {text}"),
            Notice::Left(name) => write!(f, "left {name}"),
            Notice::Refused(why) => write!(f, "refused {why}"),
            Notice::Closing => f.write_str("closing"),
        }
    }
}

impl Notice {
    /// Reads what [`Notice`]'s `Display` wrote. `None` when it is nothing that a server says.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let text = str::from_utf8(payload).ok()?;
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "welcome" => Some(Notice::Welcome(
                rest.split_terminator(' ').map(str::to_owned).collect(),
            )),
            "joined" => Some(Notice::Joined(rest.to_owned())),
            "said" => {
                let (name, text) = rest.split_once(' ')?;
                Some(Notice::Said(name.to_owned(), text.to_owned()))
            }
            "left" => Some(Notice::Left(rest.to_owned())),
            "refused" => {
                let why = Refused::ALL
                    .into_iter()
                    .find(|why| why.to_string() == rest)?;
                Some(Notice::Refused(why))
            }
            "closing" => Some(Notice::Closing),
            _ => None,
        }
    }

    /// The notice as a frame, ready to be written. One copy serves all who get it.
    pub fn to_frame(&self) -> Vec<u8> {
        let mut frames = framing::Frames::new(framing::MAX_FRAME);
        // The longest notice is a welcome to a full room, and it fits: see `MAX_MEMBERS`.
        let fits = frames.send_frame(self.to_string().as_bytes());
        debug_assert_eq!(fits, Ok(()));
        frames.data_to_send().to_vec()
    }
}
