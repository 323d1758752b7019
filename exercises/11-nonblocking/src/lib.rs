//! The exercises of lesson 11: WouldBlock is an answer, not an error.
