use super::{LESSON, for_tokio, one_thread};
use peer::{Answer, Host, Line, Scene};
use std::io;
use tokio::net::TcpStream;
use tokio_echo_exercises::relay_halves::relay;

/// Bytes that are more than one read, and that the kernel's buffers hold: nobody reads them while
/// they are sent.
const ANSWER: usize = 48 * 1024;

type Relayed = io::Result<(u64, u64)>;

/// The student's relay on one thread, with a line to it as its client, and one as its server.
fn between<'a>(scene: &'a Scene, host: &Host<'a>) -> (Answer<'a, Relayed>, Line<'a>, Line<'a>) {
    let (listener, address) = scene.listener();
    let server = host.address();
    let relay = scene.run("your relay", move || {
        one_thread().block_on(async {
            let (from, _) = for_tokio(listener)?.accept().await?;
            relay(from, TcpStream::connect(server).await?).await
        })
    });
    let client = scene.connect("client", address);
    let server = host.accept(|_| "one-way");
    (relay, client, server)
}

/// What the relay returned, when both directions ended well.
fn counted(scene: &Scene, relay: Answer<'_, Relayed>, up: usize, down: usize) {
    let got = relay.join(|_| "never-returns");
    let expected = (up as u64, down as u64);
    scene.check(got.as_ref().is_ok_and(|got| *got == expected), "counts", || {
        format!("{up} bytes went up and {down} came down, and your relay returned {got:?}; Ok({expected:?}) was expected.")
    });
}

#[test]
fn passes_a_question_up_and_an_answer_down() {
    LESSON.grade("relay_halves", |scene| {
        let (_relay, mut client, mut server) = between(scene, &scene.host());
        let question = scene.random_letters(9);
        client.send(question.as_bytes());
        server.expect(question.as_bytes(), |_| "one-way");
        let answer = scene.random_letters(7);
        server.send(answer.as_bytes());
        client.expect(answer.as_bytes(), |_| "one-after-another");
    });
}

#[test]
fn lets_the_server_speak_first() {
    LESSON.grade("relay_halves", |scene| {
        let (_relay, mut client, mut server) = between(scene, &scene.host());
        let greeting = scene.random_letters(8);
        server.send(greeting.as_bytes());
        client.expect(greeting.as_bytes(), |_| "one-after-another");
    });
}

#[test]
fn passes_the_end_of_the_stream() {
    LESSON.grade("relay_halves", |scene| {
        let (_relay, mut client, mut server) = between(scene, &scene.host());
        let question = scene.random_letters(9);
        client.send(question.as_bytes());
        client.half_close();
        server.expect(question.as_bytes(), |_| "one-way");
        server.expect_end(|_| "end-not-passed");
    });
}

#[test]
fn passes_the_answer_after_the_client_has_ended() {
    LESSON.grade("relay_halves", |scene| {
        let (relay, mut client, mut server) = between(scene, &scene.host());
        client.half_close();
        server.expect_end(|_| "end-not-passed");
        let answer = scene.random_bytes(ANSWER);
        server.send(&answer);
        server.half_close();
        client.expect(&answer, |_| "ends-too-early");
        client.expect_end(|_| "end-not-passed");
        counted(scene, relay, 0, ANSWER);
    });
}

#[test]
fn passes_the_question_after_the_server_has_ended() {
    LESSON.grade("relay_halves", |scene| {
        let (relay, mut client, mut server) = between(scene, &scene.host());
        server.half_close();
        client.expect_end(|_| "end-not-passed");
        let question = scene.random_letters(9);
        client.send(question.as_bytes());
        server.expect(question.as_bytes(), |_| "ends-too-early");
        client.half_close();
        server.expect_end(|_| "end-not-passed");
        counted(scene, relay, question.len(), 0);
    });
}

#[test]
fn closes_both_when_one_fails() {
    LESSON.grade("relay_halves", |scene| {
        let (relay, mut client, mut server) = between(scene, &scene.host());
        let question = scene.random_letters(9);
        client.send(question.as_bytes());
        server.expect(question.as_bytes(), |_| "one-way");
        client.reset();
        let got = relay.join(|_| "error-ends-both");
        scene.check(got.is_err(), "error-ends-both", || {
            format!("The client reset its connection, and your relay returned {got:?}; an error was expected.")
        });
    });
}
