//! The answers of lesson 07: socket options change behaviour, and most must be set before the call
//! that they change.

pub mod buffer_sizes;
pub mod build_listener;
pub mod mark_dscp;
pub mod no_delay;
pub mod restart;
