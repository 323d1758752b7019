//! The exercises of lesson 14: a task is the state machine that the compiler writes.
