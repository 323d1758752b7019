use super::{LESSON, told};
use closing_exercises::lingering_close::{Farewell, close_politely};
use peer::{Answer, LONGEST_DEADLINE, Line, Scene, Why, of_the_machine};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

/// Bytes of the request, of which the server reads only the first.
const REQUEST: usize = 3000;

/// Bytes of the reply: more than the client's kernel takes while the client does not read, fewer
/// than the server's kernel takes.
const REPLY: usize = 200_000;

/// For tests in which the limit must not matter.
const LONG: Duration = Duration::from_secs(60);

/// How often a client sends that sends a byte again and again.
const BETWEEN_BYTES: Duration = Duration::from_millis(10);

/// A server that has replied and now closes: the client, the server's thread, the reply.
struct Parting<'a> {
    client: Line<'a>,
    server: Answer<'a, io::Result<Farewell>>,
    reply: Vec<u8>,
}

/// Plays the conversation up to the point where the student's function closes it.
fn part(scene: &Scene, limit: Duration) -> Parting<'_> {
    let (listener, address) = scene.listener();
    let mut client = scene.connect("client", address);
    client.send(scene.random_letters(REQUEST).as_bytes());
    let reply = scene.random_letters(REPLY).into_bytes();
    let replied = listener.accept().and_then(|(mut stream, _)| {
        stream.read_exact(&mut [0])?;
        let count = write_without_waiting(&mut stream, &reply)?;
        Ok((stream, count))
    });
    let (stream, count) = of_the_machine("carry a request and a reply", replied);
    scene.note(format!("server: read 1 of {REQUEST} bytes, wrote {count}"));
    scene.note(format!("close_politely(stream, {limit:?})"));
    let server = scene.run("your server", move || close_politely(stream, limit));
    Parting {
        client,
        server,
        reply: reply[..count].to_vec(),
    }
}

/// As much of `bytes` as the kernel takes now; how much is returned.
fn write_without_waiting(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    stream.set_nonblocking(true)?;
    let mut count = 0;
    while count < bytes.len() {
        match stream.write(&bytes[count..]) {
            Ok(taken) => count += taken,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    stream.set_nonblocking(false)?;
    Ok(count)
}

/// The client reads the reply and the end of the stream.
fn hears_all(client: &mut Line, reply: &[u8]) {
    client.expect(reply, stuck);
    client.expect_end(stuck);
}

fn stuck(why: Why) -> &'static str {
    match why {
        Why::Ended | Why::Reset | Why::Different => "unread-input",
        Why::Blocked(Some("sleep()")) => "sleeps",
        Why::Blocked(_) | Why::Spinning => "no-half-close",
    }
}

/// Joins when the client's end of stream has come.
fn returns(server: Answer<io::Result<Farewell>>) -> io::Result<Farewell> {
    server.join(|why| match why {
        Why::Blocked(Some("sleep()")) => "sleeps",
        _ => "reads-past-the-end",
    })
}

fn is(scene: &Scene, got: &io::Result<Farewell>, expected: Farewell, what: &str) {
    let key = match got {
        Err(error) if error.kind() == ErrorKind::InvalidInput => "zero-timeout",
        _ => "farewell",
    };
    scene.check(
        matches!(got, Ok(farewell) if *farewell == expected),
        key,
        || {
            format!(
                "{what}, and your function returned {}; Ok({expected:?}) was expected.",
                told(got)
            )
        },
    );
}

#[test]
fn the_whole_reply_arrives_though_input_was_left_unread() {
    LESSON.grade("lingering_close", |scene| {
        let Parting {
            mut client,
            server,
            reply,
        } = part(scene, LONG);
        // The client is slow: it reads when your function has done what it does first.
        server.settle();
        hears_all(&mut client, &reply);
        client.half_close();
        let got = returns(server);
        is(scene, &got, Farewell::Heard, "The client ended its half");
    });
}

#[test]
fn reads_on_until_the_client_ends_too() {
    LESSON.grade_within(LONGEST_DEADLINE, "lingering_close", |scene| {
        let Parting {
            mut client,
            server,
            reply,
        } = part(scene, LONG);
        hears_all(&mut client, &reply);
        // Not more: the kernel may hold back the acknowledgement of each for a fifth of a second.
        let more = scene.random_letters(3);
        for letter in more.as_bytes() {
            client.send_byte_by_byte(&[*letter]);
            let waits = server.settle();
            scene.check(waits, "stops-before-the-end", || {
                "The client was still sending, and your function had returned: it should read until the end of the stream."
                    .to_string()
            });
        }
        client.send(&scene.random_bytes(300_000));
        client.half_close();
        let got = returns(server);
        is(scene, &got, Farewell::Heard, "The client ended its half");
    });
}

#[test]
fn gives_up_a_client_that_stays_silent() {
    LESSON.grade("lingering_close", |scene| {
        let limit = Duration::from_millis(scene.random().u64(40..80));
        let Parting {
            mut client,
            server,
            reply,
        } = part(scene, limit);
        hears_all(&mut client, &reply);
        scene.note("client: silent, and still connected");
        let got = server.join(|why| match why {
            Why::Spinning => "reads-past-the-end",
            _ => "no-deadline",
        });
        is(
            scene,
            &got,
            Farewell::GaveUp,
            "The client never ended its half",
        );
    });
}

#[test]
fn gives_up_a_client_that_sends_a_byte_again_and_again() {
    LESSON.grade("lingering_close", |scene| {
        let limit = Duration::from_millis(scene.random().u64(300..400));
        let Parting {
            mut client, server, ..
        } = part(scene, limit);
        // It does not even read. The pause is its habit, and far shorter than the limit: no read of
        // the server waits for long.
        while server.is_running() && scene.left() > limit {
            client.send(b".");
            thread::sleep(BETWEEN_BYTES);
        }
        scene.check(!server.is_running(), "deadline-for-each-read", || {
            format!(
                "The limit was {limit:?}, and your function still reads: the client sends another byte each time."
            )
        });
        let got = server.join(|_| "deadline-for-each-read");
        is(scene, &got, Farewell::GaveUp, "The client never ended its half");
    });
}

#[test]
fn a_limit_of_zero_is_over_at_once() {
    LESSON.grade("lingering_close", |scene| {
        let Parting { client, server, .. } = part(scene, Duration::ZERO);
        let got = server.join(|_| "no-deadline");
        is(scene, &got, Farewell::GaveUp, "The limit was zero");
        client.close();
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("lingering_close", |scene| {
        let Parting { client, server, .. } = part(scene, LONG);
        server.settle();
        client.reset();
        let got = server.join(|_| "reset-is-an-error");
        scene.check(got.is_err(), "reset-is-an-error", || {
            format!(
                "The client reset the connection, and your function returned {}; an error was expected.",
                told(&got)
            )
        });
    });
}
