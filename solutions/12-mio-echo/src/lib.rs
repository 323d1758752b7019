//! The answers of lesson 12: the readiness loop.
