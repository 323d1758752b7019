use super::{Door, LESSON, V4, has_ipv6, told, v6_or_v4};
use names_exercises::every_address::connect_to_name;
use peer::Scene;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What one address gets. Addresses that answer do so within microseconds.
const PATIENCE: Duration = Duration::from_millis(200);

/// What the student's function returned: a connection is told by its other end.
struct Dialled(io::Result<TcpStream>);

impl Dialled {
    fn peer(&self) -> Option<SocketAddr> {
        self.0.as_ref().ok()?.peer_addr().ok()
    }

    fn error(&self) -> Option<ErrorKind> {
        self.0.as_ref().err().map(io::Error::kind)
    }
}

impl fmt::Debug for Dialled {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.peer() {
            Some(peer) => write!(f, "a connection to {peer}"),
            None => f.write_str(&told(&self.0)),
        }
    }
}

/// Lets the student's function connect to `name`, which stands for `result` and nothing else.
fn dialled(scene: &Scene, name: &str, result: Result<Vec<SocketAddr>, ErrorKind>) -> Dialled {
    let port = match result.as_deref() {
        Ok([first, ..]) => first.port(),
        _ => scene.random().u16(1024..),
    };
    let known = name.to_string();
    let resolver = move |asked: &str, asked_port: u16| {
        if asked == known && asked_port == port {
            result.clone().map_err(io::Error::from)
        } else {
            let text = format!("the resolver was asked for {asked:?}, port {asked_port}");
            Err(io::Error::new(ErrorKind::InvalidInput, text))
        }
    };
    let name = name.to_string();
    let answer = scene.run("your client", move || {
        Dialled(connect_to_name(&resolver, &name, port, PATIENCE))
    });
    answer.join(|_| "waits-for-the-silent")
}

/// Ends the test when the connection does not go to `expected`.
fn goes_to(scene: &Scene, dialled: &Dialled, expected: SocketAddr, key: &str) {
    scene.check(dialled.peer() == Some(expected), key, || {
        format!("A connection to {expected} was expected, and your function returned {dialled:?}.")
    });
}

fn fails_with(scene: &Scene, dialled: &Dialled, expected: ErrorKind, key: &str) {
    scene.check(dialled.error() == Some(expected), key, || {
        format!("Err({expected:?}) was expected, and your function returned {dialled:?}.")
    });
}

#[test]
fn connects_to_the_only_address_of_a_name() {
    LESSON.grade("every_address", |scene| {
        let name = scene.random_letters(6) + ".test";
        let door = Door::listens(scene, V4);
        let dialled = dialled(scene, &name, Ok(vec![door.address()]));
        goes_to(scene, &dialled, door.address(), "asks-the-resolver");
    });
}

#[test]
fn connects_to_localhost_where_the_resolver_says() {
    LESSON.grade("every_address", |scene| {
        if !has_ipv6(scene) {
            return;
        }
        let door = Door::listens(scene, v6_or_v4(scene));
        let dialled = dialled(scene, "localhost", Ok(vec![door.address()]));
        goes_to(scene, &dialled, door.address(), "localhost-is-a-name");
    });
}

#[test]
fn goes_on_after_an_address_that_refuses() {
    LESSON.grade("every_address", |scene| {
        let refusing = Door::refuses(scene, v6_or_v4(scene));
        let good = Door::listens(scene, V4);
        let list = vec![refusing.address(), good.address()];
        let dialled = dialled(scene, "chat.test", Ok(list));
        goes_to(scene, &dialled, good.address(), "first-address-only");
    });
}

#[test]
fn takes_the_first_address_that_answers() {
    LESSON.grade("every_address", |scene| {
        let doors = [v6_or_v4(scene), V4].map(|ip| Door::listens(scene, ip));
        let list = doors.iter().map(Door::address).collect();
        let dialled = dialled(scene, "chat.test", Ok(list));
        let key = "the-first-that-answers";
        goes_to(scene, &dialled, doors[0].address(), key);
        let Door::Listens(second, address) = &doors[1] else {
            return;
        };
        let visited = second.set_nonblocking(true).and_then(|()| second.accept());
        scene.check(visited.is_err(), key, || {
            format!("The first address was connected, and your function tried {address}, too.")
        });
    });
}

#[test]
fn goes_on_after_addresses_that_never_answer() {
    LESSON.grade("every_address", |scene| {
        let silent = [v6_or_v4(scene), V4].map(|ip| Door::silent(scene, ip));
        let good = Door::listens(scene, V4);
        let mut list: Vec<SocketAddr> = silent.iter().map(Door::address).collect();
        list.push(good.address());
        let dialled = dialled(scene, "chat.test", Ok(list));
        goes_to(scene, &dialled, good.address(), "patience-for-each");
    });
}

#[test]
fn says_why_the_last_address_failed() {
    LESSON.grade("every_address", |scene| {
        let (refusing, silent) = (Door::refuses(scene, V4), Door::silent(scene, V4));
        let (refuses, is_silent) = (refusing.address(), silent.address());
        let list = vec![is_silent, refuses];
        let dialled_refusing_last = dialled(scene, "chat.test", Ok(list));
        let expected = ErrorKind::ConnectionRefused;
        fails_with(scene, &dialled_refusing_last, expected, "says-why");
        let list = vec![refuses, is_silent];
        let dialled_silent_last = dialled(scene, "chat.test", Ok(list));
        fails_with(scene, &dialled_silent_last, ErrorKind::TimedOut, "says-why");
    });
}

#[test]
fn says_that_a_name_has_no_address() {
    LESSON.grade("every_address", |scene| {
        scene.note("empty.test has no address");
        let dialled = dialled(scene, "empty.test", Ok(Vec::new()));
        fails_with(scene, &dialled, ErrorKind::NotFound, "no-address");
    });
}

#[test]
fn passes_on_the_error_of_the_resolver() {
    LESSON.grade("every_address", |scene| {
        let kind = ErrorKind::HostUnreachable;
        scene.note(format!("the resolver fails: {kind:?}"));
        let dialled = dialled(scene, "chat.test", Err(kind));
        fails_with(scene, &dialled, kind, "no-address");
    });
}
