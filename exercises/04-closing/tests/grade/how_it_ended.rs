use super::{LESSON, told};
use closing_exercises::how_it_ended::{Call, News, how_it_ended};
use peer::{Scene, of_the_machine};
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// How long the kernel is told to wait for something that will not come.
const SHORT: Duration = Duration::from_millis(10);

/// Two connected sockets, so that the outcomes are the kernel's own.
fn pair(scene: &Scene) -> (TcpStream, TcpStream) {
    let (listener, address) = scene.listener();
    let connected = TcpStream::connect(address)
        .and_then(|ours| TcpListener::accept(&listener).map(|(theirs, _)| (ours, theirs)));
    of_the_machine("connect two sockets", connected)
}

/// Gives `outcome` to the student's function and looks at what it makes of it.
fn sorts(scene: &Scene, call: Call, outcome: io::Result<usize>, expected: News, key: &str) {
    let shown = format!("how_it_ended({call:?}, &{})", told(&outcome));
    scene.note(&shown);
    let news = scene
        .run("your function", move || how_it_ended(call, &outcome))
        .join(|_| "goes-on");
    scene.check(news == expected, key, || {
        format!("{shown} returned {news:?}; {expected:?} was expected.")
    });
}

#[test]
fn bytes_that_move_mean_that_it_goes_on() {
    LESSON.grade("how_it_ended", |scene| {
        let (mut ours, mut theirs) = pair(scene);
        let length = scene.random().usize(1..100);
        let written = theirs.write(&scene.random_bytes(length));
        sorts(scene, Call::Write, written, News::GoesOn, "goes-on");
        let read = ours.read(&mut [0; 100]);
        sorts(scene, Call::Read, read, News::GoesOn, "goes-on");
    });
}

#[test]
fn a_read_of_zero_bytes_is_the_end_of_the_stream() {
    LESSON.grade("how_it_ended", |scene| {
        let (mut ours, theirs) = pair(scene);
        drop(theirs);
        scene.note("the other end: close");
        let read = ours.read(&mut [0; 100]);
        sorts(scene, Call::Read, read, News::EndOfStream, "end-of-stream");
        let read = Err(ErrorKind::UnexpectedEof.into()); // what read_exact() makes of it
        sorts(scene, Call::Read, read, News::EndOfStream, "end-of-stream");
    });
}

#[test]
fn a_reset_is_a_reset() {
    LESSON.grade("how_it_ended", |scene| {
        let (mut ours, theirs) = pair(scene);
        if SockRef::from(&theirs)
            .set_linger(Some(Duration::ZERO))
            .is_ok()
        {
            drop(theirs);
            scene.note("the other end: reset");
            let read = ours.read(&mut [0; 100]);
            sorts(scene, Call::Read, read, News::Reset, "reset");
        }
        for kind in [ErrorKind::ConnectionReset, ErrorKind::ConnectionAborted] {
            sorts(scene, Call::Read, Err(kind.into()), News::Reset, "reset");
            sorts(scene, Call::Write, Err(kind.into()), News::Reset, "reset");
        }
    });
}

#[test]
fn silence_is_a_timeout_and_not_an_end() {
    LESSON.grade("how_it_ended", |scene| {
        let (mut ours, _theirs) = pair(scene);
        if ours.set_read_timeout(Some(SHORT)).is_ok() {
            scene.note("the other end: silent");
            let read = ours.read(&mut [0; 100]);
            sorts(scene, Call::Read, read, News::TimedOut, "timeout");
        }
        for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
            sorts(
                scene,
                Call::Read,
                Err(kind.into()),
                News::TimedOut,
                "timeout",
            );
            sorts(
                scene,
                Call::Write,
                Err(kind.into()),
                News::TimedOut,
                "timeout",
            );
        }
    });
}

#[test]
fn a_write_to_nobody_is_a_broken_pipe() {
    LESSON.grade("how_it_ended", |scene| {
        let (mut ours, _theirs) = pair(scene);
        if ours.shutdown(Shutdown::Write).is_ok() {
            scene.note("your end: shutdown(Write), then a write");
            let written = ours.write(b"more");
            sorts(scene, Call::Write, written, News::BrokenPipe, "broken-pipe");
        }
        let written = Err(ErrorKind::BrokenPipe.into());
        sorts(scene, Call::Write, written, News::BrokenPipe, "broken-pipe");
    });
}

#[test]
fn an_interrupted_call_goes_on() {
    LESSON.grade("how_it_ended", |scene| {
        for call in [Call::Read, Call::Write] {
            let outcome = Err(ErrorKind::Interrupted.into());
            sorts(scene, call, outcome, News::GoesOn, "interrupted");
        }
    });
}

#[test]
fn a_write_of_zero_bytes_is_no_end() {
    LESSON.grade("how_it_ended", |scene| {
        let (mut ours, _theirs) = pair(scene);
        let written = ours.write(b"");
        sorts(scene, Call::Write, written, News::GoesOn, "write-of-zero");
    });
}

#[test]
fn other_errors_are_other_errors() {
    LESSON.grade("how_it_ended", |scene| {
        for kind in [
            ErrorKind::NotConnected,
            ErrorKind::HostUnreachable,
            ErrorKind::OutOfMemory,
        ] {
            let outcome = Err(kind.into());
            sorts(scene, Call::Read, outcome, News::OtherError, "other-errors");
        }
    });
}
