use super::{LESSON, told};
use nonblocking_exercises::connect_without_waiting::{Connecting, begin, check};
use peer::{Scene, of_the_machine};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Socket, Type};
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// For a test that has already been told what it wants to know.
const PATIENCE: Duration = Duration::from_secs(1);

/// The student's `begin`, which must not wait.
fn begun(scene: &Scene, address: SocketAddr) -> Socket {
    scene.note("begin(address)");
    let began = scene.run("your begin", move || begin(address));
    let outcome = began.join(|_| "waits");
    scene.note(format!("begin returned {}", short(&outcome)));
    match outcome {
        Ok(socket) => socket,
        Err(error) => {
            let knows = error.kind() == ErrorKind::ConnectionRefused;
            let (key, why) = if knows {
                ("waits", "So it has waited for the answer")
            } else {
                ("in-progress", "A connect that goes on has not failed")
            };
            scene.check(false, key, || {
                format!("Your begin returned an error: {error}. {why}.")
            });
            unreachable!("the check has failed")
        }
    }
}

/// The student's `check`.
fn checked(scene: &Scene, socket: Socket) -> io::Result<Connecting> {
    let asked = scene.run("your check", move || Shown(check(socket)));
    let Shown(outcome) = asked.join(|_| "waits");
    scene.note(format!("check returned {}", Shown(outcome_of(&outcome))));
    outcome
}

/// How `check` ended, as text without sockets.
struct Shown<T>(io::Result<T>);

/// What is told of a [`Connecting`].
struct Name(&'static str);

fn outcome_of(outcome: &io::Result<Connecting>) -> io::Result<Name> {
    match outcome {
        Ok(Connecting::NotYet(_)) => Ok(Name("NotYet")),
        Ok(Connecting::Connected(_)) => Ok(Name("Connected")),
        Err(error) => Err(error.kind().into()),
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Shown<Name> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(&self.0))
    }
}

impl fmt::Debug for Shown<Connecting> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(&outcome_of(&self.0)))
    }
}

fn short<T>(outcome: &io::Result<T>) -> String {
    told(
        &outcome
            .as_ref()
            .map(|_| Name("socket"))
            .map_err(|error| error.kind().into()),
    )
}

/// Waits until poll(2) calls the socket writable.
fn until_writable(scene: &Scene, socket: &Socket) {
    let mut asked = [PollFd::new(socket, PollFlags::OUT)];
    let left = Timespec::try_from(scene.left().max(PATIENCE)).ok();
    let answer = poll(&mut asked, left.as_ref()).map_err(io::Error::from);
    of_the_machine("wait in poll", answer);
    scene.note("poll: the socket is writable");
}

/// A socket that has a port, so that nobody else takes it, and does not listen.
fn bound() -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    Ok((socket, address.ok_or(ErrorKind::AddrNotAvailable)?))
}

/// An address where somebody listens and has no room for one more: the handshake hangs.
fn full_queue() -> io::Result<([Socket; 2], SocketAddr)> {
    let (listener, address) = bound()?;
    listener.listen(0)?; // On Linux this means: one connection may wait.
    let waiting = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    waiting.connect_timeout(&address.into(), PATIENCE)?;
    Ok(([listener, waiting], address))
}

#[test]
fn begins_without_an_error() {
    LESSON.grade("connect_without_waiting", |scene| {
        let host = scene.host();
        let socket = begun(scene, host.address());
        host.accept(|_| "in-progress");
        drop(socket);
    });
}

#[test]
fn a_refused_socket_is_writable_and_not_connected() {
    LESSON.grade("connect_without_waiting", |scene| {
        let (_bound, address) = of_the_machine("bind a port", bound());
        scene.note("nobody listens there");
        let socket = begun(scene, address);
        until_writable(scene, &socket);
        let outcome = checked(scene, socket);
        let refused = |error: &io::Error| error.kind() == ErrorKind::ConnectionRefused;
        scene.check(
            outcome.as_ref().is_err_and(refused),
            "writable-is-not-connected",
            || {
                format!(
                    "Nobody listens there, and your check returned {}; Err(ConnectionRefused) was expected.",
                    Shown(outcome_of(&outcome))
                )
            },
        );
    });
}

#[test]
fn does_not_wait_for_an_answer() {
    LESSON.grade("connect_without_waiting", |scene| {
        let (_full, address) = of_the_machine("fill a backlog", full_queue());
        scene.note("there is no room in the backlog: nobody answers");
        let socket = begun(scene, address);
        let outcome = checked(scene, socket);
        scene.check(
            matches!(outcome, Ok(Connecting::NotYet(_))),
            "not-yet",
            || {
                format!(
                    "Nobody has answered, and your check returned {}; Ok(NotYet) was expected.",
                    Shown(outcome_of(&outcome))
                )
            },
        );
    });
}

#[test]
fn says_when_it_is_connected() {
    LESSON.grade("connect_without_waiting", |scene| {
        let host = scene.host();
        let socket = begun(scene, host.address());
        let mut server = host.accept(|_| "in-progress");
        until_writable(scene, &socket);
        let outcome = checked(scene, socket);
        let Ok(Connecting::Connected(mut stream)) = outcome else {
            scene.check(false, "not-yet", || {
                format!(
                    "The server has accepted, and your check returned {}; Ok(Connected) was expected.",
                    Shown(outcome_of(&outcome))
                )
            });
            return;
        };
        scene.note("a read, while nothing is there");
        let reading = scene.run("your socket", move || {
            let nothing = stream.read(&mut [0; 8]);
            (stream, nothing.map_err(|error| error.kind()))
        });
        let (stream, nothing) = reading.join(|_| "stays-nonblocking");
        let would_block = nothing == Err(ErrorKind::WouldBlock);
        scene.check(would_block, "stays-nonblocking", || {
            format!("A read from your socket returned {nothing:?} while nothing was there; Err(WouldBlock) was expected.")
        });
        drop(stream);
        server.expect_end(|_| "stays-nonblocking");
    });
}
