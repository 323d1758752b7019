//! The exercises of lesson 21: the codec, without I/O.

pub mod fragments;
pub mod frame_lengths;
pub mod masking;
pub mod message_cap;
pub mod text_in_pieces;
