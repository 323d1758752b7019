//! Lesson 09: a thread for each conversation.
//!
//! A blocking call blocks a thread, so each conversation gets one: a thread of its own, or one of
//! a fixed number. What a server owes to the others while one of its clients is slow, gone or too
//! many is decided here too, once for every server of Part II.
//!
//! - [`threaded::serve`] starts a thread for each client, and [`threaded::serve_each`] does for any
//!   protocol;
//! - [`pool::serve`] has as many threads as it may have clients, and [`pool::Pool`] is how;
//! - [`Limits`] and [`News`] are what a server bears and what it tells, [`after_accept`] what a
//!   failed accept means;
//! - [`Stop`] is how it learns that it should end.

mod conversations;
mod descriptors;
mod policy;
pub mod pool;
mod stop;
pub mod threaded;

pub use conversations::Conversation;
pub use descriptors::raise_descriptor_limit;
pub use policy::{ACCEPT_PAUSE, AfterAccept, Limits, News, after_accept};
pub use stop::Stop;
