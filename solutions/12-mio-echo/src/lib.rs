//! The answers of lesson 12: the readiness loop.

pub mod accept_on_event;
pub mod flush_on_writable;
pub mod read_on_event;
pub mod readiness_loop;
