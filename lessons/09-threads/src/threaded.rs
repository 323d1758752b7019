//! A thread for each conversation.

use std::io;
use std::net::TcpListener;
use std::thread;

use crate::conversations::{Conversation, Conversations};
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
    // The echo of lesson 02. Policy, back-pressure: it reads on when everything is written, so never
    // more than its one buffer waits for a client.
    serve_each(listener, limits, stop, report, |conversation| {
        tcp_echo::echo(conversation)
    })
}

/// Like [`serve`], for any conversation: `talk` holds it, and returns what is to be counted. It should
/// end soon after its reads have said that the stream has ended.
///
/// # Errors
///
/// As for [`serve`].
pub fn serve_each(
    listener: TcpListener,
    limits: Limits,
    stop: &Stop,
    report: impl Fn(News) + Send + Sync + 'static,
    talk: impl Fn(&Conversation) -> io::Result<u64> + Send + Sync,
) -> io::Result<usize> {
    let conversations = Conversations::new(&listener, limits, stop)?;
    // The scope ends when all of its threads have ended. It keeps no list of them, so a thread that
    // is over costs nothing any more.
    thread::scope(|scope| {
        let (report, talk) = (&report, &talk);
        let accepted = conversations.accept_each(listener, report, |conversation| {
            let address = conversation.address;
            let started = thread::Builder::new()
                .name(address.to_string())
                .spawn_scoped(scope, move || report(conversation.hold(talk)));
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
