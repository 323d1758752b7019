use super::{LESSON, bytes};
use peer::{Scene, Why};
use udp_exercises::whole_or_cut::{LIMIT, Received, receive_whole};

/// What one call returned, short enough for a line of the ladder.
#[derive(PartialEq)]
enum Outcome {
    Whole(Vec<u8>),
    TooLong,
    Failed(std::io::ErrorKind),
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Outcome::Whole(datagram) => write!(f, "Whole({})", bytes(datagram.len())),
            Outcome::TooLong => write!(f, "TooLong"),
            Outcome::Failed(kind) => write!(f, "Err({kind:?})"),
        }
    }
}

/// Queues `datagrams`, calls the student's function so many times, and returns the outcomes.
fn received(
    scene: &Scene,
    datagrams: &[Vec<u8>],
    key: impl FnOnce(Why) -> &'static str,
) -> Vec<Outcome> {
    let (socket, address) = scene.udp_socket();
    let counted = |datagram: &[u8]| format!("a datagram of {}", bytes(datagram.len()));
    let mut sender = scene.datagrams("sender").shown_as(counted, counted);
    for datagram in datagrams {
        sender.send_to(datagram, address);
    }
    let calls = datagrams.len();
    let running = scene.run("your function", move || {
        let outcome = |_| match receive_whole(&socket) {
            Ok(Received::Whole(datagram)) => Outcome::Whole(datagram),
            Ok(Received::TooLong) => Outcome::TooLong,
            Err(error) => Outcome::Failed(error.kind()),
        };
        (0..calls).map(outcome).collect::<Vec<_>>()
    });
    running.join(key)
}

/// Ends the test when `outcome` is not the whole `datagram`.
fn is_whole(scene: &Scene, datagram: &[u8], outcome: &Outcome, key: &str) {
    let length = bytes(datagram.len());
    match outcome {
        Outcome::Whole(got) => {
            let sentence = format!(
                "A datagram of {length} came, and your function returned {outcome:?} with other bytes in it."
            );
            scene.compare(datagram, got, key, &sentence);
        }
        _ => scene.check(false, key, || {
            format!(
                "A datagram of {length} came, and your function returned {outcome:?}; Whole({length}) was expected."
            )
        }),
    }
}

#[test]
fn returns_a_short_datagram_as_it_is() {
    LESSON.grade("whole_or_cut", |scene| {
        let length = scene.random().usize(5..20);
        let datagram = scene.random_letters(length).into_bytes();
        let outcomes = received(
            scene,
            std::slice::from_ref(&datagram),
            |_| "joins-datagrams",
        );
        is_whole(scene, &datagram, &outcomes[0], "only-what-came");
    });
}

#[test]
fn says_that_a_datagram_is_too_long() {
    LESSON.grade("whole_or_cut", |scene| {
        let long = scene.random().usize(LIMIT + 2..9000);
        for length in [LIMIT + 1, long] {
            let datagram = scene.random_bytes(length);
            let outcomes = received(scene, &[datagram], |_| "skips-the-long-one");
            scene.check(outcomes[0] == Outcome::TooLong, "cut-unseen", || {
                format!(
                    "A datagram of {length} bytes came, and your function returned {:?}; TooLong was expected.",
                    outcomes[0]
                )
            });
        }
    });
}

#[test]
fn a_datagram_of_exactly_the_limit_is_whole() {
    LESSON.grade("whole_or_cut", |scene| {
        let datagram = scene.random_bytes(LIMIT);
        let outcomes = received(
            scene,
            std::slice::from_ref(&datagram),
            |_| "joins-datagrams",
        );
        is_whole(scene, &datagram, &outcomes[0], "exactly-full");
    });
}

#[test]
fn an_empty_datagram_is_whole() {
    LESSON.grade("whole_or_cut", |scene| {
        let outcomes = received(scene, &[Vec::new()], |_| "length-0-is-no-end");
        is_whole(scene, b"", &outcomes[0], "length-0-is-no-end");
    });
}

#[test]
fn the_call_after_a_long_datagram_returns_the_next_one() {
    LESSON.grade("whole_or_cut", |scene| {
        let mut datagrams = Vec::new();
        for length in [3, LIMIT + 1, 5, 4 * LIMIT, LIMIT, 7] {
            datagrams.push(scene.random_bytes(length));
        }
        let outcomes = received(scene, &datagrams, |_| "the-rest-is-gone");
        for (datagram, outcome) in datagrams.iter().zip(&outcomes) {
            if datagram.len() <= LIMIT {
                is_whole(scene, datagram, outcome, "the-rest-is-gone");
            } else {
                scene.check(*outcome == Outcome::TooLong, "the-rest-is-gone", || {
                    format!(
                        "A datagram of {} came, and your function returned {outcome:?}; TooLong was expected.",
                        bytes(datagram.len())
                    )
                });
            }
        }
    });
}
