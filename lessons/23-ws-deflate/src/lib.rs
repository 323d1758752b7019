//! Lesson 23: compression is an extension that both sides agree on.
//!
//! permessage-deflate (RFC 7692) compresses the payload of a message, and sets a bit in its first frame. The
//! sides agree in the opening handshake whether a message may refer back to those before it, and how far.
//!
//! - [`accept`] is a server's answer to what a client offers, and [`agree`] puts it into the handshake;
//! - [`accepted`] is what a client may do after that, and [`confirm`] takes it from the handshake;
//! - [`Deflate`] compresses and decompresses, and stops a message that becomes too large.

mod deflate;
mod negotiate;

pub use deflate::{Deflate, MIN_COMPRESSED};
pub use negotiate::{Agreed, NAME, OFFER, Window, accept, accepted, agree, confirm};
