//! Lesson 12: the readiness loop.
