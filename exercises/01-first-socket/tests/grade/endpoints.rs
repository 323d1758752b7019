use super::LESSON;
use first_socket_exercises::endpoints::{Conversation, End, converse};
use peer::{Scene, Why};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// Bytes of a message from one end to the other.
const MESSAGE: usize = 8;

/// Runs the student's function on `listener`.
fn conversation(scene: &Scene, listener: TcpListener, otherwise: &'static str) -> Conversation {
    let returned = scene
        .run("your function", move || converse(&listener))
        .join(|why| match why {
            Why::Blocked(Some("accept()")) => "waits-in-accept",
            _ => otherwise,
        });
    match returned {
        Ok(conversation) => {
            for (name, end) in [
                ("client", &conversation.client),
                ("server", &conversation.server),
            ] {
                scene.note(format!("{name} {} → {}", end.local, end.peer));
            }
            conversation
        }
        Err(error) => {
            scene.check(false, otherwise, || {
                format!("Your function returned Err({:?}): {error}.", error.kind())
            });
            unreachable!("a check of false ends the test")
        }
    }
}

/// What the kernel says of a socket: its own address and its peer's.
fn of_the_kernel(end: &End) -> io::Result<(SocketAddr, SocketAddr)> {
    Ok((end.socket.local_addr()?, end.socket.peer_addr()?))
}

/// Compares what was reported for one end with what the kernel says of its socket.
fn told_rightly(scene: &Scene, name: &str, end: &End, listening: SocketAddr) {
    let real = match of_the_kernel(end) {
        Ok(real) => real,
        Err(error) => {
            return scene.check(false, "wrong-address", || {
                format!("The {name}'s socket is not connected: {error}.")
            });
        }
    };
    let told = (end.local, end.peer);
    scene.check(told != (real.1, real.0), "swapped", || {
        format!(
            "{name}.peer: you told {}, which is the local address of that socket.",
            end.peer
        )
    });
    for (what, told, real) in [("local", told.0, real.0), ("peer", told.1, real.1)] {
        let key = match told {
            told if told == listening && what == "peer" => "peer-is-not-the-listener",
            told if told.port() == listening.port() => "client-has-its-own-port",
            _ => "wrong-address",
        };
        scene.check(told == real, key, || {
            format!("{name}.{what}: you told {told}, the kernel says {real}.")
        });
    }
}

/// The two sockets must be the two ends of one connection.
fn mirrors(scene: &Scene, conversation: &Conversation, key: &str) {
    let (client, server) = (&conversation.client, &conversation.server);
    scene.check(
        client.local == server.peer && client.peer == server.local,
        key,
        || {
            format!(
                "Your client is {}, but the server's socket talks to {}.",
                client.local, server.peer
            )
        },
    );
}

/// Sends `message` from one end and returns what the other end reads.
fn carried(scene: &Scene, mut from: &TcpStream, mut to: &TcpStream, message: &[u8]) -> Vec<u8> {
    let mut got = vec![0; message.len()];
    let read = to
        .set_read_timeout(Some(scene.left()))
        .and_then(|()| from.write_all(message))
        .and_then(|()| to.read_exact(&mut got));
    match read {
        Ok(()) => got,
        Err(error) => {
            scene.note(format!("read: {error}"));
            Vec::new()
        }
    }
}

#[test]
fn knows_which_socket_is_whose() {
    LESSON.grade("endpoints", |scene| {
        let (listener, listening) = scene.listener();
        let conversation = conversation(scene, listener, "cannot-converse");
        let client = conversation.client.socket.local_addr().ok();
        scene.check(client != Some(listening), "accepted-is-the-servers", || {
            format!("The socket that you call the client's has the listener's address, {listening}.")
        });
        let server = conversation.server.socket.local_addr().ok();
        scene.check(server == Some(listening), "accepted-is-the-servers", || {
            format!("The socket that you call the server's does not have the listener's address, {listening}.")
        });
    });
}

#[test]
fn reports_both_addresses_of_the_clients_socket() {
    LESSON.grade("endpoints", |scene| {
        let (listener, listening) = scene.listener();
        let conversation = conversation(scene, listener, "cannot-converse");
        told_rightly(scene, "client", &conversation.client, listening);
    });
}

#[test]
fn reports_both_addresses_of_the_servers_socket() {
    LESSON.grade("endpoints", |scene| {
        let (listener, listening) = scene.listener();
        let conversation = conversation(scene, listener, "cannot-converse");
        told_rightly(scene, "server", &conversation.server, listening);
    });
}

#[test]
fn what_one_end_sends_the_other_end_receives() {
    LESSON.grade("endpoints", |scene| {
        let (listener, _) = scene.listener();
        let conversation = conversation(scene, listener, "cannot-converse");
        mirrors(scene, &conversation, "wrong-address");
        let (client, server) = (&conversation.client.socket, &conversation.server.socket);
        let (request, reply) = (scene.random_letters(MESSAGE), scene.random_letters(MESSAGE));
        for (from, to, message) in [(client, server, request), (server, client, reply)] {
            let got = carried(scene, from, to, message.as_bytes());
            scene.compare(
                message.as_bytes(),
                &got,
                "not-one-conversation",
                "What one of your two sockets sent did not arrive at the other.",
            );
        }
    });
}

#[test]
fn finds_its_own_client_behind_strangers_in_the_queue() {
    LESSON.grade("endpoints", |scene| {
        let (listener, address) = scene.listener();
        let count = scene.random().usize(1..=4);
        let _strangers: Vec<_> = (0..count)
            .map(|_| scene.connect("stranger", address))
            .collect();
        let conversation = conversation(scene, listener, "first-in-the-queue");
        mirrors(scene, &conversation, "first-in-the-queue");
    });
}

#[test]
fn passes_over_a_stranger_that_has_reset() {
    LESSON.grade("endpoints", |scene| {
        let (listener, address) = scene.listener();
        scene.connect("stranger", address).reset();
        let conversation = conversation(scene, listener, "dies-with-a-stranger");
        mirrors(scene, &conversation, "first-in-the-queue");
    });
}
