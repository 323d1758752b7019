//! A thread for each conversation.

use std::io;
use std::net::TcpListener;
use std::thread;

use crate::conversations::Conversations;
use crate::{Limits, News, Stop};

// ANCHOR: serve
/// Echoes for many clients at a time, each in a thread of its own, until `stop`.
///
/// Returns how many conversations had to be cut off at the end. Then no thread and no socket of
/// the server is left.
///
/// # Errors
///
/// When `accept` fails for good. All conversations are ended then, too.
pub fn serve(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
) -> io::Result<usize> {
    let conversations = Conversations::new(&listener, limits, stop)?;
    // The scope ends when all of its threads have ended. It keeps no list of them, so a thread that
    // is over costs nothing any more.
    thread::scope(|scope| {
        let report = &report;
        let accepted = conversations.accept_each(listener, report, |conversation| {
            let address = conversation.address;
            let started = thread::Builder::new()
                .name(address.to_string())
                .spawn_scoped(scope, move || report(conversation.echo()));
            // Policy, failed thread: it is this client's bad luck, pthread_create(3).
            if let Err(error) = started {
                report(News::Ended(address, Err(error)));
            }
        });
        let cut_off = conversations.drain();
        accepted.map(|()| cut_off)
    })
}
// ANCHOR_END: serve
