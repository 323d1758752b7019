//! Lesson 21: the codec, without I/O.
//!
//! After the handshake both sides speak in frames (RFC 6455, section 5): two bytes or a few more that say
//! what comes and how long it is, then that. A message is one frame, or several; between these, and only
//! there, control frames may come.
//!
//! - [`Header`] is what stands before a payload, from bytes and to bytes;
//! - [`mask`] is what a client does to its payloads, and undoes it;
//! - [`Utf8`] checks text that comes in pieces;
//! - [`Incoming`] makes events of the bytes that come, where they are: nothing is copied;
//! - [`Violation`] is everything that a peer can do wrong, with the close code that tells it so;
//! - [`explain`] shows bytes field by field, to people.

mod explain;
mod frame;
mod incoming;
mod mask;
mod utf8;
mod violation;

pub use explain::{Explanation, Field, Part, explain};
pub use frame::{Header, HeaderBytes, MAX_CONTROL, MAX_HEADER, Opcode};
pub use incoming::{CloseReason, Event, Incoming, Kind, Payload, Role, is_close_code};
pub use mask::mask;
pub use utf8::Utf8;
pub use violation::Violation;
