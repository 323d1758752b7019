//! The exercises of lesson 12: the readiness loop.
