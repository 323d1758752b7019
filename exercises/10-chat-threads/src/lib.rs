//! The exercises of lesson 10: one slow reader must not stop the room.
