use super::{LESSON, bytes, told};
use peer::{Answer, Datagrams, LONGEST_DEADLINE, Scene, Why};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use udp::Chances;
use udp_exercises::stop_and_wait::{ATTEMPTS, MAX_DATAGRAM, NUMBER, send_message};

/// Where no datagram is lost. On a busy machine one may be sent again all the same.
const PATIENT: Duration = Duration::from_millis(300);
/// Longer than a test lasts.
const ENDLESS: Duration = Duration::from_secs(60);
/// Where the grader stays silent in order to see the datagram again.
const QUICK: Duration = Duration::from_millis(30);

/// Runs the student's function with a socket that is connected to `receiver`.
fn sending<'a>(
    scene: &'a Scene,
    receiver: &Datagrams,
    message: &[u8],
    patience: Duration,
) -> Answer<'a, io::Result<()>> {
    let (socket, _) = scene.udp_socket();
    let (address, message) = (receiver.address(), message.to_vec());
    scene.run("your sender", move || {
        socket.connect(address)?;
        send_message(&socket, &message, patience)
    })
}

fn receiver(scene: &Scene) -> Datagrams<'_> {
    scene.datagrams("receiver").shown_as(acknowledgement, shown)
}

/// A datagram of this protocol, as the ladder shows it.
fn shown(datagram: &[u8]) -> String {
    match number(datagram) {
        Some(number) if datagram.len() == NUMBER => format!("number {number}, the end"),
        Some(number) => format!("number {number}, {}", bytes(datagram.len() - NUMBER)),
        None => format!("{}, too few for a number", bytes(datagram.len())),
    }
}

fn acknowledgement(datagram: &[u8]) -> String {
    number(datagram).map_or("?".to_string(), |number| format!("acknowledges {number}"))
}

fn number(datagram: &[u8]) -> Option<u32> {
    datagram
        .first_chunk()
        .map(|number| u32::from_be_bytes(*number))
}

/// The next datagram whose number is not below `expected`. One that was acknowledged before may come
/// again, when the acknowledgement took long: it gets another.
fn next(receiver: &mut Datagrams, expected: u32) -> (Vec<u8>, SocketAddr) {
    loop {
        let missing = format!("and should have sent number {expected}");
        let (datagram, sender) = receiver.receive(&missing, |why| match why {
            Why::Ended if expected > 0 => "says-the-end",
            Why::Ended => "gives-up-too-early",
            _ => "no-timeout",
        });
        match number(&datagram) {
            Some(old) if old < expected => receiver.send_to(&old.to_be_bytes(), sender),
            _ => return (datagram, sender),
        }
    }
}

/// Receives number `expected` and does not acknowledge it: the same must come again.
fn next_at_the_second_attempt(
    scene: &Scene,
    receiver: &mut Datagrams,
    expected: u32,
    key_of_the_next_number: &'static str,
) -> (Vec<u8>, SocketAddr) {
    let (first, _) = next(receiver, expected);
    scene.note(format!("receiver: does not acknowledge {expected}"));
    let missing = format!("and should have sent number {expected} again");
    let (second, sender) = receiver.receive(&missing, |why| match why {
        Why::Ended if first.len() == NUMBER => "says-the-end",
        Why::Ended => "gives-up-too-early",
        _ => "no-timeout",
    });
    let different_number = number(&second) != number(&first);
    let same_piece = second.get(NUMBER..) == first.get(NUMBER..) && second.len() > NUMBER;
    let key = if different_number && !same_piece {
        key_of_the_next_number
    } else {
        "the-same-again"
    };
    scene.compare(
        &first,
        &second,
        key,
        &format!("Number {expected} was not acknowledged, and another datagram came after it."),
    );
    (second, sender)
}

fn returns(scene: &Scene, sender: Answer<'_, io::Result<()>>) {
    let result = sender.join(|_| "retries-for-ever");
    scene.check(result.is_ok(), "gives-up-too-early", || {
        format!(
            "Every number was acknowledged in the end, and your sender returned {}.",
            told(&result)
        )
    });
}

#[test]
fn sends_a_numbered_piece_and_then_the_end() {
    LESSON.grade("stop_and_wait", |scene| {
        let message = scene.random_letters(5);
        let mut receiver = receiver(scene);
        let sender = sending(scene, &receiver, message.as_bytes(), PATIENT);
        let (piece, address) = next(&mut receiver, 0);
        scene.compare(
            &[&[0; NUMBER], message.as_bytes()].concat(),
            &piece,
            "number-in-front",
            "The first datagram is not number 0 with the message behind it.",
        );
        receiver.send_to(&0_u32.to_be_bytes(), address);
        let (end, address) = next(&mut receiver, 1);
        let key = match end.len() {
            NUMBER => "number-in-front", // nothing behind it, but another number
            _ => "says-the-end",
        };
        let sentence = "After the last piece, the end is due: number 1, and nothing behind it.";
        scene.compare(&1_u32.to_be_bytes(), &end, key, sentence);
        receiver.send_to(&1_u32.to_be_bytes(), address);
        returns(scene, sender);
    });
}

#[test]
fn sends_no_datagram_of_more_than_1200_bytes() {
    LESSON.grade("stop_and_wait", |scene| {
        let length = scene.random().usize(4_000..6_000);
        let message = scene.random_bytes(length);
        let mut receiver = receiver(scene);
        let sender = sending(scene, &receiver, &message, PATIENT);
        let mut received = Vec::new();
        for expected in 0.. {
            let (piece, address) = next(&mut receiver, expected);
            scene.check(piece.len() <= MAX_DATAGRAM, "too-large", || {
                format!(
                    "A datagram of {} came; {MAX_DATAGRAM} are allowed, its number included.",
                    bytes(piece.len())
                )
            });
            let found = number(&piece);
            scene.check(found == Some(expected), "number-in-front", || {
                format!(
                    "Number {expected} was due, and a datagram came with {}.",
                    shown(&piece)
                )
            });
            receiver.send_to(&expected.to_be_bytes(), address);
            if piece.len() == NUMBER {
                break;
            }
            received.extend_from_slice(&piece[NUMBER..]);
        }
        let sentence = "The pieces together are not the message.";
        scene.compare(&message, &received, "loses-a-piece", sentence);
        returns(scene, sender);
    });
}

#[test]
fn sends_again_what_was_not_acknowledged() {
    LESSON.grade("stop_and_wait", |scene| {
        let message = scene.random_letters(1500);
        let mut receiver = receiver(scene);
        let sender = sending(scene, &receiver, message.as_bytes(), QUICK);
        for expected in 0..3 {
            let key = "waits-for-the-acknowledgement";
            let (_, address) = next_at_the_second_attempt(scene, &mut receiver, expected, key);
            receiver.send_to(&expected.to_be_bytes(), address);
        }
        returns_while_acknowledged(scene, &mut receiver, sender);
    });
}

#[test]
fn takes_no_acknowledgement_of_another_piece() {
    LESSON.grade("stop_and_wait", |scene| {
        let message = scene.random_letters(1500);
        let mut receiver = receiver(scene);
        let sender = sending(scene, &receiver, message.as_bytes(), QUICK);
        let (_, address) = next(&mut receiver, 0);
        // Two acknowledgements of number 0: the second one arrives while number 1 waits for its own.
        for _ in 0..2 {
            receiver.send_to(&0_u32.to_be_bytes(), address);
        }
        let key = "stale-acknowledgement";
        next_at_the_second_attempt(scene, &mut receiver, 1, key);
        receiver.send_to(&1_u32.to_be_bytes(), address);
        let (_, address) = next(&mut receiver, 2);
        receiver.send_to(&2_u32.to_be_bytes(), address);
        returns_while_acknowledged(scene, &mut receiver, sender);
    });
}

#[test]
fn answers_no_old_acknowledgement() {
    LESSON.grade("stop_and_wait", |scene| {
        let message = scene.random_letters(1500);
        let mut receiver = receiver(scene);
        // No attempt ends by itself: whatever comes twice was sent for another reason.
        let sender = sending(scene, &receiver, message.as_bytes(), ENDLESS);
        let (_, address) = next(&mut receiver, 0);
        for _ in 0..2 {
            receiver.send_to(&0_u32.to_be_bytes(), address);
        }
        for expected in 1..3_u32 {
            let missing = format!("and should have sent number {expected}");
            let (datagram, _) = receiver.receive(&missing, |_| "loses-a-piece");
            scene.check(
                number(&datagram) == Some(expected),
                "answers-old-acknowledgements",
                || {
                    "An acknowledgement of number 0 came a second time, and number 1 was sent a second time at once."
                        .to_string()
                },
            );
            receiver.send_to(&expected.to_be_bytes(), address);
        }
        returns(scene, sender);
    });
}

/// The last acknowledgement may come too late for the last attempt: then one more comes.
fn returns_while_acknowledged(
    scene: &Scene,
    receiver: &mut Datagrams,
    sender: Answer<'_, io::Result<()>>,
) {
    let missing = "and should have returned";
    while let Some((datagram, address)) = receiver.receive_or_end(missing, |_| "retries-for-ever") {
        receiver.send_to(&datagram[..datagram.len().min(NUMBER)], address);
    }
    returns(scene, sender);
}

#[test]
fn gives_up_when_nobody_answers() {
    LESSON.grade("stop_and_wait", |scene| {
        let mut receiver = receiver(scene);
        let message = scene.random_letters(5);
        let sender = sending(scene, &receiver, message.as_bytes(), QUICK / 3);
        let mut attempts = 0;
        let missing = "and should have given up";
        while receiver
            .receive_or_end(missing, |_| "retries-for-ever")
            .is_some()
        {
            attempts += 1;
            scene.check(attempts <= ATTEMPTS, "retries-for-ever", || {
                format!("Number 0 was sent more than {ATTEMPTS} times, and nobody ever answered.")
            });
        }
        let result = sender.join(|_| "retries-for-ever");
        let given_up = matches!(&result, Err(error) if error.kind() == ErrorKind::TimedOut);
        scene.check(given_up && attempts == ATTEMPTS, "says-that-it-gave-up", || {
            format!(
                "Nobody answered. Your sender tried {attempts} times and returned {}; {ATTEMPTS} times and Err(TimedOut) were expected.",
                told(&result)
            )
        });
    });
}

#[test]
fn gets_through_a_bad_network() {
    LESSON.grade_within(LONGEST_DEADLINE, "stop_and_wait", |scene| {
        let length = scene.random().usize(12_000..16_000);
        let message = scene.random_bytes(length);
        let chances = Chances {
            lost: 20,
            twice: 15,
            late: 15,
        };
        let mut receiver = receiver(scene).behind(chances);
        let sender = sending(scene, &receiver, &message, QUICK);
        let mut received = Vec::new();
        let mut expected = 0;
        let missing = "and its message is not complete";
        while let Some((piece, address)) = receiver.receive_or_end(missing, |_| "no-timeout") {
            let Some(number) = number(&piece).filter(|number| *number <= expected) else {
                continue;
            };
            if number == expected {
                received.extend_from_slice(&piece[NUMBER..]);
                expected += 1;
            }
            receiver.send_to(&number.to_be_bytes(), address);
        }
        returns(scene, sender);
        let sentence = "Your sender returned Ok, and the receiver has another message.";
        scene.compare(&message, &received, "loses-a-piece", sentence);
    });
}
