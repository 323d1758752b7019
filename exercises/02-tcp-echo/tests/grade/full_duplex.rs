use super::{LESSON, told};
use peer::{Answer, Host, LONGEST_DEADLINE, Scene, Why};
use std::fmt;
use std::io;
use std::net::TcpStream;
use tcp_echo_exercises::full_duplex::send_and_receive;

/// More than two sockets' buffers hold: who only writes comes to a stop.
const MUCH: usize = 8 << 20;

/// What the student's function returned. An answer may be too long for a line of the ladder.
struct Received(io::Result<Vec<u8>>);

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            Ok(answer) => write!(f, "Ok({})", bytes(answer.len())),
            Err(_) => write!(f, "{}", told(&self.0)),
        }
    }
}

fn bytes(count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} byte{s}")
}

/// Runs the student's function on a connection to `host`.
fn client<'a>(scene: &'a Scene, host: &Host, payload: &[u8]) -> Answer<'a, Received> {
    let (address, payload) = (host.address(), payload.to_vec());
    scene.run("your client", move || {
        let answer = TcpStream::connect(address).and_then(|s| send_and_receive(&s, &payload));
        Received(answer)
    })
}

/// While the client has more to send.
fn sends(why: Why) -> &'static str {
    match why {
        Why::Blocked(_) => "waits-between-pieces",
        _ => "sends-everything",
    }
}

/// After the client's last byte.
fn half_closes(why: Why) -> &'static str {
    match why {
        Why::Different => "sends-everything",
        _ => "no-half-close",
    }
}

/// After the server's end of stream.
fn returns(_: Why) -> &'static str {
    "answer-has-its-own-length"
}

/// Ends the test when the student's function did not return `answer`, with the hint for the
/// likeliest reason. `sent` is the length of the payload.
fn returned(scene: &Scene, received: Received, sent: usize, answer: &[u8]) {
    let expected = format!("The server's answer had {}", bytes(answer.len()));
    match received.0 {
        Err(error) => {
            let key = match error.kind() {
                io::ErrorKind::UnexpectedEof => "answer-has-its-own-length",
                _ => "closes-both-directions",
            };
            let got = told::<()>(&Err(error));
            scene.check(false, key, || {
                format!("{expected}, and your function returned {got}.")
            });
        }
        Ok(got) => {
            let key = match got.len() {
                n if n == sent => "answer-has-its-own-length",
                0 => "closes-both-directions",
                _ => "one-read-one-message",
            };
            let sentence = if got.len() == answer.len() {
                format!("{expected}, and your function returned others.")
            } else {
                format!(
                    "{expected}, and your function returned {}.",
                    bytes(got.len())
                )
            };
            scene.compare(answer, &got, key, &sentence);
        }
    }
}

#[test]
fn receives_an_answer_that_comes_after_everything_was_sent() {
    LESSON.grade("full_duplex", |scene| {
        let host = scene.host();
        let length = scene.random().usize(40_000..60_000);
        let payload = scene.random_letters(length).into_bytes();
        let client = client(scene, &host, &payload);
        let mut server = host.accept(sends);
        server.expect(&payload, sends);
        server.expect_end(half_closes);
        let answer = scene.random_letters(4);
        server.send_byte_by_byte(answer.as_bytes());
        server.half_close();
        let received = client.join(returns);
        returned(scene, received, length, answer.as_bytes());
    });
}

#[test]
fn receives_an_answer_to_nothing_at_all() {
    LESSON.grade("full_duplex", |scene| {
        let host = scene.host();
        let client = client(scene, &host, b"");
        let mut server = host.accept(sends);
        server.expect_end(half_closes);
        let answer = scene.random_letters(9);
        server.send(answer.as_bytes());
        server.half_close();
        let received = client.join(returns);
        returned(scene, received, 0, answer.as_bytes());
    });
}

#[test]
fn receives_8_mib_while_it_sends_them() {
    LESSON.grade_within(LONGEST_DEADLINE, "full_duplex", |scene| {
        let host = scene.host();
        let payload = scene.random_bytes(MUCH);
        let client = client(scene, &host, &payload);
        let mut server = host.accept(sends);
        let echoed = server.echo_until_end(|why| match why {
            Why::Blocked(_) => "writes-before-it-reads",
            _ => "one-read-one-message",
        });
        scene.check(echoed == MUCH, "sends-everything", || {
            format!("Your client ended the stream after {echoed} of {MUCH} bytes.")
        });
        let received = client.join(returns);
        returned(scene, received, MUCH, &payload);
    });
}

#[test]
fn reports_that_not_everything_could_be_sent() {
    LESSON.grade_within(LONGEST_DEADLINE, "full_duplex", |scene| {
        let host = scene.host();
        let client = client(scene, &host, &vec![b'.'; MUCH]);
        let mut server = host.accept(sends);
        // The end of the stream comes before the reset and stays what the receiving half sees:
        // only the sending half learns that the server has given up.
        server.half_close();
        server.reset();
        let received = client.join(|_| "ignores-the-sending-half");
        scene.check(received.0.is_err(), "ignores-the-sending-half", || {
            format!(
                "The server gave up before it had your 8 MiB, and your function returned {received:?}; an error was expected."
            )
        });
    });
}

#[test]
fn reports_a_reset_in_the_middle_of_the_answer() {
    LESSON.grade("full_duplex", |scene| {
        let host = scene.host();
        let payload = scene.random_letters(9);
        let client = client(scene, &host, payload.as_bytes());
        let mut server = host.accept(sends);
        server.expect(payload.as_bytes(), sends);
        server.expect_end(half_closes);
        server.send(b"only half of ");
        server.reset();
        let received = client.join(|_| "reset-is-an-error");
        scene.check(received.0.is_err(), "reset-is-an-error", || {
            format!(
                "The server reset the connection in the middle of its answer, and your function returned {received:?}; an error was expected."
            )
        });
    });
}
