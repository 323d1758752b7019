use super::{LESSON, told};
use peer::{Answer, Scene, Why};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use udp_exercises::ask_one_peer::ask;

/// Far beyond the deadline of a test: whoever waits for it has not understood something else.
const LONG: Duration = Duration::from_secs(60);
/// For a peer that will certainly not answer.
const SHORT: Duration = Duration::from_millis(50);

fn asking<'a>(
    scene: &'a Scene,
    peer: SocketAddr,
    question: &str,
    patience: Duration,
) -> Answer<'a, io::Result<Vec<u8>>> {
    let question = question.to_string();
    scene.run("your client", move || {
        ask(peer, question.as_bytes(), patience)
    })
}

/// Ends the test when the student's client did not return `answer`.
fn returns(scene: &Scene, client: Answer<'_, io::Result<Vec<u8>>>, answer: &[u8], key: &str) {
    // The answer is there already: who waits now waits for something else.
    let result = client.join(|_| "waits-for-more");
    match result {
        Ok(got) => scene.compare(answer, &got, key, "Your client returned another answer."),
        Err(_) => scene.check(false, key, || {
            format!(
                "The answer came, and your client returned {}.",
                told(&result)
            )
        }),
    }
}

#[test]
fn returns_the_answer() {
    LESSON.grade("ask_one_peer", |scene| {
        let mut peer = scene.datagrams("peer");
        let (question, answer) = (scene.random_letters(6), scene.random_letters(9));
        let client = asking(scene, peer.address(), &question, LONG);
        let address = peer.expect(question.as_bytes(), |_| "asks-first");
        peer.send_to(answer.as_bytes(), address);
        returns(scene, client, answer.as_bytes(), "only-what-came");
    });
}

#[test]
fn an_answer_of_length_0_is_an_answer() {
    LESSON.grade("ask_one_peer", |scene| {
        let mut peer = scene.datagrams("peer");
        let question = scene.random_letters(6);
        let client = asking(scene, peer.address(), &question, LONG);
        let address = peer.expect(question.as_bytes(), |_| "asks-first");
        peer.send_to(b"", address);
        let result = client.join(|_| "length-0-is-no-end");
        let empty = matches!(&result, Ok(answer) if answer.is_empty());
        scene.check(empty, "length-0-is-no-end", || {
            format!(
                "An answer of length 0 came, and your client returned {}; Ok([]) was expected.",
                told(&result)
            )
        });
    });
}

#[test]
fn gives_up_a_peer_that_does_not_answer() {
    LESSON.grade("ask_one_peer", |scene| {
        let mut peer = scene.datagrams("peer");
        let question = scene.random_letters(6);
        let client = asking(scene, peer.address(), &question, SHORT);
        peer.expect(question.as_bytes(), |_| "asks-first");
        scene.note("peer: says nothing");
        let result = client.join(|_| "no-timeout");
        let timeout = matches!(&result, Err(error) if
            matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
        scene.check(timeout, "no-timeout", || {
            format!(
                "No answer came, and your client returned {}; Err(WouldBlock) or Err(TimedOut) was expected.",
                told(&result)
            )
        });
    });
}

#[test]
fn takes_no_answer_from_a_stranger() {
    LESSON.grade("ask_one_peer", |scene| {
        let mut peer = scene.datagrams("peer");
        let mut stranger = scene.datagrams("stranger");
        let (question, answer) = (scene.random_letters(6), scene.random_letters(8));
        let client = asking(scene, peer.address(), &question, LONG);
        let address = peer.expect(question.as_bytes(), |_| "asks-first");
        stranger.send_to(b"believe me", address);
        peer.send_to(answer.as_bytes(), address);
        returns(scene, client, answer.as_bytes(), "stranger");
    });
}

#[test]
fn learns_without_waiting_that_nobody_is_there() {
    LESSON.grade("ask_one_peer", |scene| {
        let elsewhere = scene.datagrams("elsewhere");
        let closed = scene.datagrams("closed port");
        closed.hear_only(elsewhere.address());
        scene.note("the peer's port is closed: its kernel will say so");
        let client = asking(scene, closed.address(), "anybody?", LONG);
        let result = client.join(|why| match why {
            Why::Spinning => "refused-is-news",
            _ => "not-connected",
        });
        let refused = matches!(&result, Err(error) if error.kind() == ErrorKind::ConnectionRefused);
        scene.check(refused, "refused-is-news", || {
            format!(
                "The peer's port is closed, and your client returned {}; Err(ConnectionRefused) was expected.",
                told(&result)
            )
        });
    });
}
