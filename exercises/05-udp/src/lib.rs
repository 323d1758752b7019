//! The exercises of lesson 05: a datagram arrives whole, once, twice, or never.

pub mod ask_one_peer;
pub mod echo_datagrams;
pub mod once_each;
pub mod stop_and_wait;
pub mod whole_or_cut;
