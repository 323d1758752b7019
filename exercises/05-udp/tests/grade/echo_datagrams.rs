use super::{LESSON, bytes, told};
use peer::{Answer, Scene, Why};
use std::io;
use std::net::SocketAddr;
use udp_exercises::echo_datagrams::echo_datagrams;

/// Runs the student's function as a server for so many datagrams.
fn server(scene: &Scene, datagrams: usize) -> (SocketAddr, Answer<'_, io::Result<usize>>) {
    let (socket, address) = scene.udp_socket();
    let server = scene.run("your server", move || echo_datagrams(&socket, datagrams));
    (address, server)
}

/// While answers are still to come.
fn stuck(why: Why) -> &'static str {
    match why {
        Why::Different => "echoes-the-whole-buffer",
        Why::Blocked(_) | Why::Spinning => "waits-for-more",
        _ => "stops-too-early",
    }
}

fn returns(scene: &Scene, server: Answer<'_, io::Result<usize>>, expected: usize) {
    let result = server.join(|_| "counts-datagrams");
    scene.check(matches!(result, Ok(n) if n == expected), "counts-bytes", || {
        format!(
            "The datagrams had {} in all, and your server returned {}; Ok({expected}) was expected.",
            bytes(expected),
            told(&result)
        )
    });
}

#[test]
fn answers_each_datagram_before_the_next_one_comes() {
    LESSON.grade("echo_datagrams", |scene| {
        let (address, server) = server(scene, 2);
        let mut client = scene.datagrams("client");
        for length in [5, 4] {
            let word = scene.random_letters(length);
            client.send_to(word.as_bytes(), address);
            client.expect(word.as_bytes(), stuck);
        }
        returns(scene, server, 9);
    });
}

#[test]
fn answers_each_client_at_its_own_address() {
    LESSON.grade("echo_datagrams", |scene| {
        let (address, server) = server(scene, 3);
        let mut clients = [scene.datagrams("client 1"), scene.datagrams("client 2")];
        for number in [0, 1, 0] {
            let word = scene.random_letters(4 + number);
            clients[number].send_to(word.as_bytes(), address);
            clients[number].expect(word.as_bytes(), |why| match why {
                Why::Different => "echoes-the-whole-buffer",
                Why::Ended => "stops-too-early",
                _ => "answers-the-first-client",
            });
        }
        returns(scene, server, 13);
    });
}

#[test]
fn answers_an_empty_datagram_and_goes_on() {
    LESSON.grade("echo_datagrams", |scene| {
        let (address, server) = server(scene, 3);
        let mut client = scene.datagrams("client");
        let words = [
            scene.random_letters(3),
            String::new(),
            scene.random_letters(7),
        ];
        for word in &words {
            client.send_to(word.as_bytes(), address);
            client.expect(word.as_bytes(), |_| "length-0-is-no-end");
        }
        returns(scene, server, 10);
    });
}

#[test]
fn keeps_datagrams_apart_that_are_in_the_queue_together() {
    LESSON.grade("echo_datagrams", |scene| {
        let (socket, address) = scene.udp_socket();
        let mut client = scene.datagrams("client");
        let words: Vec<String> = (1..=3).map(|length| scene.random_letters(length)).collect();
        for word in &words {
            client.send_to(word.as_bytes(), address);
        }
        let server = scene.run("your server", move || echo_datagrams(&socket, 3));
        for word in &words {
            client.expect(word.as_bytes(), stuck);
        }
        returns(scene, server, 6);
    });
}

#[test]
fn answers_1200_bytes_that_are_not_text() {
    LESSON.grade("echo_datagrams", |scene| {
        let (address, server) = server(scene, 1);
        let mut client = scene.datagrams("client");
        // ff appears nowhere in UTF-8, and the others may be anything.
        let mut datagram = scene.random_bytes(1200);
        datagram[0] = 0xff;
        client.send_to(&datagram, address);
        let (answer, _) = client.receive("and should have sent 1200 bytes", stuck);
        let (key, sentence) = if answer.len() < 1200 && datagram.starts_with(&answer) {
            (
                "buffer-too-small",
                "Only a part of the datagram came back: the rest did not fit.",
            )
        } else {
            (
                "not-text",
                "Bytes came that are not UTF-8 text, and they did not go back as they had come.",
            )
        };
        scene.compare(&datagram, &answer, key, sentence);
        returns(scene, server, 1200);
    });
}
