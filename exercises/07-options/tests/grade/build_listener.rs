use super::LESSON;
use options_exercises::build_listener::{Plan, build};
use peer::{Scene, of_the_machine};
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// A connect that has not returned by then finds the queue full.
const PATIENCE: Duration = Duration::from_millis(300);

fn plan(scene: &Scene, address: SocketAddr) -> Plan {
    let mut random = scene.random();
    Plan {
        address,
        receive_buffer: random.usize(10_000..=50_000),
        backlog: random.i32(3..=8),
    }
}

fn ipv4() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// The student's listener and its address. `key` chooses the hint when there is none.
fn built(
    scene: &Scene,
    plan: Plan,
    key: impl FnOnce(&io::Error) -> &'static str,
) -> (TcpListener, SocketAddr) {
    scene.note(format!(
        "plan: {}, {} bytes, backlog {}",
        plan.address, plan.receive_buffer, plan.backlog
    ));
    let returned = scene
        .run("your function", move || build(&plan))
        .join(|_| "waits");
    match returned {
        Ok(listener) => {
            let address = of_the_machine("tell a socket's address", listener.local_addr());
            (listener, address)
        }
        Err(error) => {
            scene.check(false, key(&error), || {
                format!(
                    "Your function returned an error for {}: {error}.",
                    plan.address
                )
            });
            unreachable!("a check of false ends the test")
        }
    }
}

/// An error in a plan for IPv4, which has nothing special.
fn for_ipv4(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => "another-address",
        _ => "option-of-another-family",
    }
}

#[test]
fn a_client_reaches_the_listener_at_its_address() {
    LESSON.grade("build_listener", |scene| {
        let (_listener, address) = built(scene, plan(scene, ipv4()), for_ipv4);
        scene.check(
            address.ip() == Ipv4Addr::LOCALHOST,
            "another-address",
            || format!("Your listener has the address {address}; 127.0.0.1 was planned."),
        );
        scene.connect("client", address).close();
    });
}

#[test]
fn an_ipv6_listener_takes_ipv6_clients_only() {
    LESSON.grade("build_listener", |scene| {
        // Linux makes a socket that is bound to one address its own family's only. So every address.
        let ipv6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
        if TcpListener::bind(ipv6).is_err() {
            println!("skipped: this computer has no IPv6");
            return;
        }
        let (listener, address) = built(scene, plan(scene, ipv6), |error| match error.kind() {
            ErrorKind::InvalidInput => "option-after-bind",
            _ => "family-of-the-address",
        });
        scene.check(address.is_ipv6(), "family-of-the-address", || {
            format!("Your listener has the address {address}; [::] was planned.")
        });
        let only_v6 = of_the_machine("read IPV6_V6ONLY", SockRef::from(&listener).only_v6());
        scene.check(only_v6, "dual-stack", || {
            format!("IPV6_V6ONLY of your listener on {address} is off: IPv4 clients come in too.")
        });
    });
}

/// What the kernel makes of a wish for `size` bytes, tried on a socket of the grader's.
fn granted(size: usize) -> usize {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None);
    let socket = of_the_machine("make a socket", socket);
    of_the_machine("set SO_RCVBUF", socket.set_recv_buffer_size(size));
    of_the_machine("read SO_RCVBUF", socket.recv_buffer_size())
}

#[test]
fn a_connection_has_the_receive_buffer_from_the_start() {
    LESSON.grade("build_listener", |scene| {
        let plan = plan(scene, ipv4());
        let (listener, address) = built(scene, plan, for_ipv4);
        let _client = scene.connect("client", address);
        let limited = SockRef::from(&listener).set_read_timeout(Some(scene.left()));
        of_the_machine("set SO_RCVTIMEO", limited);
        let (accepted, _) = of_the_machine("accept", listener.accept());

        let socket = SockRef::from(&accepted);
        let size = of_the_machine("read SO_RCVBUF", socket.recv_buffer_size());
        let other = of_the_machine("read SO_SNDBUF", socket.send_buffer_size());
        let expected = granted(plan.receive_buffer);
        scene.note(format!("accepted: SO_RCVBUF {size}, SO_SNDBUF {other}"));
        let key = if other == expected {
            "other-buffer"
        } else {
            "buffer-missing"
        };
        scene.check(size == expected, key, || {
            format!(
                "SO_RCVBUF of an accepted connection reads back as {size}; for {} it should be {expected}.",
                plan.receive_buffer
            )
        });
    });
}

#[cfg(target_os = "linux")] // Other systems count the backlog in ways of their own.
#[test]
fn the_queue_is_as_long_as_the_backlog() {
    LESSON.grade("build_listener", |scene| {
        let plan = plan(scene, ipv4());
        let (_listener, address) = built(scene, plan, for_ipv4);
        // The kernel compares with "more than", listen(2) notwithstanding: one more fits.
        let room = usize::try_from(plan.backlog).unwrap_or_default() + 1;
        let clients: Vec<TcpStream> = (0..=room)
            .map_while(|_| TcpStream::connect_timeout(&address, PATIENCE).ok())
            .collect();
        scene.note(format!("{} clients connected", clients.len()));
        scene.check(clients.len() == room, "backlog-ignored", || {
            let some = match clients.len() {
                n if n > room => format!("more than {room}"),
                n => n.to_string(),
            };
            format!(
                "With a backlog of {}, {room} clients fit into the queue; {some} connected.",
                plan.backlog
            )
        });
    });
}
