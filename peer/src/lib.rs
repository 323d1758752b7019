//! The other end of the line.
