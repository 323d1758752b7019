use super::LESSON;
use options_exercises::no_delay::send_parts;
use peer::{Scene, Why, of_the_machine};
use std::io;
use std::net::TcpStream;
use std::sync::mpsc::{self, Receiver, Sender};
use std::vec;

/// Parts in one conversation.
const PARTS: usize = 4;

/// Parts of which each is made only when the test allows it, and that look at the socket
/// whenever they are asked.
struct Parts {
    parts: vec::IntoIter<Vec<u8>>,
    stream: TcpStream,
    nodelay: Sender<bool>,
    allowed: Receiver<()>,
}

impl Iterator for Parts {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        // Without a listener the test is over, and so are the parts.
        self.nodelay.send(self.stream.nodelay().ok()?).ok()?;
        self.allowed.recv().ok()?;
        self.parts.next()
    }
}

fn some_parts(scene: &Scene) -> Vec<Vec<u8>> {
    (0..PARTS)
        .map(|_| {
            let length = scene.random().usize(1..=100);
            scene.random_letters(length).into_bytes()
        })
        .collect()
}

/// The two ends of the test's control over [`Parts`].
struct Control {
    /// Whether TCP_NODELAY was on, for each time that a part was asked for.
    nodelay: Receiver<bool>,
    allow: Sender<()>,
}

fn controlled(parts: Vec<Vec<u8>>, stream: &TcpStream) -> (Parts, Control) {
    let (seen, nodelay) = mpsc::channel();
    let (allow, allowed) = mpsc::channel();
    let parts = Parts {
        parts: parts.into_iter(),
        stream: of_the_machine("clone a socket", stream.try_clone()),
        nodelay: seen,
        allowed,
    };
    (parts, Control { nodelay, allow })
}

fn connected(scene: &Scene, host: &peer::Host<'_>) -> TcpStream {
    let stream = TcpStream::connect_timeout(&host.address(), scene.left());
    of_the_machine("connect on 127.0.0.1", stream)
}

fn gathered(why: Why) -> &'static str {
    match why {
        Why::Ended => "parts-missing",
        _ => "gathers-the-parts",
    }
}

fn check_count(scene: &Scene, returned: io::Result<usize>, expected: usize) {
    scene.check(returned.is_ok(), "fails-without-a-reason", || {
        format!("Your function returned {returned:?}; the peer took everything.")
    });
    let count = returned.unwrap_or_default();
    scene.check(count == expected, "wrong-count", || {
        format!("Your function returned {count}; there were {expected} bytes.")
    });
}

#[test]
fn sends_all_parts_and_counts_their_bytes() {
    LESSON.grade("no_delay", |scene| {
        let host = scene.host();
        let stream = connected(scene, &host);
        let mut peer = host.accept(|_| "waits");
        let parts = some_parts(scene);
        let all = parts.concat();
        let yours = scene.run("your sender", move || send_parts(&stream, parts));
        peer.expect(&all, |_| "parts-missing");
        peer.expect_end(|_| "parts-missing");
        check_count(scene, yours.join(|_| "waits"), all.len());
    });
}

#[test]
fn sends_each_part_before_it_asks_for_the_next() {
    LESSON.grade("no_delay", |scene| {
        let host = scene.host();
        let stream = connected(scene, &host);
        let mut peer = host.accept(|_| "waits");
        let parts = some_parts(scene);
        let (made, control) = controlled(parts.clone(), &stream);
        let yours = scene.run("your sender", move || send_parts(&stream, made));
        for part in &parts {
            scene.note("the next part can be made");
            let _ = control.allow.send(()); // Nobody takes it when the sender has ended.
            peer.expect(part, gathered);
        }
        drop(control.allow);
        check_count(scene, yours.join(|_| "waits"), parts.concat().len());
    });
}

#[test]
fn nagle_is_off_from_the_first_part_on() {
    LESSON.grade("no_delay", |scene| {
        let host = scene.host();
        let stream = connected(scene, &host);
        let after = of_the_machine("clone a socket", stream.try_clone());
        let mut peer = host.accept(|_| "waits");
        let parts = some_parts(scene);
        let (made, control) = controlled(parts.clone(), &stream);
        let yours = scene.run("your sender", move || send_parts(&stream, made));
        for part in &parts {
            let _ = control.allow.send(());
            peer.expect(part, gathered);
        }
        drop(control.allow);
        check_count(scene, yours.join(|_| "waits"), parts.concat().len());

        // When the first part is asked for, nothing has been written yet: it may still be on.
        let seen: Vec<bool> = control.nodelay.try_iter().skip(1).collect();
        let at_the_end = of_the_machine("read TCP_NODELAY", after.nodelay());
        let shown = |on| if on { "on" } else { "off" };
        for (number, &on) in seen.iter().enumerate() {
            scene.note(format!(
                "after part {}: TCP_NODELAY is {}",
                number + 1,
                shown(on)
            ));
        }
        scene.note(format!("at the end: TCP_NODELAY is {}", shown(at_the_end)));
        let key = if at_the_end {
            "option-too-late"
        } else {
            "nagle-is-on"
        };
        scene.check(at_the_end && seen.iter().all(|&on| on), key, || {
            "A part was sent while Nagle's algorithm was on: TCP_NODELAY was off.".to_string()
        });
    });
}

#[test]
fn needs_no_parts() {
    LESSON.grade("no_delay", |scene| {
        let host = scene.host();
        let stream = connected(scene, &host);
        let mut peer = host.accept(|_| "waits");
        let yours = scene.run("your sender", move || send_parts(&stream, Vec::new()));
        peer.expect_end(|_| "parts-missing");
        check_count(scene, yours.join(|_| "waits"), 0);
    });
}

#[test]
fn ends_with_the_error_when_the_peer_resets() {
    LESSON.grade("no_delay", |scene| {
        let host = scene.host();
        let stream = connected(scene, &host);
        let mut peer = host.accept(|_| "waits");
        let parts = some_parts(scene);
        let (made, control) = controlled(parts.clone(), &stream);
        let yours = scene.run("your sender", move || send_parts(&stream, made));
        let _ = control.allow.send(());
        peer.expect(&parts[0], gathered);
        peer.reset();
        // The reset has arrived: on loopback it does so before close returns.
        for _ in 1..PARTS {
            let _ = control.allow.send(());
        }
        drop(control.allow);
        let returned = yours.join(|_| "waits");
        scene.check(returned.is_err(), "ignores-the-error", || {
            format!("Your function returned {returned:?} after the peer had reset the connection.")
        });
        let asked = control.nodelay.try_iter().count();
        scene.check(asked < PARTS, "ignores-the-error", || {
            "Your function went on to ask for parts after the error.".to_string()
        });
    });
}
