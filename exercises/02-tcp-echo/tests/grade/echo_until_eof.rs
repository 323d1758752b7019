use super::LESSON;
use peer::{Answer, Scene, Step, Why};
use std::io;
use std::net::SocketAddr;
use tcp_echo_exercises::echo_until_eof::{BUFFER, echo_until_eof};

/// Runs the student's function as a server that accepts one client.
fn server(scene: &Scene) -> (SocketAddr, Answer<'_, io::Result<u64>>) {
    let (listener, address) = scene.listener();
    let server = scene.run("your server", move || {
        let (mut stream, _) = listener.accept()?;
        echo_until_eof(&mut stream)
    });
    (address, server)
}

fn stuck(why: Why) -> &'static str {
    match why {
        Why::Ended => "one-read-one-message",
        Why::Spinning => "reads-past-the-end",
        Why::Reset => "one-read-one-message",
        Why::Different => "echoes-the-whole-buffer",
        Why::Blocked(_) => "waits-for-more",
    }
}

fn returns(scene: &Scene, result: io::Result<u64>, bytes: usize) {
    let key = match &result {
        Err(_) => "end-of-stream-is-no-error",
        Ok(_) => "counts-bytes",
    };
    scene.check(matches!(result, Ok(n) if n == bytes as u64), key, || {
        format!("After {bytes} bytes and the end of the stream your function returned {result:?}; Ok({bytes}) was expected.")
    });
}

#[test]
fn echoes_one_line_and_ends_with_the_stream() {
    LESSON.grade("echo_until_eof", |scene| {
        let (address, server) = server(scene);
        let mut client = scene.connect("client", address);
        let line = scene.random_letters(5);
        client.send(line.as_bytes());
        client.expect(line.as_bytes(), stuck);
        client.half_close();
        client.expect_end(stuck);
        let result = server.join(stuck);
        returns(scene, result, line.len());
    });
}

#[test]
fn echoes_what_arrives_in_pieces() {
    LESSON.grade("echo_until_eof", |scene| {
        let (address, server) = server(scene);
        let mut client = scene.connect("client", address);
        let line = scene.random_letters(9);
        client.send_byte_by_byte(line.as_bytes());
        client.half_close();
        client.expect(line.as_bytes(), stuck);
        client.expect_end(stuck);
        let result = server.join(stuck);
        returns(scene, result, line.len());
    });
}

#[test]
fn echoes_before_the_client_has_finished() {
    LESSON.grade("echo_until_eof", |scene| {
        let (address, server) = server(scene);
        let mut client = scene.connect("client", address);
        for _ in 0..3 {
            let line = scene.random_letters(6);
            client.send(line.as_bytes());
            client.expect(line.as_bytes(), stuck);
        }
        client.half_close();
        client.expect_end(stuck);
        let result = server.join(stuck);
        returns(scene, result, 18);
    });
}

#[test]
fn says_nothing_to_a_client_that_says_nothing() {
    LESSON.grade("echo_until_eof", |scene| {
        let (address, server) = server(scene);
        let mut client = scene.connect("client", address);
        client.half_close();
        client.expect_end(stuck);
        let result = server.join(stuck);
        returns(scene, result, 0);
    });
}

#[test]
fn finishes_writes_that_were_short() {
    LESSON.grade("echo_until_eof", |scene| {
        let bytes = scene.random_letters(10);
        let mut stream = scene.script([Step::data(&bytes)]).write_at_most(4);
        let seen = stream.clone();
        let result = scene
            .run("your function", move || echo_until_eof(&mut stream))
            .join(stuck);
        scene.compare(
            bytes.as_bytes(),
            &seen.written(),
            "short-write",
            "Not every byte was written back: write() took only 4 bytes at a time.",
        );
        returns(scene, result, bytes.len());
    });
}

#[test]
fn goes_on_after_an_interrupted_read() {
    LESSON.grade("echo_until_eof", |scene| {
        let mut stream = scene.script([Step::data("ab"), Step::Interrupted, Step::data("cd")]);
        let seen = stream.clone();
        let result = scene
            .run("your function", move || echo_until_eof(&mut stream))
            .join(stuck);
        scene.compare(
            b"abcd",
            &seen.written(),
            "interrupted",
            "A read was Interrupted, and what came after it was not echoed.",
        );
        returns(scene, result, 4);
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("echo_until_eof", |scene| {
        let mut stream = scene.script([Step::data("ab"), Step::Reset]);
        let result = scene.run("your function", move || echo_until_eof(&mut stream)).join(stuck);
        let reset = matches!(&result, Err(e) if e.kind() == io::ErrorKind::ConnectionReset);
        scene.check(reset, "reset-is-an-error", || {
            format!("The stream was reset, and your function returned {result:?}; Err(ConnectionReset) was expected.")
        });
    });
}

#[test]
fn echoes_bytes_that_are_not_text_and_longer_than_the_buffer() {
    LESSON.grade("echo_until_eof", |scene| {
        let length = 3 * BUFFER + scene.random().usize(1..100);
        let bytes = scene.random_bytes(length);
        let mut stream = scene.script([Step::data(&bytes)]);
        let seen = stream.clone();
        let result = scene
            .run("your function", move || echo_until_eof(&mut stream))
            .join(stuck);
        scene.compare(
            &bytes,
            &seen.written(),
            "echoes-the-whole-buffer",
            "Your function wrote back other bytes than it read.",
        );
        returns(scene, result, length);
    });
}
