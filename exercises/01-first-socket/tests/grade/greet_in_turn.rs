use super::LESSON;
use first_socket_exercises::greet_in_turn::greet;
use peer::{Answer, Line, Scene, Why};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Runs the student's function on a listener that has its queue already.
fn server(scene: &Scene, listener: TcpListener, clients: usize) -> Answer<'_, io::Result<usize>> {
    scene.note(format!("greet(&listener, {clients})"));
    scene.run("your server", move || greet(&listener, clients))
}

/// Clients that have connected, numbered from 1 in that order.
fn queue<'a>(scene: &'a Scene, address: SocketAddr, clients: usize) -> Vec<(usize, Line<'a>)> {
    (1..=clients)
        .map(|k| (k, scene.connect(&format!("client {k}"), address)))
        .collect()
}

/// Reads the greeting of the `number`th greeted client, then the end of the stream.
fn greeted(client: &mut Line, number: usize, otherwise: impl Fn(Why) -> &'static str) {
    let greeting = format!("hello, client {number}\n");
    client.expect(greeting.as_bytes(), |why| match why {
        Why::Blocked(Some("recv()" | "read()")) => "waits-for-the-client",
        Why::Blocked(Some("accept()")) => "accepts-all-first",
        _ => otherwise(why),
    });
    client.expect_end(|why| match why {
        Why::Blocked(Some("recv()" | "read()")) => "waits-for-the-client",
        Why::Blocked(_) | Why::Spinning => "keeps-sockets-open",
        Why::Different => "wrong-greeting",
        Why::Ended | Why::Reset => otherwise(why),
    });
}

fn returns(scene: &Scene, server: Answer<io::Result<usize>>, lost: usize, key: &'static str) {
    let result = server.join(|why| match why {
        Why::Blocked(Some("recv()" | "read()")) => "waits-for-the-client",
        _ => "never-returns",
    });
    scene.check(matches!(result, Ok(n) if n == lost), key, || {
        format!(
            "Your function returned {result:?}; {lost} clients were lost, so Ok({lost}) was expected."
        )
    });
}

#[test]
fn greets_one_client_and_hangs_up() {
    LESSON.grade("greet_in_turn", |scene| {
        let (listener, address) = scene.listener();
        let mut client = scene.connect("client", address);
        let server = server(scene, listener, 1);
        greeted(&mut client, 1, |why| match why {
            Why::Different | Why::Ended => "wrong-greeting",
            _ => "greets-nobody",
        });
        returns(scene, server, 0, "wrong-count");
    });
}

#[test]
fn greets_every_client_that_waited_in_the_queue() {
    LESSON.grade("greet_in_turn", |scene| {
        let (listener, address) = scene.listener();
        let count = scene.random().usize(3..=6);
        let mut clients = queue(scene, address, count);
        let server = server(scene, listener, count);
        for (number, client) in &mut clients {
            greeted(client, *number, |why| match why {
                Why::Different => "wrong-greeting",
                _ => "accepts-once",
            });
        }
        returns(scene, server, 0, "wrong-count");
    });
}

#[test]
fn hangs_up_on_each_client_before_the_next_one_comes() {
    LESSON.grade("greet_in_turn", |scene| {
        let (listener, address) = scene.listener();
        let count = scene.random().usize(3..=6);
        let server = server(scene, listener, count);
        let mut gone = Vec::new();
        for number in 1..=count {
            let mut client = scene.connect(&format!("client {number}"), address);
            greeted(&mut client, number, |why| match why {
                Why::Different => "wrong-greeting",
                _ => "accepts-once",
            });
            // It has read everything, and its socket stays open: the server must not mind.
            gone.push(client);
        }
        returns(scene, server, 0, "wrong-count");
    });
}

#[test]
fn greets_clients_that_read_in_reverse_order() {
    LESSON.grade("greet_in_turn", |scene| {
        let (listener, address) = scene.listener();
        let count = scene.random().usize(4..=8);
        let mut clients = queue(scene, address, count);
        let server = server(scene, listener, count);
        for (number, client) in clients.iter_mut().rev() {
            greeted(client, *number, |why| match why {
                Why::Different => "wrong-greeting",
                _ => "accepts-once",
            });
        }
        returns(scene, server, 0, "wrong-count");
    });
}

#[test]
fn goes_on_when_a_client_has_reset() {
    LESSON.grade("greet_in_turn", |scene| {
        let (listener, address) = scene.listener();
        let key = |why| match why {
            Why::Different => "counts-the-lost",
            _ => "dies-with-one-client",
        };
        scene.connect("client A", address).reset();
        let mut b = scene.connect("client B", address);
        scene.connect("client C", address).reset();
        let mut d = scene.connect("client D", address);
        let server = server(scene, listener, 2);
        greeted(&mut b, 1, key);
        greeted(&mut d, 2, key);
        returns(scene, server, 2, "wrong-count");
    });
}

#[test]
fn counts_a_client_that_closed_at_once_as_greeted() {
    LESSON.grade("greet_in_turn", |scene| {
        let (listener, address) = scene.listener();
        scene.connect("client A", address).close();
        let mut b = scene.connect("client B", address);
        let server = server(scene, listener, 2);
        greeted(&mut b, 2, |why| match why {
            Why::Different => "greeting-in-pieces",
            _ => "dies-with-one-client",
        });
        returns(scene, server, 0, "wrong-count");
    });
}

#[test]
fn returns_at_once_when_there_is_nobody_to_greet() {
    LESSON.grade("greet_in_turn", |scene| {
        let (listener, _) = scene.listener();
        let server = server(scene, listener, 0);
        returns(scene, server, 0, "wrong-count");
    });
}
