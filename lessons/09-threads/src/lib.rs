//! Lesson 09: a thread for each conversation.

mod descriptors;
mod policy;
mod stop;

pub use descriptors::raise_descriptor_limit;
pub use policy::{ACCEPT_PAUSE, AfterAccept, Limits, News, after_accept};
pub use stop::Stop;
