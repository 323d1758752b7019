//! The exercises of lesson 13: a connection is a state machine with a budget.
