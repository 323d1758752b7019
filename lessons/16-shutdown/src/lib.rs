//! Lesson 16: stop accepting, finish what is in flight, then stop for good.
//!
//! One server with two engines. It answers requests that take a while ([`Request`]), so that there
//! is something in flight when somebody presses Ctrl-C:
//!
//! - [`tasks::serve`] is the server on tokio, with a token that tells and a tracker that counts;
//! - [`threaded::serve`] is the same on threads, which nobody can cancel;
//! - [`SinceStop`] tells how long the stop has taken so far.
//!
//! Both stop in the same order. The listener is closed at once. Who waits for a request hears the
//! end of the stream at once. Who waits for a reply gets it. And at one moment, the same for all,
//! whoever is still there is cut off.

mod request;
mod since_stop;
pub mod tasks;
pub mod threaded;

use std::io::{self, ErrorKind, Read};

pub use request::{MAX_REPLY, MAX_WORK, Request};
pub use since_stop::SinceStop;

/// Bytes that one read may take, and that are thrown away with one read.
const BUFFER_SIZE: usize = 4 * 1024;

/// Bytes that are thrown away before a connection is closed: more than a client leaves behind that
/// waits for its reply, and an end all the same for one that never stops sending. That one gets a
/// reset.
const MAX_DISCARD: usize = 16 * 1024 * 1024;

/// Why a conversation ended without the client's doing.
fn cut_off() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "cut off at the deadline")
}

/// Policy, idle client: nothing has moved for [`threads::Limits::idle`], so it is given up.
fn idle() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "nothing moved for too long")
}

// ANCHOR: discard
/// Reads what has come, on a stream that does not wait for more: close() with unread input would
/// reset the connection, and a reset destroys the reply that is still under way (lesson 04).
fn discard(mut stream: impl Read) {
    let mut scrap = [0; BUFFER_SIZE];
    let mut discarded = 0;
    while discarded < MAX_DISCARD {
        match stream.read(&mut scrap) {
            Ok(count @ 1..) => discarded += count,
            // The end; nothing there; or an error, which means that nobody is there to be hurt.
            Ok(0) | Err(_) => return,
        }
    }
}
// ANCHOR_END: discard
