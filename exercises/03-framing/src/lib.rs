//! The exercises of lesson 03: messages are your job.

pub mod length_prefix;
pub mod line_codec;
pub mod pipelined;
pub mod read_frame;
