use super::LESSON;
use first_socket_exercises::bind_port_zero::listen_anywhere;
use peer::{Scene, of_the_machine};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;

/// Listeners at the same time.
const LISTENERS: usize = 4;

/// What the student's function returns, and what the kernel says of that listener's address.
fn listen(scene: &Scene) -> (TcpListener, SocketAddr, SocketAddr) {
    let returned = scene
        .run("your function", listen_anywhere)
        .join(|_| "waits-for-a-client");
    match returned {
        Ok((listener, reported)) => {
            let real = of_the_machine("tell a socket's address", listener.local_addr());
            scene.note(format!("listens on {real}, reports {reported}"));
            (listener, reported, real)
        }
        Err(error) => {
            // Who asks for a port by number may find it taken, or reserved for the administrator.
            let key = match error.kind() {
                ErrorKind::AddrInUse | ErrorKind::PermissionDenied => "fixed-port",
                _ => "cannot-bind",
            };
            scene.check(false, key, || {
                format!(
                    "Your function returned Err({:?}). Port 0 on 127.0.0.1 can always be bound.",
                    error.kind()
                )
            });
            unreachable!("a check of false ends the test")
        }
    }
}

/// The ports that this kernel gives to those who ask for port 0.
/// Source: ip(7), ip_local_port_range. `None` where the system does not tell.
fn ports_of_the_kernel() -> Option<RangeInclusive<u16>> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut ends = text.split_whitespace().map(str::parse);
    Some(ends.next()?.ok()?..=ends.next()?.ok()?)
}

#[test]
fn reports_the_port_that_the_kernel_chose() {
    LESSON.grade("bind_port_zero", |scene| {
        let (_listener, reported, real) = listen(scene);
        scene.check(reported.port() != 0, "reports-port-zero", || {
            format!(
                "You reported {reported}. Nobody can connect to port 0; your listener has {}.",
                real.port()
            )
        });
        scene.check(
            reported.port() == real.port(),
            "reports-another-socket",
            || format!("You reported {reported}, and the listener that you returned has {real}."),
        );
    });
}

#[test]
fn listens_on_the_loopback_address_and_no_other() {
    LESSON.grade("bind_port_zero", |scene| {
        let (_listener, reported, real) = listen(scene);
        scene.check(!real.ip().is_unspecified(), "every-interface", || {
            format!("Your listener is bound to {real}: other computers can reach it too.")
        });
        scene.check(real.ip() == Ipv4Addr::LOCALHOST, "another-address", || {
            format!("Your listener is bound to {real}; 127.0.0.1 was asked for.")
        });
        scene.check(reported == real, "reports-another-socket", || {
            format!("You reported {reported}, and the listener that you returned has {real}.")
        });
    });
}

#[test]
fn a_client_reaches_the_listener_at_the_reported_address() {
    LESSON.grade("bind_port_zero", |scene| {
        let (listener, reported, _) = listen(scene);
        let client = scene.connect("client", reported);
        let accepted = scene
            .run("your listener", move || listener.accept())
            .join(|_| "reports-another-socket");
        let came = accepted.as_ref().ok().map(|(_, address)| *address);
        scene.check(
            came == Some(client.local_addr()),
            "reports-another-socket",
            || format!("A client connected to {reported}, but your listener's accept() gave {accepted:?}."),
        );
    });
}

#[test]
fn two_listeners_listen_at_the_same_time() {
    LESSON.grade("bind_port_zero", |scene| {
        let (_first, _, one) = listen(scene);
        let (_second, _, other) = listen(scene);
        scene.check(one.port() != other.port(), "fixed-port", || {
            format!("Both listeners have the address {one}.")
        });
    });
}

#[test]
fn leaves_the_choice_of_the_port_to_the_kernel() {
    LESSON.grade("bind_port_zero", |scene| {
        let listeners: Vec<_> = (0..LISTENERS).map(|_| listen(scene)).collect();
        let ports: HashSet<u16> = listeners.iter().map(|(_, _, real)| real.port()).collect();
        scene.check(ports.len() == LISTENERS, "fixed-port", || {
            format!("{LISTENERS} listeners share the ports {ports:?}.")
        });
        let Some(range) = ports_of_the_kernel() else {
            return;
        };
        for port in ports {
            scene.check(range.contains(&port), "searches-for-a-port", || {
                format!(
                    "Port {port} was not the kernel's choice: it gives ports from {} to {}.",
                    range.start(),
                    range.end()
                )
            });
        }
    });
}
