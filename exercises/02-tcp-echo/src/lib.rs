//! The exercises of lesson 02: TCP carries bytes, not messages.

pub mod echo_until_eof;
