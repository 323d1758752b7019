//! Grades the exercises of lesson 06.

use names::SilentListener;
use peer::{Lesson, Scene, of_the_machine};
use socket2::{Domain, Socket, Type};
use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

mod dual_stack;
mod every_address;
mod happy_eyeballs;
mod mapped_address;

static LESSON: Lesson = Lesson::new("06-names", include_str!("../../exercises.toml"));

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// What a client finds at an address.
enum Door {
    Listens(TcpListener, SocketAddr),
    /// Bound, so that nobody else takes the port, and not listening.
    Refuses(
        #[allow(dead_code, reason = "holds the port")] Socket,
        SocketAddr,
    ),
    Silent(SilentListener),
}

impl Door {
    fn listens(scene: &Scene, ip: IpAddr) -> Door {
        let listener = of_the_machine("listen on loopback", TcpListener::bind((ip, 0)));
        let address = of_the_machine("tell a socket's address", listener.local_addr());
        scene.note(format!("{address} listens"));
        Door::Listens(listener, address)
    }

    fn refuses(scene: &Scene, ip: IpAddr) -> Door {
        let wanted = SocketAddr::new(ip, 0);
        let socket = of_the_machine(
            "make a socket",
            Socket::new(Domain::for_address(wanted), Type::STREAM, None),
        );
        of_the_machine("bind a port", socket.bind(&wanted.into()));
        let bound = of_the_machine("tell a socket's address", socket.local_addr());
        let address = bound.as_socket().unwrap_or(wanted);
        scene.note(format!("{address} refuses"));
        Door::Refuses(socket, address)
    }

    fn silent(scene: &Scene, ip: IpAddr) -> Door {
        let listener = of_the_machine("fill the queue of a listener", SilentListener::new(ip));
        scene.note(format!("{} is silent", listener.address()));
        Door::Silent(listener)
    }

    fn address(&self) -> SocketAddr {
        match self {
            Door::Listens(_, address) | Door::Refuses(_, address) => *address,
            Door::Silent(listener) => listener.address(),
        }
    }
}

/// Whether this computer has an IPv6 loopback address. When not, the test says that it tested less.
fn has_ipv6(scene: &Scene) -> bool {
    let found = TcpListener::bind((V6, 0)).is_ok();
    if !found {
        scene.note("this computer has no IPv6");
        eprintln!("this computer has no IPv6, so [::1] is not tried");
    }
    found
}

/// `[::1]`, or `127.0.0.1` where that does not exist.
fn v6_or_v4(scene: &Scene) -> IpAddr {
    if has_ipv6(scene) { V6 } else { V4 }
}

/// A result as a student writes it: `Err(ConnectionReset)`, whatever else an `io::Error` holds.
fn told<T: Debug>(result: &io::Result<T>) -> String {
    match result {
        Ok(value) => format!("Ok({value:?})"),
        Err(error) => format!("Err({:?})", error.kind()),
    }
}
