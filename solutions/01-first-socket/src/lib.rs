//! The answers of lesson 01: the listening socket and the connected socket are two different
//! sockets.

pub mod bind_port_zero;
pub mod connect_before_accept;
pub mod endpoints;
pub mod greet_in_turn;
