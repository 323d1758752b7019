//! The answers of lesson 22: ping, pong, close.

pub mod close_codes;
pub mod close_handshake;
pub mod heartbeat;
pub mod interoperate;
pub mod second_engine;
pub mod slow_consumer;
