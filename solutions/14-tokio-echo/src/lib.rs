//! The answers of lesson 14: a task is the state machine that the compiler writes.

pub mod capped_echo;
pub mod echo_tasks;
pub mod no_blocking;
pub mod relay_halves;
