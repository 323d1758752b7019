//! The exercises of lesson 11: WouldBlock is an answer, not an error.

pub mod connect_without_waiting;
pub mod echo_turn;
pub mod out_buffer;
pub mod read_what_came;
