use super::LESSON;
use options_exercises::restart::listen;
use peer::{Scene, Why, of_the_machine};
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

/// Restarts of one server, one after another.
const RESTARTS: usize = 3;

/// What is left for the verdict when a connection does not come to TIME_WAIT.
const FOR_THE_VERDICT: Duration = Duration::from_millis(500);

/// Calls the student's function with a new socket, which has a mark by which it is known again.
fn start(scene: &Scene, address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None);
    let socket = of_the_machine("make a socket", socket);
    let mark = scene.random().u32(70..=120);
    of_the_machine("set IP_TTL", socket.set_ttl_v4(mark));

    let returned = scene
        .run("your function", move || listen(socket, address))
        .join(|why| match why {
            Why::Blocked(Some(call)) if call != "sleep()" => "waits",
            // It sleeps, or it runs: it tries again and again.
            _ => "waits-for-time-wait",
        });
    if let Ok(listener) = &returned {
        let real = of_the_machine("tell a socket's address", listener.local_addr());
        scene.note(format!("asked for {address}: listens on {real}"));
        let its_mark = of_the_machine("read IP_TTL", SockRef::from(listener).ttl_v4());
        scene.check(
            address.port() == 0 || real == address,
            "another-port",
            || format!("Clients look for the server at {address}; yours listens on {real}."),
        );
        scene.check(its_mark == mark, "another-socket", || {
            "The listener that you returned is not made of the socket that you got.".to_string()
        });
    }
    returned
}

fn started(scene: &Scene) -> (TcpListener, SocketAddr) {
    match start(scene, (Ipv4Addr::LOCALHOST, 0).into()) {
        Ok(listener) => {
            let address = of_the_machine("tell a socket's address", listener.local_addr());
            (listener, address)
        }
        Err(error) => {
            scene.check(false, "cannot-listen", || {
                format!("Your function cannot listen on a free port: {error}.")
            });
            unreachable!("a check of false ends the test")
        }
    }
}

/// One client; the server says something and closes first. Then the server stops.
fn serve_and_stop(scene: &Scene, listener: TcpListener, address: SocketAddr) {
    let mut client = scene.connect("client", address);
    let farewell = scene.random_letters(12);
    let limited = SockRef::from(&listener).set_read_timeout(Some(scene.left()));
    of_the_machine("set SO_RCVTIMEO", limited);
    let (mut server, _) = of_the_machine("accept", listener.accept());
    of_the_machine("write", server.write_all(farewell.as_bytes()));
    drop(server);
    drop(listener);
    scene.note("the server closes the connection, and stops");
    client.expect(farewell.as_bytes(), |_| "resets-the-clients");
    client.expect_end(|_| "resets-the-clients");
    let clients_port = client.local_addr().port();
    client.close();
    let in_time_wait = || options::in_time_wait(address.port(), clients_port);
    while in_time_wait() == Some(false) && scene.left() > FOR_THE_VERDICT {
        std::thread::yield_now();
    }
    if in_time_wait() == Some(true) {
        scene.note("the connection is in TIME_WAIT");
    }
}

#[test]
fn listens_with_the_socket_that_it_got() {
    LESSON.grade("restart", |scene| {
        let (_listener, address) = started(scene);
        scene.connect("client", address).close();
    });
}

#[test]
fn a_client_gets_everything_and_then_end_of_stream() {
    LESSON.grade("restart", |scene| {
        let (listener, address) = started(scene);
        serve_and_stop(scene, listener, address);
    });
}

#[test]
fn starts_again_while_old_connections_are_in_time_wait() {
    LESSON.grade("restart", |scene| {
        let (mut listener, address) = started(scene);
        for _ in 0..RESTARTS {
            let socket = SockRef::from(&listener);
            let old_has_it = of_the_machine("read SO_REUSEADDR", socket.reuse_address());
            serve_and_stop(scene, listener, address);
            listener = match start(scene, address) {
                Ok(listener) => listener,
                Err(error) => {
                    let key = match error.kind() {
                        ErrorKind::AddrInUse if old_has_it => "option-after-bind",
                        _ => "no-reuse-address",
                    };
                    let had = if old_has_it { "on" } else { "off" };
                    return scene.check(false, key, || {
                        format!("The server cannot start again: {error}. SO_REUSEADDR of the old one was {had}.")
                    });
                }
            };
        }
    });
}

#[test]
fn does_not_start_while_another_server_listens() {
    LESSON.grade("restart", |scene| {
        let (_listener, address) = started(scene);
        let second = start(scene, address);
        scene.check(second.is_err(), "reuse-port", || {
            format!("Two servers listen on {address} now, and each gets some of the clients.")
        });
    });
}
