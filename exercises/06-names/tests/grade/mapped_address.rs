use super::{LESSON, V4, has_ipv6};
use names_exercises::mapped_address::{is_from_this_computer, normalise};
use peer::{Scene, of_the_machine};
use socket2::{Domain, Socket, Type};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener, TcpStream};

fn normalised(scene: &Scene, address: SocketAddr) -> SocketAddr {
    let answer = scene.run("your function", move || normalise(address));
    answer.join(|_| "mapped-is-ipv4")
}

/// Ends the test when the student's function makes something else than `expected` of `given`.
fn becomes(scene: &Scene, given: SocketAddr, expected: SocketAddr, key: &str) {
    let got = normalised(scene, given);
    let key = match got.port() == expected.port() {
        true => key,
        false => "keeps-the-port",
    };
    scene.check(got == expected, key, || {
        let verb = if given == expected {
            "stays"
        } else {
            "becomes"
        };
        let expected = match given == expected {
            true => String::new(),
            false => format!(" {expected}"),
        };
        format!("{given} {verb}{expected}, and your function returned {got}.")
    });
}

fn random_v4(scene: &Scene) -> Ipv4Addr {
    Ipv4Addr::from(scene.random().u32(..))
}

fn random_port(scene: &Scene) -> u16 {
    scene.random().u16(1..)
}

#[test]
fn a_mapped_address_becomes_ipv4() {
    LESSON.grade("mapped_address", |scene| {
        for _ in 0..20 {
            let (ip, port) = (random_v4(scene), random_port(scene));
            let mapped = SocketAddr::from((ip.to_ipv6_mapped(), port));
            becomes(scene, mapped, (ip, port).into(), "mapped-is-ipv4");
        }
    });
}

#[test]
fn an_ipv4_address_stays() {
    LESSON.grade("mapped_address", |scene| {
        for _ in 0..20 {
            let address = SocketAddr::from((random_v4(scene), random_port(scene)));
            becomes(scene, address, address, "only-mapped");
        }
    });
}

#[test]
fn any_other_ipv6_address_stays() {
    LESSON.grade("mapped_address", |scene| {
        let v4 = random_v4(scene).octets();
        let [a, b] = [[v4[0], v4[1]], [v4[2], v4[3]]].map(u16::from_be_bytes);
        for ip in [
            Ipv6Addr::LOCALHOST,
            Ipv6Addr::UNSPECIFIED,
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, a, b),
            // IPv4-compatible (RFC 4291, section 2.5.5.1): out of use.
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, a, b),
            // IPv4-translated (RFC 2765, section 2.1): out of use.
            Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, a, b),
            // NAT64 (RFC 6052).
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, a, b),
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0xffff, a, b),
        ] {
            let address = SocketAddr::from((ip, random_port(scene)));
            becomes(scene, address, address, "only-mapped");
        }
    });
}

#[test]
fn an_address_keeps_its_scope() {
    LESSON.grade("mapped_address", |scene| {
        let ip = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, scene.random().u16(1..));
        let scope = scene.random().u32(1..100);
        let address = SocketAddrV6::new(ip, random_port(scene), 0, scope).into();
        becomes(scene, address, address, "keeps-the-scope");
    });
}

#[test]
fn a_client_of_a_real_listener_gets_its_own_address_back() {
    LESSON.grade("mapped_address", |scene| {
        if !has_ipv6(scene) {
            return;
        }
        let socket = of_the_machine(
            "make a socket",
            Socket::new(Domain::IPV6, Type::STREAM, None),
        );
        of_the_machine("set IPV6_V6ONLY", socket.set_only_v6(false));
        let everywhere = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
        of_the_machine("bind a port", socket.bind(&everywhere.into()));
        of_the_machine("listen", socket.listen(1));
        let listener = TcpListener::from(socket);
        let port = of_the_machine("tell a socket's address", listener.local_addr()).port();
        let address = SocketAddr::new(V4, port);
        let client = of_the_machine(
            "connect",
            TcpStream::connect_timeout(&address, scene.left()),
        );
        let ours = of_the_machine("tell a socket's address", client.local_addr());
        let (_, from) = of_the_machine("accept", listener.accept());
        scene.note(format!("client: its own address is {ours}"));
        scene.note(format!("server: accept() says {from}"));
        becomes(scene, from, ours, "mapped-is-ipv4");
    });
}

#[test]
fn a_loopback_address_is_this_computer_on_every_socket() {
    LESSON.grade("mapped_address", |scene| {
        let mut local = Ipv4Addr::LOCALHOST.octets();
        let random = random_v4(scene).octets();
        let here = |ip: Ipv4Addr| [SocketAddr::from((ip, 80)), (ip.to_ipv6_mapped(), 80).into()];
        let mut yes = vec![SocketAddr::from((Ipv6Addr::LOCALHOST, 80))];
        yes.extend(here(Ipv4Addr::LOCALHOST));
        local[1..].copy_from_slice(&random[1..]);
        yes.extend(here(local.into()));
        let mut no: Vec<SocketAddr> = [
            Ipv4Addr::new(192, 0, 2, random[3]),
            Ipv4Addr::new(10, 0, 0, 1),
            Ipv4Addr::new(128, 0, 0, 1),
        ]
        .into_iter()
        .flat_map(here)
        .collect();
        no.push((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 80).into());
        no.push((Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0x7f00, 1), 80).into());
        let asked = yes.iter().map(|at| (*at, true));
        for (address, expected) in asked.chain(no.iter().map(|at| (*at, false))) {
            let answer = scene.run("your function", move || is_from_this_computer(address));
            let got = answer.join(|_| "mapped-loopback");
            let key = match address.ip() {
                ip if ip.is_loopback() => "all-of-127",
                _ => "mapped-loopback",
            };
            scene.check(got == expected, key, || {
                format!("is_from_this_computer({address}) is {expected}, and you returned {got}.")
            });
        }
    });
}
