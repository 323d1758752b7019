use super::LESSON;
use closing_exercises::upload::upload;
use peer::{Answer, Host, LONGEST_DEADLINE, Scene, Why};
use std::fmt;
use std::io;
use std::net::TcpStream;

/// More than two sockets' buffers hold: who sends it to a server that does not read comes to a stop.
const MUCH: usize = 8 << 20;

/// What the student's function returned. A reply may be too long for a line of the ladder.
struct Reply(io::Result<Vec<u8>>);

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            Ok(reply) if reply.len() <= 20 => {
                write!(f, "Ok({:?})", String::from_utf8_lossy(reply))
            }
            Ok(reply) => write!(f, "Ok({} bytes)", reply.len()),
            Err(error) => write!(f, "Err({:?})", error.kind()),
        }
    }
}

/// Runs the student's function on a connection to `host`.
fn client<'a>(scene: &'a Scene, host: &Host, body: Vec<u8>) -> Answer<'a, Reply> {
    let address = host.address();
    scene.run("your client", move || {
        Reply(TcpStream::connect(address).and_then(|stream| upload(&stream, &body)))
    })
}

/// While the upload is not complete.
fn sends(_: Why) -> &'static str {
    "sends-everything"
}

/// After the last byte of the upload.
fn half_closes(why: Why) -> &'static str {
    match why {
        Why::Different => "sends-everything",
        _ => "no-half-close",
    }
}

/// Ends the test when the student's function did not return `reply`.
fn returned(scene: &Scene, client: Answer<Reply>, reply: &[u8]) {
    let got = client.join(|_| "reads-to-the-end");
    let sentence = format!(
        "The reply had {} bytes, and your function returned {got:?}.",
        reply.len()
    );
    match &got.0 {
        Ok(bytes) => {
            let key = match bytes.len() {
                0 => "closes-both-directions",
                _ => "reads-to-the-end",
            };
            scene.compare(reply, bytes, key, &sentence);
        }
        Err(_) => scene.check(false, "closes-both-directions", || sentence),
    }
}

#[test]
fn receives_the_reply_that_comes_after_the_upload() {
    LESSON.grade("upload", |scene| {
        let host = scene.host();
        let length = scene.random().usize(40_000..60_000);
        let body = scene.random_letters(length).into_bytes();
        let client = client(scene, &host, body.clone());
        let mut server = host.accept(sends);
        server.expect(&body, sends);
        server.expect_end(half_closes);
        let reply = scene.random_letters(2);
        server.send_byte_by_byte(reply.as_bytes());
        server.half_close();
        returned(scene, client, reply.as_bytes());
    });
}

#[test]
fn receives_a_long_reply_to_an_empty_upload() {
    LESSON.grade("upload", |scene| {
        let host = scene.host();
        let client = client(scene, &host, Vec::new());
        let mut server = host.accept(sends);
        server.expect_end(half_closes);
        let length = scene.random().usize(200_000..300_000);
        let reply = scene.random_bytes(length);
        server.send(&reply);
        server.half_close();
        returned(scene, client, &reply);
    });
}

#[test]
fn reports_a_reset_in_the_middle_of_the_reply() {
    LESSON.grade("upload", |scene| {
        let host = scene.host();
        let body = scene.random_letters(9).into_bytes();
        let client = client(scene, &host, body.clone());
        let mut server = host.accept(sends);
        server.expect(&body, sends);
        server.expect_end(half_closes);
        server.send(b"only half of ");
        server.reset();
        let got = client.join(|_| "reset-is-an-error");
        scene.check(got.0.is_err(), "reset-is-an-error", || {
            format!(
                "The server reset the connection in the middle of its reply, and your function returned {got:?}; an error was expected."
            )
        });
    });
}

#[test]
fn reads_a_reply_that_came_before_the_upload_was_complete() {
    LESSON.grade_within(LONGEST_DEADLINE, "upload", |scene| {
        let host = scene.host();
        let client = client(scene, &host, vec![b'.'; MUCH]);
        let mut server = host.accept(sends);
        let reply = format!("too long, {}", scene.random_letters(5));
        // All three arrive in this order: the bytes and the end of the stream stay readable when
        // the reset has come.
        server.send(reply.as_bytes());
        server.half_close();
        server.reset();
        let got = client.join(|_| "early-reply");
        let sentence = format!(
            "The server replied before it had your whole upload, ended its half and hung up; your function returned {got:?}, and not the reply."
        );
        match &got.0 {
            Ok(bytes) => scene.compare(reply.as_bytes(), bytes, "early-reply", &sentence),
            Err(_) => scene.check(false, "early-reply", || sentence),
        }
    });
}

#[test]
fn reports_an_upload_that_failed_without_a_reply() {
    LESSON.grade_within(LONGEST_DEADLINE, "upload", |scene| {
        let host = scene.host();
        let client = client(scene, &host, vec![b'.'; MUCH]);
        host.accept(sends).reset();
        let got = client.join(|_| "failed-upload");
        scene.check(got.0.is_err(), "failed-upload", || {
            format!(
                "The server hung up before it had your upload, without a word, and your function returned {got:?}; an error was expected."
            )
        });
    });
}
