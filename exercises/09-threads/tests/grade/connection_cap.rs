use super::LESSON;
use peer::{Answer, Line, Scene, Why};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use threads_exercises::connection_cap::{Place, Places, serve};

/// How long nothing must happen for a test to believe that nothing will.
const A_WHILE: Duration = Duration::from_millis(100);

/// A conversation: every byte comes back, and a `!` is a bug in it.
fn converse(mut stream: TcpStream) {
    let mut byte = [0];
    while let Ok(1) = stream.read(&mut byte) {
        if byte == *b"!" {
            // A panic like any other, except that it prints nothing into the verdict.
            resume_unwind(Box::new("a bug in the conversation"));
        }
        if stream.write_all(&byte).is_err() {
            return;
        }
    }
}

fn server(scene: &Scene, cap: usize) -> (SocketAddr, Answer<'_, io::Result<()>>) {
    let (listener, address) = scene.listener();
    scene.note(format!("the cap is {cap}"));
    let server = scene.run("your server", move || serve(listener, cap, converse));
    (address, server)
}

/// One exchange: somebody serves this client.
fn talks(scene: &Scene, line: &mut Line, key: impl FnOnce(Why) -> &'static str) {
    let words = scene.random_letters(5);
    line.send(words.as_bytes());
    line.expect(words.as_bytes(), key);
}

/// Clients in the backlog, as /proc/net/tcp tells; `None` where there is no such file.
fn backlog(address: SocketAddr) -> Option<u32> {
    let nobody = SocketAddr::from(([0, 0, 0, 0], 0));
    let listening = closing::states::look(address, nobody).ok().flatten();
    listening.map(|end| end.unread)
}

/// What take() returned, for the ladder.
struct Held(#[allow(dead_code, reason = "it is held")] Place);

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a place")
    }
}

#[test]
fn a_place_is_free_again_when_it_is_dropped() {
    LESSON.grade("connection_cap", |scene| {
        let places = Places::new(2);
        let mine = Arc::clone(&places);
        let take_and_drop = move || {
            for _ in 0..6 {
                drop((mine.take(), mine.take()));
            }
        };
        scene.note("2 places; take both and drop them, six times");
        scene
            .run("your take()", take_and_drop)
            .join(|_| "never-free-again");
    });
}

#[test]
fn whoever_finds_no_place_waits_for_one() {
    LESSON.grade("connection_cap", |scene| {
        let places = Places::new(1);
        let mine = Arc::clone(&places);
        let first = scene
            .run("your take()", move || Held(mine.take()))
            .join(|_| "never-free-again");
        scene.note("there is 1 place, and it is taken; a second take() is called");
        let mine = Arc::clone(&places);
        let second = scene.run("your take()", move || Held(mine.take()));
        let waits = second.settle();
        scene.check(waits, "no-cap", || {
            "There is 1 place, it is taken, and a second take() returned.".to_string()
        });
        scene.note("the place is dropped");
        drop(first);
        second.join(|_| "never-free-again");
    });
}

#[test]
fn one_place_is_for_one_of_those_who_wait() {
    LESSON.grade("connection_cap", |scene| {
        let places = Places::new(1);
        let mine = Arc::clone(&places);
        let held = scene
            .run("your take()", move || Held(mine.take()))
            .join(|_| "never-free-again");
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let mine = Arc::clone(&places);
                let answer = scene.run("your take()", move || Held(mine.take()));
                answer.settle();
                answer
            })
            .collect();
        scene.note("two wait in take(), and the only place is dropped");
        drop(held);
        let still_waiting = || waiting.iter().filter(|answer| answer.settle()).count();
        while still_waiting() == 2 && !scene.left().is_zero() {}
        thread::sleep(A_WHILE); // Whoever was woken too gets time to do what it does.
        let running = still_waiting();
        let key = if running == 2 {
            "never-free-again"
        } else {
            "woken-is-not-free"
        };
        scene.check(running == 1, key, || {
            format!(
                "One place became free, two waited for it, and {} of them got one.",
                2 - running
            )
        });
    });
}

#[test]
fn serves_as_many_at_the_same_time_as_it_may() {
    LESSON.grade("connection_cap", |scene| {
        let (address, _server) = server(scene, 3);
        let mut clients: Vec<Line> = (1..=3)
            .map(|number| scene.connect(&format!("client {number}"), address))
            .collect();
        for client in clients.iter_mut().rev() {
            talks(scene, client, |_| "one-at-a-time");
        }
    });
}

#[test]
fn the_next_client_waits_until_one_is_gone() {
    LESSON.grade("connection_cap", |scene| {
        let (address, server) = server(scene, 2);
        let mut first = scene.connect("first", address);
        let mut second = scene.connect("second", address);
        talks(scene, &mut first, |_| "one-at-a-time");
        talks(scene, &mut second, |_| "one-at-a-time");
        let mut third = scene.connect("third", address);
        third.send(b"?");
        server.settle();
        let waits = third.is_silent(A_WHILE);
        scene.check(waits, "place-given-back-too-early", || {
            "The cap is 2, and your server served a third client while two were there.".to_string()
        });
        if let Some(waiting) = backlog(address) {
            scene.check(waiting == 1, "accepted-too-early", || {
                "The cap is 2, and your server accepted a third client while two were there."
                    .to_string()
            });
        }
        first.half_close();
        first.expect_end(|_| "never-closes");
        third.expect(b"?", |_| "never-free-again");
    });
}

#[test]
fn a_client_that_resets_gives_its_place_back() {
    LESSON.grade("connection_cap", |scene| {
        let (address, _server) = server(scene, 1);
        for number in 1..=3 {
            let mut client = scene.connect(&format!("client {number}"), address);
            talks(scene, &mut client, |_| "never-free-again");
            client.reset();
        }
        let mut last = scene.connect("last", address);
        talks(scene, &mut last, |_| "never-free-again");
    });
}

#[test]
fn a_conversation_that_panics_gives_its_place_back() {
    LESSON.grade("connection_cap", |scene| {
        let (address, _server) = server(scene, 1);
        let mut unlucky = scene.connect("unlucky", address);
        unlucky.send(b"!");
        scene.note("this conversation panics");
        let mut next = scene.connect_or("next", address, "lost-by-a-panic");
        talks(scene, &mut next, |_| "lost-by-a-panic");
    });
}
