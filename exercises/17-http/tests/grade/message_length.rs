use super::LESSON;
use http_exercises::message_length::{MAX_BODY, MAX_SCRAP, converse, response};
use peer::{Answer, Line, Scene, Why};
use std::io::{self, ErrorKind};
use std::time::Duration;

/// For a read or a write: no test takes so long.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// Bytes of the body that is refused, of those that come: more than a BufReader holds, and little
/// enough for the socket's buffers.
const BEGINNING: usize = 32 * 1024;

/// Runs the student's function as a server that accepts one client.
fn meet(scene: &Scene) -> (Line<'_>, Answer<'_, io::Result<()>>) {
    let (listener, address) = scene.listener();
    let server = scene.run("your server", move || {
        let (stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(AN_HOUR))?;
        stream.set_write_timeout(Some(AN_HOUR))?;
        converse(stream)
    });
    (scene.connect("client", address), server)
}

/// A request of HTTP/1.1 with a body, and perhaps more fields, each with its CR LF.
fn post(fields: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n{fields}\r\n");
    [head.as_bytes(), body].concat()
}

fn ok(body: &[u8], closes: bool) -> Vec<u8> {
    response("200 OK", body, closes)
}

/// The end of a conversation that went well.
fn ends_well(scene: &Scene, server: Answer<'_, io::Result<()>>) {
    let got = server.join(|_| "the-client-has-left");
    scene.check(got.is_ok(), "the-client-has-left", || {
        format!("The client left between two requests, and converse() returned {got:?}; Ok(()) was expected.")
    });
}

/// The response has said that the connection ends.
fn not_closed(why: Why) -> &'static str {
    match why {
        Why::Reset => "unread-body-resets",
        Why::Different => "who-closes",
        _ => "end-your-side",
    }
}

#[test]
fn answers_while_the_client_waits() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let body = scene.random_letters(7).into_bytes();
        client.send(&post("", &body));
        client.expect(&ok(&body, false), |why| match why {
            Why::Different => "the-body-comes-back",
            _ => "the-length-ends-it",
        });
        client.half_close();
        client.expect_end(|_| "the-client-has-left");
        client.close();
        ends_well(scene, server);
    });
}

#[test]
fn answers_the_next_request_on_the_same_connection() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        for length in [5, MAX_BODY / 2, 3] {
            let body = scene.random_letters(length).into_bytes();
            client.send(&post("", &body));
            client.expect(&ok(&body, false), |why| match why {
                Why::Ended | Why::Reset => "the-connection-goes-on",
                Why::Different => "the-body-comes-back",
                _ => "the-length-ends-it",
            });
        }
        client.half_close();
        client.expect_end(|_| "the-client-has-left");
        client.close();
        ends_well(scene, server);
    });
}

#[test]
fn answers_every_request_of_one_piece() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let like_a_request = post("", scene.random_letters(2).as_bytes());
        let bodies = [
            scene.random_letters(3).into_bytes(),
            Vec::new(),
            like_a_request,
            scene.random_letters(4).into_bytes(),
        ];
        let requests: Vec<Vec<u8>> = bodies.iter().map(|body| post("", body)).collect();
        client.send(&requests.concat());
        client.half_close();
        let answers: Vec<Vec<u8>> = bodies.iter().map(|body| ok(body, false)).collect();
        client.expect(&answers.concat(), |_| "one-reader-for-the-connection");
        client.expect_end(|_| "the-client-has-left");
        client.close();
        ends_well(scene, server);
    });
}

#[test]
fn answers_requests_that_come_byte_by_byte() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let body = scene.random_letters(6).into_bytes();
        // Not all of it one by one: the kernel may take its time to acknowledge so little (lesson 07).
        let request = post("", &body);
        let (first, last) = request.split_at(request.len() - 9);
        client.send(first);
        client.send_byte_by_byte(last);
        client.expect(&ok(&body, false), |_| "body-from-one-read");
        client.send(&post("", b""));
        client.expect(&ok(b"", false), |_| "the-length-ends-it");
        client.half_close();
        client.expect_end(|_| "the-client-has-left");
        client.close();
        ends_well(scene, server);
    });
}

#[test]
fn closes_when_that_is_the_last_request() {
    LESSON.grade("message_length", |scene| {
        let body = scene.random_letters(4).into_bytes();
        let old = |fields: &str| {
            let head = format!("POST / HTTP/1.0\r\n{fields}Content-Length: 4\r\n\r\n");
            [head.as_bytes(), &body].concat()
        };
        let goes_on = old("Connection: keep-alive\r\n");
        for last in [post("Connection: close\r\n", &body), old("")] {
            let (mut client, server) = meet(scene);
            client.send(&goes_on);
            client.expect(&ok(&body, false), |_| "who-closes");
            client.send(&last);
            client.expect(&ok(&body, true), |_| "who-closes");
            client.expect_end(not_closed);
            client.close();
            ends_well(scene, server);
        }
    });
}

#[test]
fn does_not_answer_behind_the_last_request() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let body = scene.random_letters(4).into_bytes();
        let last = post("Connection: close\r\n", &body);
        // Behind it more than a BufReader takes in together with it.
        let behind = scene.random_letters(BEGINNING).into_bytes();
        client.send(&[last, post("", &body), behind].concat());
        // The client reads only when the server has said and done what it wants to.
        server.settle();
        client.expect(&ok(&body, true), |why| match why {
            Why::Reset => "unread-body-resets",
            _ => "who-closes",
        });
        client.expect_end(not_closed);
        client.close();
        ends_well(scene, server);
    });
}

#[test]
fn does_not_answer_half_a_request() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let body = scene.random_letters(20).into_bytes();
        let mut request = post("", &body);
        request.truncate(request.len() - 3);
        client.send(&request);
        client.half_close();
        client.expect_end(|_| "half-a-request");
        let got = server.join(|_| "half-a-request");
        let good = matches!(&got, Err(error) if error.kind() == ErrorKind::UnexpectedEof);
        scene.check(good, "half-a-request", || {
            format!("The stream ended inside a body, and converse() returned {got:?}; Err(UnexpectedEof) was expected.")
        });
    });
}

#[test]
fn refuses_a_long_body_and_lets_the_answer_arrive() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let announced = scene.random().usize(1 << 30..2 << 30);
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {announced}\r\n\r\n");
        let beginning = scene.random_letters(BEGINNING).into_bytes();
        client.send(&[head.as_bytes(), &beginning].concat());
        // The client reads only when the server has said and done what it wants to.
        server.settle();
        let refused = response("413 Content Too Large", b"", true);
        client.expect(&refused, |why| match why {
            Why::Reset => "unread-body-resets",
            Why::Different => "who-closes",
            _ => "refuse-at-once",
        });
        client.expect_end(|why| match why {
            Why::Reset => "unread-body-resets",
            _ => "end-your-side",
        });
        // It might be sending still: what arrives at a closed socket is answered with a reset.
        scene.check(server.settle(), "unread-body-resets", || {
            "converse() returned while the client could still send: what comes now is answered with a reset.".to_string()
        });
        client.close();
        let got = server.join(|_| "unread-body-resets");
        scene.check(got.is_ok(), "unread-body-resets", || {
            format!("The body was refused, and converse() returned {got:?}; Ok(()) was expected.")
        });
    });
}

#[test]
fn takes_the_longest_body_and_no_longer_one() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let body = scene.random_letters(MAX_BODY + 1).into_bytes();
        client.send(&post("", &body[1..]));
        client.expect(&ok(&body[1..], false), |_| "maximum-is-allowed");
        client.send(&post("", &body));
        let refused = response("413 Content Too Large", b"", true);
        client.expect(&refused, |_| "maximum-is-allowed");
        client.expect_end(|_| "end-your-side");
        client.close();
        ends_well(scene, server);
    });
}

#[test]
fn does_not_read_for_ever_what_nobody_wants() {
    LESSON.grade("message_length", |scene| {
        let (mut client, server) = meet(scene);
        let announced = scene.random().usize(1 << 30..2 << 30);
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {announced}\r\n\r\n");
        client.send(head.as_bytes());
        let refused = response("413 Content Too Large", b"", true);
        client.expect(&refused, |_| "refuse-at-once");
        // More than a reader may hold besides. The server closes while it comes.
        let scrap = usize::try_from(MAX_SCRAP).unwrap_or(usize::MAX) + 2 * BEGINNING;
        client.send(&scene.random_bytes(scrap));
        scene.note("client: does not end its stream");
        let got = server.join(|_| "scrap-has-an-end");
        scene.check(got.is_ok(), "scrap-has-an-end", || {
            format!("The body was refused, and converse() returned {got:?}; Ok(()) was expected.")
        });
        client.close();
    });
}
