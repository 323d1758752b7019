//! Shows when a port can be bound again, by what the old and the new socket have set.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use options::{Listening, rebind};

const HELP: &str = "
Usage: time-wait [ADDRESS]

Starts and stops servers, and tries to bind their port again in three situations.
ADDRESS is where they listen: 127.0.0.1:0 unless given.
";

/// No option at all. (What std binds has SO_REUSEADDR already, on Unix.)
const NEITHER: Listening = Listening {
    reuse_address: false,
    reuse_port: false,
    receive_buffer: None,
    backlog: options::BACKLOG,
};
const ADDRESS: Listening = Listening {
    reuse_address: true,
    ..NEITHER
};
const PORT: Listening = Listening {
    reuse_port: true,
    ..NEITHER
};

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(address: SocketAddr) -> io::Result<()> {
    println!("old socket     new socket     it listens   its client talks   TIME_WAIT");
    for (old, new) in [
        (NEITHER, NEITHER),
        (NEITHER, ADDRESS),
        (ADDRESS, NEITHER),
        (ADDRESS, ADDRESS),
        (PORT, PORT),
        (PORT, ADDRESS),
    ] {
        let rebound = rebind(address, old, new)?;
        println!(
            "{:<14} {:<14} {:<12} {:<18} {}",
            name(old),
            name(new),
            outcome(rebound.beside_a_listener),
            outcome(rebound.beside_a_connection),
            outcome(rebound.after_everything),
        );
    }
    Ok(())
}
// ANCHOR_END: main

fn name(plan: Listening) -> &'static str {
    match (plan.reuse_address, plan.reuse_port) {
        (true, _) => "SO_REUSEADDR",
        (false, true) => "SO_REUSEPORT",
        (false, false) => "-",
    }
}

fn outcome(bound: bool) -> &'static str {
    if bound { "bound" } else { "in use" }
}
