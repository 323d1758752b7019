//! The answers of lesson 16: stop accepting, finish what is in flight, then stop for good.

pub mod drain_deadline;
pub mod finish_in_flight;
pub mod token_and_tracker;
pub mod wake_accept;
