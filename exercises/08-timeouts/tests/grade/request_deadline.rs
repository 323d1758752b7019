use super::LESSON;
use peer::{Answer, Scene, Why};
use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use timeouts_exercises::request_deadline::{MAX_REQUEST, Refused, read_request};

/// For clients that will not send a request in time: the server waits so long.
const LIMIT: Duration = Duration::from_millis(300);
/// For clients that are only slow because the machine is: no test takes so long.
const AN_HOUR: Duration = Duration::from_secs(3600);
/// The trickler's pauses, well within the limit.
const PACE: Duration = Duration::from_millis(20);

/// What the student's function returned, short enough for a line of the ladder.
struct Request(Result<Vec<u8>, Refused>);

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            Ok(bytes) if bytes.len() > 40 => write!(f, "Ok({} bytes)", bytes.len()),
            Ok(bytes) => write!(f, "Ok({:?})", String::from_utf8_lossy(bytes)),
            Err(Refused::Failed(error)) => write!(f, "Err(Failed({:?}))", error.kind()),
            Err(refused) => write!(f, "Err({refused:?})"),
        }
    }
}

/// Runs the student's function as a server that accepts one client.
fn server(scene: &Scene, limit: Duration) -> (SocketAddr, Answer<'_, Request>) {
    let (listener, address) = scene.listener();
    let server = scene.run("your server", move || {
        let accepted = listener.accept().map_err(Refused::Failed);
        Request(accepted.and_then(|(stream, _)| read_request(&stream, limit)))
    });
    (address, server)
}

fn waits(_: Why) -> &'static str {
    "no-timeout"
}

/// A request that came in time must be returned as it came.
fn is_complete(scene: &Scene, request: &Request, expected: &[u8], key: &str) {
    let good = matches!(&request.0, Ok(bytes) if bytes == expected);
    scene.check(good, key, || {
        format!(
            "A whole request came in time, and your function returned {request:?}; Ok({} bytes, without the newline) was expected.",
            expected.len()
        )
    });
}

/// A client was too slow, and that is what must be told.
fn is_too_slow(scene: &Scene, request: &Request, what: &str) {
    let key = match &request.0 {
        Ok(_) | Err(Refused::Ended) => "timeout-is-not-the-end",
        // What set_read_timeout says to zero: the deadline may be over before a read, too.
        Err(Refused::Failed(error)) if error.kind() == ErrorKind::InvalidInput => "zero-timeout",
        _ => "too-slow-has-a-name",
    };
    scene.check(matches!(request.0, Err(Refused::TooSlow)), key, || {
        format!("{what}, and your function returned {request:?}; Err(TooSlow) was expected.")
    });
}

#[test]
fn returns_a_request_that_comes_in_one_piece() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, AN_HOUR);
        let mut client = scene.connect("client", address);
        let request = scene.random_letters(12);
        client.send(format!("{request}\n").as_bytes());
        let got = server.join(|_| "newline-ends-it");
        is_complete(scene, &got, request.as_bytes(), "newline-ends-it");
    });
}

#[test]
fn returns_a_request_that_comes_byte_by_byte() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, AN_HOUR);
        let mut client = scene.connect("client", address);
        let request = format!("안녕 {}", scene.random_letters(5));
        client.send_byte_by_byte(format!("{request}\n").as_bytes());
        let got = server.join(|_| "newline-ends-it");
        is_complete(scene, &got, request.as_bytes(), "one-read-one-message");
    });
}

#[test]
fn gives_up_a_client_that_says_nothing() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, LIMIT);
        let client = scene.connect("client", address);
        scene.note("client: says nothing, and stays");
        let got = server.join(waits);
        is_too_slow(scene, &got, "The client said nothing");
        client.close();
    });
}

#[test]
fn gives_up_a_client_that_stops_in_the_middle() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, LIMIT);
        let mut client = scene.connect("client", address);
        client.send(scene.random_letters(4).as_bytes());
        scene.note("client: says no more, and stays");
        let got = server.join(waits);
        is_too_slow(
            scene,
            &got,
            "The client stopped in the middle of its request",
        );
        client.close();
    });
}

#[test]
fn gives_up_a_client_that_trickles() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, LIMIT);
        let mut client = scene.connect("client", address);
        let letter = scene.random().lowercase() as u8;
        scene.note(format!(
            "limit {LIMIT:?}; the client sends a byte every {PACE:?}"
        ));
        let sent = scene.trickle(&mut client, letter, PACE, || server.is_running());
        let key = "each-byte-restarts-the-clock";
        scene.check(!server.is_running(), key, || {
            format!(
                "{sent} bytes came without a newline, one every {PACE:?}. Your server had {LIMIT:?} for the whole request, and it still reads."
            )
        });
        let got = server.join(|_| key);
        is_too_slow(
            scene,
            &got,
            "The client sent byte after byte and no newline",
        );
    });
}

#[test]
fn notices_a_stream_that_ends_in_the_middle() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, AN_HOUR);
        let mut client = scene.connect("client", address);
        client.send(scene.random_letters(6).as_bytes());
        client.half_close();
        let got = server.join(|_| "end-is-not-silence");
        scene.check(matches!(got.0, Err(Refused::Ended)), "end-is-not-silence", || {
            format!(
                "The client ended its stream in the middle of the request, and your function returned {got:?}; Err(Ended) was expected."
            )
        });
    });
}

#[test]
fn takes_the_longest_request_and_no_longer_one() {
    LESSON.grade("request_deadline", |scene| {
        let longest = scene.random_letters(MAX_REQUEST - 1);
        let (address, first) = server(scene, AN_HOUR);
        let mut client = scene.connect("client", address);
        client.send(format!("{longest}\n").as_bytes());
        let got = first.join(|_| "bounded");
        is_complete(scene, &got, longest.as_bytes(), "bounded");

        let (address, second) = server(scene, AN_HOUR);
        let mut client = scene.connect("client", address);
        let more = scene.random().usize(1..100);
        client.send(scene.random_letters(MAX_REQUEST + more).as_bytes());
        scene.note("client: no newline, and it stays");
        let got = second.join(|_| "bounded");
        scene.check(matches!(got.0, Err(Refused::TooLong)), "bounded", || {
            format!(
                "{} bytes came without a newline, and your function returned {got:?}; Err(TooLong) was expected.",
                MAX_REQUEST + more
            )
        });
    });
}

#[test]
fn reports_a_reset() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, AN_HOUR);
        let mut client = scene.connect("client", address);
        client.send(scene.random_letters(3).as_bytes());
        client.reset();
        let got = server.join(|_| "reset-is-an-error");
        scene.check(matches!(got.0, Err(Refused::Failed(_))), "reset-is-an-error", || {
            format!(
                "The client reset the connection, and your function returned {got:?}; Err(Failed(ConnectionReset)) was expected."
            )
        });
    });
}

#[test]
fn is_too_late_at_once_when_there_is_no_time() {
    LESSON.grade("request_deadline", |scene| {
        let (address, server) = server(scene, Duration::ZERO);
        let client = scene.connect("client", address);
        scene.note("limit 0s; the client says nothing");
        let got = server.join(|_| "zero-timeout");
        scene.check(matches!(got.0, Err(Refused::TooSlow)), "zero-timeout", || {
            format!(
                "There was no time left, and your function returned {got:?}; Err(TooSlow) was expected."
            )
        });
        client.close();
    });
}
