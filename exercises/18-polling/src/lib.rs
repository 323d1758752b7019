//! The exercises of lesson 18: latency is paid in requests.

pub mod between_polls;
pub mod jittered_repoll;
pub mod long_poll;
pub mod since_cursor;
pub mod waiter_leaves;
