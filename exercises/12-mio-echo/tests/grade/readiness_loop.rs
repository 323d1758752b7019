use super::LESSON;
use mio::net::TcpListener;
use mio_echo_exercises::readiness_loop::serve;
use peer::{Answer, Line, Scene, Why};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Bytes that a client sends at once: far more than one turn echoes.
const MUCH: usize = 65_536;

/// Runs the student's server on a listener at which `waiting` have connected already.
fn server<'a>(
    scene: &'a Scene,
    waiting: &[&str],
) -> (SocketAddr, Vec<Line<'a>>, Answer<'a, io::Result<()>>) {
    let (listener, address) = scene.listener();
    let lines = waiting
        .iter()
        .map(|name| scene.connect(name, address))
        .collect();
    let code = move || {
        listener.set_nonblocking(true)?;
        serve(TcpListener::from_std(listener))
    };
    (address, lines, scene.run("your server", code))
}

/// The client says something and gets it back.
fn talks(scene: &Scene, line: &mut Line, key: &'static str) {
    let words = scene.random_letters(8);
    line.send(words.as_bytes());
    line.expect(words.as_bytes(), |why| match why {
        Why::Spinning => "one-at-a-time",
        _ => key,
    });
}

#[test]
fn echoes_for_one_client_until_its_end() {
    LESSON.grade("readiness_loop", |scene| {
        let (address, _, _server) = server(scene, &[]);
        peer::echo::echoes_at_once(scene, address);
    });
}

#[test]
fn accepts_everybody_whom_one_event_stands_for() {
    LESSON.grade("readiness_loop", |scene| {
        let (_, mut clients, _server) = server(scene, &["first", "second", "third"]);
        for client in &mut clients {
            talks(scene, client, "accepts-once");
        }
    });
}

#[test]
fn gives_another_turn_to_who_has_more() {
    LESSON.grade("readiness_loop", |scene| {
        let (_, mut clients, _server) = server(scene, &["client"]);
        let bytes = scene.random_bytes(MUCH);
        clients[0].send(&bytes);
        clients[0].expect(&bytes, |why| match why {
            Why::Blocked(_) => "another-turn",
            _ => "not-echoed",
        });
    });
}

#[test]
fn serves_while_others_are_silent() {
    LESSON.grade("readiness_loop", |scene| {
        let (address, _, _server) = server(scene, &[]);
        peer::echo::serves_while_others_are_silent(scene, address);
    });
}

#[test]
fn serves_on_when_one_client_fails() {
    LESSON.grade("readiness_loop", |scene| {
        let (address, _, _server) = server(scene, &[]);
        peer::echo::survives_resets(scene, address);
    });
}

#[test]
fn gives_no_token_to_two_clients() {
    LESSON.grade("readiness_loop", |scene| {
        let (address, mut clients, _server) = server(scene, &["first", "second"]);
        for client in &mut clients {
            talks(scene, client, "accepts-once");
        }
        clients[0].half_close();
        clients[0].expect_end(|_| "never-closes");
        // Now there is one connection less, and a token of one who left.
        let mut third = scene.connect("third", address);
        talks(scene, &mut third, "token-used-twice");
        talks(scene, &mut clients[1], "token-used-twice");
        talks(scene, &mut third, "token-used-twice");
    });
}

#[test]
fn waits_when_there_is_nothing_to_do() {
    LESSON.grade("readiness_loop", |scene| {
        let (_, mut clients, server) = server(scene, &["idle client"]);
        talks(scene, &mut clients[0], "not-echoed");
        // It comes to rest long before the deadline, if ever.
        server.settle();
        scene.check(scene.left() > Duration::ZERO, "spins", || {
            "Nobody has anything to say, and your server does not wait: a processor is busy with nothing.".to_string()
        });
    });
}

#[test]
fn serves_many_at_the_same_time() {
    LESSON.grade("readiness_loop", |scene| {
        let (address, _, _server) = server(scene, &[]);
        peer::echo::serves_many(scene, address);
    });
}
