//! The answers of lesson 08: silence is not disconnection.

pub mod blackhole_heartbeat;
// Windows does not tell a program which keepalive is in force.
#[cfg(not(windows))]
pub mod keepalive_readback;
pub mod request_deadline;
pub mod silence_is_news;
