//! The answers of lesson 13: a connection is a state machine with a budget.

pub mod budgeted_turn;
pub mod deadline_queue;
pub mod high_water;
pub mod stale_tokens;
pub mod wake_the_loop;
