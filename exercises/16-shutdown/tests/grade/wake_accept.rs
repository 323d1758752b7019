use super::{LESSON, refuses, told};
use peer::{Answer, Scene, Why};
use shutdown_exercises::wake_accept::accept_until;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use threads::Stop;

/// What each client hears, and then the end of the stream.
const GREETING: &[u8] = b"hello\n";

/// What holds up a greeting: it says that its turn has come, and waits for a word of the grader.
struct Gate {
    begun: Sender<()>,
    go_on: Receiver<()>,
}

/// Runs the student's function with a server that greets.
fn server<'a>(
    scene: &'a Scene,
    listener: TcpListener,
    stop: &Stop,
    gate: Option<Gate>,
) -> Answer<'a, io::Result<usize>> {
    let stop = stop.clone();
    scene.run("your server", move || {
        accept_until(listener, &stop, |mut stream: TcpStream| {
            if let Some(gate) = &gate {
                // When the grader is gone, there is nothing to wait for.
                let _ = gate.begun.send(());
                let _ = gate.go_on.recv();
            }
            let _ = stream.write_all(GREETING); // A client may be gone.
        })
    })
}

fn greeted(scene: &Scene, address: SocketAddr) {
    let mut client = scene.connect("client", address);
    client.expect(GREETING, not_served);
    client.expect_end(not_served);
}

fn not_served(_: Why) -> &'static str {
    "not-served"
}

fn stop_now(scene: &Scene, stop: &Stop) {
    scene.note("somebody calls stop.stop()");
    stop.stop();
}

/// The function returns, with this count.
fn returns(scene: &Scene, server: Answer<io::Result<usize>>, clients: usize) {
    let got = server.join(|why| match why {
        Why::Blocked(Some("accept()") | None) => "nobody-wakes-accept",
        _ => "never-returns",
    });
    let key = match &got {
        Ok(count) if *count > clients => "serves-the-wake-up",
        _ => "wrong-result",
    };
    scene.check(matches!(got, Ok(count) if count == clients), key, || {
        format!(
            "Your server was given {clients} clients and a stop, and returned {}; Ok({clients}) was expected.",
            told(&got)
        )
    });
}

#[test]
fn a_stop_wakes_a_server_that_waits_in_accept() {
    LESSON.grade("wake_accept", |scene| {
        let (listener, address) = scene.listener();
        let stop = Stop::new();
        let server = server(scene, listener, &stop, None);
        let clients = scene.random().usize(1..4);
        for _ in 0..clients {
            greeted(scene, address);
        }
        server.settle();
        stop_now(scene, &stop);
        returns(scene, server, clients);
    });
}

#[test]
fn a_stop_before_the_first_client_is_heard() {
    LESSON.grade("wake_accept", |scene| {
        let (listener, _) = scene.listener();
        let stop = Stop::new();
        let server = server(scene, listener, &stop, None);
        server.settle();
        stop_now(scene, &stop);
        returns(scene, server, 0);
    });
}

#[test]
fn a_stop_before_the_call_is_heard() {
    LESSON.grade("wake_accept", |scene| {
        let (listener, _) = scene.listener();
        let stop = Stop::new();
        stop_now(scene, &stop);
        let server = server(scene, listener, &stop, None);
        returns(scene, server, 0);
    });
}

#[test]
fn the_listener_is_closed_when_the_function_has_returned() {
    LESSON.grade("wake_accept", |scene| {
        let (listener, address) = scene.listener();
        let stop = Stop::new();
        let server = server(scene, listener, &stop, None);
        greeted(scene, address);
        stop_now(scene, &stop);
        returns(scene, server, 1);
        scene.check(refuses(address), "still-listening", || {
            "Your function has returned, and a client can still connect: somebody holds the listener."
                .to_string()
        });
    });
}

#[test]
fn a_stop_while_serve_is_busy_ends_it_after_that_client() {
    LESSON.grade("wake_accept", |scene| {
        let (listener, address) = scene.listener();
        let stop = Stop::new();
        let (begun, has_begun) = mpsc::channel();
        let (go, go_on): (Sender<()>, _) = mpsc::channel();
        let server = server(scene, listener, &stop, Some(Gate { begun, go_on }));
        let mut client = scene.connect("first client", address);
        // When it has not begun by then, what it sends will tell.
        let _ = has_begun.recv_timeout(scene.left() / 2);
        stop_now(scene, &stop);
        let _late = scene.connect("late client", address);
        let _ = go.send(());
        client.expect(GREETING, not_served);
        // The late one would be served now: nobody waits for a word any more.
        drop(go);
        returns(scene, server, 1);
    });
}

/// Only Unix tells whether a socket blocks.
#[cfg(unix)]
#[test]
fn it_sleeps_in_accept_and_does_not_ask_again_and_again() {
    LESSON.grade("wake_accept", |scene| {
        let (listener, address) = scene.listener();
        let ours = peer::of_the_machine("copy a descriptor", listener.try_clone());
        let stop = Stop::new();
        let server = server(scene, listener, &stop, None);
        greeted(scene, address);
        server.settle();
        // The flag belongs to the socket, and both handles show it: fcntl(2), F_GETFL.
        let asks = socket2::SockRef::from(&ours).nonblocking();
        let asks = peer::of_the_machine("ask for a flag", asks);
        scene.check(!asks, "polls", || {
            "Your listener does not block any more: your server asks again and again whether somebody has come."
                .to_string()
        });
        stop_now(scene, &stop);
        returns(scene, server, 1);
    });
}
