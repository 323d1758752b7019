//! The answers of lesson 23: compression is an extension that both sides agree on.
