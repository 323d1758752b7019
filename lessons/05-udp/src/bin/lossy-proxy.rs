//! Stands between a UDP client and a UDP server and behaves like a bad network.

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::str::FromStr;

use udp::Chances;

const HELP: &str = "
Usage: lossy-proxy [ADDRESS]

Relays datagrams between its clients and a server, and loses, doubles and reorders some of them.
ADDRESS is where to receive: 127.0.0.1:7105 unless given. Ctrl-C ends it.

Set these in the environment if you want something else:
  SERVER=127.0.0.1:7005    the server behind it
  SEED=1                   the same seed deals the same fates in the same order
  LOST=20                  of 100 datagrams in each direction, how many never arrive
  TWICE=10                 how many arrive two times
  LATE=10                  how many arrive after the next one
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 7105, relay)
}

fn relay(address: SocketAddr) -> io::Result<()> {
    let server = setting("SERVER", SocketAddr::from(([127, 0, 0, 1], 7005)))?;
    let seed = setting("SEED", 1)?;
    let chances = Chances {
        lost: setting("LOST", 20)?,
        twice: setting("TWICE", 10)?,
        late: setting("LATE", 10)?,
    };
    if [chances.lost, chances.twice, chances.late]
        .map(u32::from)
        .iter()
        .sum::<u32>()
        > 100
    {
        return Err(wrong(
            "LOST, TWICE and LATE are percentages: together at most 100",
        ));
    }
    let socket = UdpSocket::bind(address)?;
    println!("listening on {}", socket.local_addr()?);
    let Chances { lost, twice, late } = chances;
    println!("relaying to {server}, seed {seed}: {lost} % lost, {twice} % twice, {late} % late");

    udp::relay(
        &socket,
        server,
        seed,
        chances,
        udp::FORGET_AFTER,
        |passage| println!("{passage}"),
    )
}

/// The environment variable `name`, or `usual` where it is not set.
fn setting<T: FromStr + Display>(name: &str, usual: T) -> io::Result<T> {
    let Ok(text) = env::var(name) else {
        return Ok(usual);
    };
    let not_understood = |_| {
        wrong(&format!(
            "{name}={text} is not understood: {name}={usual} is"
        ))
    };
    text.parse().map_err(not_understood)
}
// ANCHOR_END: main

fn wrong(sentence: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("{sentence}; try --help"))
}
