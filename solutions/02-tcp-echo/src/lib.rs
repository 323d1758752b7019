//! The answers of lesson 02: TCP carries bytes, not messages.

pub mod echo_until_eof;
pub mod full_duplex;
pub mod read_exactly;
pub mod utf8_chunks;
