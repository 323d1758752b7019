use super::LESSON;
use options_exercises::buffer_sizes::ensure_receive_buffer;
use peer::{Line, Scene, Why, of_the_machine};
use socket2::{Domain, SockRef, Socket, Type};
use std::io;
use std::net::TcpStream;

/// Bytes: more than any kernel grants, unless somebody has raised its limit to that.
const HUGE: usize = 1 << 30;

/// A connection: the student's end, a second handle of it for looking, and the other end.
fn connected<'a>(scene: &'a Scene) -> (TcpStream, TcpStream, Line<'a>) {
    let host = scene.host();
    let stream = TcpStream::connect_timeout(&host.address(), scene.left());
    let stream = of_the_machine("connect on 127.0.0.1", stream);
    let looking = of_the_machine("clone a socket", stream.try_clone());
    (stream, looking, host.accept(|_| "waits"))
}

fn receive_buffer(stream: &TcpStream) -> usize {
    let size = SockRef::from(stream).recv_buffer_size();
    of_the_machine("read SO_RCVBUF", size)
}

fn send_buffer(stream: &TcpStream) -> usize {
    let size = SockRef::from(stream).send_buffer_size();
    of_the_machine("read SO_SNDBUF", size)
}

fn ensured(scene: &Scene, stream: TcpStream, least: usize) -> io::Result<usize> {
    let looking = of_the_machine("clone a socket", stream.try_clone());
    scene.note(format!("SO_RCVBUF is {}", receive_buffer(&looking)));
    let returned = scene
        .run("your function", move || {
            ensure_receive_buffer(&stream, least)
        })
        .join(|why| match why {
            Why::Blocked(Some(call)) if call != "sleep()" => "waits",
            // Nothing here waits, so it is a loop.
            _ => "never-gives-up",
        });
    scene.note(format!("asked for at least {least}"));
    scene.note(format!("SO_RCVBUF is {}", receive_buffer(&looking)));
    returned
}

#[test]
fn grows_the_buffer_and_returns_what_was_granted() {
    LESSON.grade("buffer_sizes", |scene| {
        let (stream, looking, _peer) = connected(scene);
        let (before, other) = (receive_buffer(&looking), send_buffer(&looking));
        let least = before + scene.random().usize(10_000..=60_000);
        let returned = ensured(scene, stream, least);

        let granted = receive_buffer(&looking);
        let key = if send_buffer(&looking) == other {
            "not-set"
        } else {
            "other-buffer"
        };
        scene.check(granted >= least, key, || {
            format!("SO_RCVBUF is {granted} after your function; {least} were wanted at least.")
        });
        scene.check(returned.is_ok(), "expects-it-unchanged", || {
            format!("The buffer is large enough, and your function returned {returned:?}.")
        });
        let returned = returned.unwrap_or_default();
        let key = if returned == least {
            "reports-the-wish"
        } else {
            "not-what-is-read-back"
        };
        scene.check(returned == granted, key, || {
            format!("Your function returned {returned}; SO_RCVBUF reads back as {granted}.")
        });
    });
}

#[test]
fn leaves_a_buffer_alone_that_is_large_enough() {
    LESSON.grade("buffer_sizes", |scene| {
        let (stream, looking, _peer) = connected(scene);
        let before = receive_buffer(&looking);
        let least = scene.random().usize(5_000..=before / 4);
        let returned = ensured(scene, stream, least);

        let after = receive_buffer(&looking);
        scene.check(after == before, "shrinks", || {
            format!("SO_RCVBUF was {before}, enough for {least}; your function made it {after}.")
        });
        scene.check(
            returned.as_ref().is_ok_and(|&size| size == before),
            "not-what-is-read-back",
            || format!("Your function returned {returned:?}; SO_RCVBUF reads back as {before}."),
        );
    });
}

/// Whether this kernel has a limit below [`HUGE`], tried on a socket of the grader's.
fn kernel_has_a_limit() -> bool {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None);
    let socket = of_the_machine("make a socket", socket);
    // Where the kernel refuses instead, that is a limit as well.
    let _ = socket.set_recv_buffer_size(HUGE);
    of_the_machine("read SO_RCVBUF", socket.recv_buffer_size()) < HUGE
}

#[test]
fn says_so_when_the_kernel_grants_less() {
    LESSON.grade("buffer_sizes", |scene| {
        if !kernel_has_a_limit() {
            println!("skipped: this kernel grants {HUGE} bytes");
            return;
        }
        let (stream, looking, _peer) = connected(scene);
        let returned = ensured(scene, stream, HUGE);
        let granted = receive_buffer(&looking);
        scene.check(returned.is_err(), "believes-the-call", || {
            format!("Your function returned {returned:?}; {HUGE} were wanted, and SO_RCVBUF is {granted}.")
        });
    });
}
