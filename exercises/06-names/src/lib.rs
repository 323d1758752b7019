//! The exercises of lesson 06: a name is many addresses.

pub mod dual_stack;
pub mod every_address;
pub mod happy_eyeballs;
pub mod mapped_address;
