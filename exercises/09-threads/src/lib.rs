//! The exercises of lesson 09: a thread for each conversation.

pub mod accept_errors;
pub mod connection_cap;
pub mod one_client_idles;
pub mod panicking_jobs;
