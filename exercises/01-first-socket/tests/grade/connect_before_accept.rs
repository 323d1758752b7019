use super::LESSON;
use first_socket_exercises::connect_before_accept::{Outcome, Situation, predict};
use peer::{Scene, of_the_machine};
use socket2::{Domain, Socket, Type};
use std::fmt::Display;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A call that has not returned by then waits. Nothing else happens meanwhile, so a call that
/// does not wait has nothing to be late for.
const PATIENCE: Duration = Duration::from_millis(300);

/// The backlog of a server that never accepts.
const BACKLOG: i32 = 128;

/// The smallest backlog, for a queue that is soon full; kernels round it up.
const SHORT_BACKLOG: i32 = 1;

/// Connections after which a queue with [`SHORT_BACKLOG`] must be full.
const CROWD: usize = 100;

/// Compares the student's prediction with the kernel's answer in an experiment made now. `key`
/// chooses the hint by what was predicted.
fn grade(
    situation: Situation,
    experiment: impl FnOnce(&Scene) -> io::Result<Outcome>,
    key: impl FnOnce(Outcome) -> &'static str,
) {
    LESSON.grade("connect_before_accept", |scene| {
        let predicted = scene
            .run("your function", move || predict(situation))
            .join(|_| "only-a-match");
        scene.note(format!("{situation:?}"));
        let happened = of_the_machine(&format!("make {situation:?}"), experiment(scene));
        scene.check(predicted == happened, key(predicted), || {
            format!("You predicted {predicted:?}; the kernel answered {happened:?}.")
        });
    });
}

/// A socket that is bound to a free port, and does not listen.
fn bound(scene: &Scene) -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket();
    scene.note("server: bind()");
    Ok((socket, address.ok_or(ErrorKind::AddrNotAvailable)?))
}

fn listening(scene: &Scene, backlog: i32) -> io::Result<(Socket, SocketAddr)> {
    let (socket, address) = bound(scene)?;
    socket.listen(backlog)?;
    scene.note(format!("server: listen({backlog})"));
    Ok((socket, address))
}

/// The server's listening socket, and a client that has connected to it.
fn connected(scene: &Scene) -> io::Result<(Socket, SocketAddr, TcpStream)> {
    let (listener, address) = listening(scene, BACKLOG)?;
    let client = TcpStream::connect_timeout(&address, PATIENCE)?;
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    scene.note("client: connect() = connected");
    Ok((listener, address, client))
}

/// Writes the call and what it returned into the ladder, and sorts that into an [`Outcome`].
fn outcome(scene: &Scene, call: &str, result: io::Result<impl Display>) -> io::Result<Outcome> {
    let (outcome, shown) = match result.map_err(|error| error.kind()) {
        Ok(value) => (Outcome::Succeeds, value.to_string()),
        Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            (Outcome::Waits, format!("nothing yet after {PATIENCE:?}"))
        }
        Err(ErrorKind::ConnectionRefused) => (Outcome::Refused, "refused".to_string()),
        Err(ErrorKind::ConnectionReset) => (Outcome::Reset, "reset".to_string()),
        Err(kind) => return Err(kind.into()),
    };
    scene.note(format!("client: {call} = {shown}"));
    Ok(outcome)
}

fn connects(scene: &Scene, address: SocketAddr) -> io::Result<Outcome> {
    let result = TcpStream::connect_timeout(&address, PATIENCE).map(|_| "connected");
    outcome(scene, "connect()", result)
}

fn reads(scene: &Scene, client: &mut TcpStream) -> io::Result<Outcome> {
    match client.read(&mut [0; 16]) {
        Ok(0) => {
            scene.note("client: read() = 0, end of stream");
            Ok(Outcome::EndOfStream)
        }
        result => outcome(scene, "read()", result.map(|n| format!("{n} bytes"))),
    }
}

#[test]
fn predicts_connect_while_nobody_accepts() {
    grade(
        Situation::ConnectWhileNobodyAccepts,
        |scene| {
            let (_listener, address) = listening(scene, BACKLOG)?;
            connects(scene, address)
        },
        |predicted| match predicted {
            Outcome::Waits => "connect-waits-for-accept",
            _ => "listen-waits-for-a-request",
        },
    );
}

#[test]
fn predicts_connect_to_a_socket_that_is_only_bound() {
    grade(
        Situation::ConnectToBoundSocket,
        |scene| {
            let (_server, address) = bound(scene)?;
            connects(scene, address)
        },
        |_| "bound-is-not-listening",
    );
}

#[test]
fn predicts_write_while_nobody_accepts() {
    grade(
        Situation::WriteWhileNobodyAccepts,
        |scene| {
            let (_listener, _, mut client) = connected(scene)?;
            let result = client.write(b"hello").map(|n| format!("{n} bytes"));
            outcome(scene, "write()", result)
        },
        |_| "write-needs-no-reader",
    );
}

#[test]
fn predicts_read_while_nobody_accepts() {
    grade(
        Situation::ReadWhileNobodyAccepts,
        |scene| {
            let (_listener, _, mut client) = connected(scene)?;
            reads(scene, &mut client)
        },
        |_| "silence-is-not-an-end",
    );
}

#[test]
fn predicts_connect_to_a_full_queue() {
    grade(
        Situation::ConnectToFullQueue,
        |scene| {
            let (_listener, address) = listening(scene, SHORT_BACKLOG)?;
            let mut queued = Vec::new();
            for _ in 0..CROWD {
                match TcpStream::connect_timeout(&address, PATIENCE) {
                    Ok(client) => queued.push(client),
                    Err(full) => {
                        scene.note(format!("{} clients connected, and then:", queued.len()));
                        return outcome(scene, "connect()", Err::<&str, _>(full));
                    }
                }
            }
            Err(io::Error::other("its queue has no end"))
        },
        |_| "the-queue-has-an-end",
    );
}

#[test]
fn predicts_connect_after_the_listener_was_closed() {
    grade(
        Situation::ConnectAfterListenerClosed,
        |scene| {
            let (listener, address, _client) = connected(scene)?;
            // The accepted socket keeps the port, so that no other program can listen on it now.
            let (_accepted, _) = listener.accept()?;
            scene.note("server: accept(), close(listener)");
            drop(listener);
            connects(scene, address)
        },
        |_| "accepted-is-not-listening",
    );
}

#[test]
fn predicts_read_from_an_accepted_socket_after_the_listener_was_closed() {
    grade(
        Situation::ReadAfterListenerClosedWhenAccepted,
        |scene| {
            let (listener, _, mut client) = connected(scene)?;
            let (mut accepted, _) = listener.accept()?;
            drop(listener);
            accepted.write_all(b"still")?;
            scene.note("server: accept(), close(listener), write()");
            reads(scene, &mut client)
        },
        |_| "the-conversation-goes-on",
    );
}

#[test]
fn predicts_read_from_a_queued_connection_after_the_listener_was_closed() {
    grade(
        Situation::ReadAfterListenerClosedWhenQueued,
        |scene| {
            let (listener, _, mut client) = connected(scene)?;
            drop(listener);
            scene.note("server: close(listener)");
            reads(scene, &mut client)
        },
        |_| "the-queue-is-reset",
    );
}
