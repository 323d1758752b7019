use super::{LESSON, V4, V6, has_ipv6, told};
use names_exercises::dual_stack::{Families, listen};
use peer::{Scene, of_the_machine};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

/// What the student's function returned.
struct Listening(io::Result<TcpListener>);

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.0 {
            Ok(_) => f.write_str("a listener"),
            Err(_) => f.write_str(&told(&self.0)),
        }
    }
}

/// What the student's function returns, and the listener's port.
fn listening(scene: &Scene, families: Families, port: u16) -> (TcpListener, u16) {
    scene.note(format!("listen({families:?}, {port})"));
    let answer = scene.run("your function", move || Listening(listen(families, port)));
    match answer.join(|_| "never-returns").0 {
        Ok(listener) => {
            let port = of_the_machine("tell a socket's address", listener.local_addr()).port();
            (listener, port)
        }
        Err(error) => {
            // Linux answers EINVAL to IPV6_V6ONLY on a socket that is bound.
            let key = match error.kind() {
                ErrorKind::InvalidInput => "option-after-bind",
                ErrorKind::AddrInUse => "leaves-the-default",
                _ => "cannot-listen",
            };
            scene.check(false, key, || {
                format!("Your function returned an error: {error}.")
            });
            unreachable!("a check of false ends the test")
        }
    }
}

/// Whether a client at `ip` gets through to that port.
fn connects(scene: &Scene, ip: IpAddr, port: u16) -> io::Result<TcpStream> {
    let address = SocketAddr::new(ip, port);
    let result = TcpStream::connect_timeout(&address, scene.left());
    let shown = match &result {
        Ok(_) => "connected".to_string(),
        Err(_) => told(&result),
    };
    scene.note(format!("client: connect({address}) = {shown}"));
    result
}

#[test]
fn takes_clients_of_both_families() {
    LESSON.grade("dual_stack", |scene| {
        if !has_ipv6(scene) {
            return;
        }
        let (_listener, port) = listening(scene, Families::Both, 0);
        let (v6, v4) = (connects(scene, V6, port), connects(scene, V4, port));
        let (reached_v6, reached_v4) = (v6.is_ok(), v4.is_ok());
        scene.check(reached_v6 || reached_v4, "not-listening", || {
            "No client could connect, over IPv6 or over IPv4.".to_string()
        });
        scene.check(reached_v6, "no-ipv6", || {
            format!("A client over IPv4 could connect, and one to [::1]:{port} could not.")
        });
        scene.check(reached_v4, "no-ipv4", || {
            format!("A client over IPv6 could connect, and one to 127.0.0.1:{port} could not.")
        });
    });
}

#[test]
fn the_same_listener_accepts_both() {
    LESSON.grade("dual_stack", |scene| {
        if !has_ipv6(scene) {
            return;
        }
        let (listener, port) = listening(scene, Families::Both, 0);
        let clients = [V6, V4].map(|ip| of_the_machine("connect", connects(scene, ip, port)));
        for client in clients {
            let ours = of_the_machine("tell a socket's address", client.local_addr());
            of_the_machine("set O_NONBLOCK", listener.set_nonblocking(true));
            // A connect over loopback returns when the connection is in the queue already.
            let accepted = listener.accept().map(|(_, from)| from);
            let same = accepted
                .as_ref()
                .is_ok_and(|from| from.port() == ours.port());
            scene.check(same, "no-ipv4", || {
                format!(
                    "The client {ours} is connected, and accept() gave {}.",
                    told(&accepted)
                )
            });
        }
    });
}

#[test]
fn leaves_ipv4_alone_when_told_so() {
    LESSON.grade("dual_stack", |scene| {
        if !has_ipv6(scene) {
            return;
        }
        let (_listener, port) = listening(scene, Families::OnlyV6, 0);
        let (v6, v4) = (connects(scene, V6, port), connects(scene, V4, port));
        scene.check(v6.is_ok(), "no-ipv6", || {
            format!("A client to [::1]:{port} could not connect.")
        });
        scene.check(v4.is_err(), "leaves-the-default", || {
            "The listener is for IPv6 only, and a client over IPv4 could connect.".to_string()
        });
    });
}

#[test]
fn shares_the_port_with_a_listener_for_ipv4() {
    LESSON.grade("dual_stack", |scene| {
        if !has_ipv6(scene) {
            return;
        }
        let ipv4 = of_the_machine("listen on loopback", TcpListener::bind((V4, 0)));
        let taken = of_the_machine("tell a socket's address", ipv4.local_addr());
        scene.note(format!("{taken} listens already"));
        let (_listener, port) = listening(scene, Families::OnlyV6, taken.port());
        scene.check(port == taken.port(), "port-as-asked", || {
            format!(
                "Port {} was asked for, and your listener has {port}.",
                taken.port()
            )
        });
    });
}
