//! The lesson's own tests.
