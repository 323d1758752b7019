use super::{LESSON, told};
use peer::{Answer, Scene, Script, Step, Why};
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

/// Runs the student's function on a stream in memory; what it wrote is in the script.
fn echoed(scene: &Scene, script: &Script) -> io::Result<u64> {
    let mut stream = script.clone();
    scene
        .run("your function", move || echo_until_eof(&mut stream))
        .join(stuck)
}

fn stuck(why: Why) -> &'static str {
    match why {
        Why::Ended | Why::Reset => "one-read-one-message",
        Why::Different => "echoes-the-whole-buffer",
        Why::Blocked(_) => "waits-for-more",
        Why::Spinning => "reads-past-the-end",
    }
}

fn returns(scene: &Scene, result: io::Result<u64>, bytes: usize) {
    let key = match &result {
        Err(_) => "end-of-stream-is-no-error",
        Ok(_) => "counts-bytes",
    };
    scene.check(matches!(result, Ok(n) if n == bytes as u64), key, || {
        format!(
            "After {bytes} bytes and the end of the stream your function returned {}; Ok({bytes}) was expected.",
            told(&result)
        )
    });
}

#[test]
fn echoes_what_one_read_brings_and_no_more() {
    LESSON.grade("echo_until_eof", |scene| {
        let line = scene.random_letters(5);
        let script = scene.script([Step::data(&line)]);
        let result = echoed(scene, &script);
        scene.check(script.unread() == 0, "buffer-without-room", || {
            format!(
                "Your function returned {} and has not read a single byte.",
                told(&result)
            )
        });
        if result.is_ok() {
            scene.compare(
                line.as_bytes(),
                &script.written(),
                "echoes-the-whole-buffer",
                "Your function wrote back other bytes than it had read.",
            );
        }
        returns(scene, result, line.len());
    });
}

#[test]
fn echoes_what_arrives_in_pieces() {
    LESSON.grade("echo_until_eof", |scene| {
        let (address, server) = server(scene);
        let mut client = scene.connect("client", address);
        let line = scene.random_letters(5);
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
            let word = scene.random_letters(6);
            client.send(word.as_bytes());
            client.expect(word.as_bytes(), stuck);
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
        let line = scene.random_letters(10);
        let script = scene.script([Step::data(&line)]).write_at_most(4);
        let result = echoed(scene, &script);
        scene.compare(
            line.as_bytes(),
            &script.written(),
            "short-write",
            "Not every byte was written back: write() took only 4 bytes at a time.",
        );
        returns(scene, result, line.len());
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("echo_until_eof", |scene| {
        let line = scene.random_letters(2);
        let script = scene.script([Step::data(line), Step::Reset]);
        let result = echoed(scene, &script);
        let reset = matches!(&result, Err(e) if e.kind() == io::ErrorKind::ConnectionReset);
        scene.check(reset, "reset-is-an-error", || {
            format!(
                "The stream was reset, and your function returned {}; Err(ConnectionReset) was expected.",
                told(&result)
            )
        });
    });
}

#[test]
fn goes_on_after_an_interrupted_read() {
    LESSON.grade("echo_until_eof", |scene| {
        let line = scene.random_letters(4);
        let (before, after) = line.split_at(2);
        let script = scene.script([Step::data(before), Step::Interrupted, Step::data(after)]);
        let result = echoed(scene, &script);
        scene.compare(
            line.as_bytes(),
            &script.written(),
            "interrupted",
            "A read was Interrupted, and what came after it was not echoed.",
        );
        returns(scene, result, line.len());
    });
}

#[test]
fn echoes_bytes_that_are_not_text() {
    LESSON.grade("echo_until_eof", |scene| {
        // ff appears nowhere in UTF-8, and the others may be anything.
        let mut bytes = scene.random_bytes(7);
        bytes.push(0xff);
        let script = scene.script([Step::data(&bytes)]);
        let result = echoed(scene, &script);
        scene.compare(
            &bytes,
            &script.written(),
            "not-text",
            "Bytes came that are not UTF-8 text, and they did not go back as they had come.",
        );
        returns(scene, result, bytes.len());
    });
}

#[test]
fn echoes_far_more_than_the_buffer_holds() {
    LESSON.grade("echo_until_eof", |scene| {
        let length = 3 * BUFFER + scene.random().usize(1..100);
        let bytes = scene.random_bytes(length);
        let script = scene.script([Step::data(&bytes)]);
        let result = echoed(scene, &script);
        scene.compare(
            &bytes,
            &script.written(),
            "longer-than-the-buffer",
            "More bytes came than the buffer holds, and they did not all go back as they had come.",
        );
        returns(scene, result, length);
    });
}
