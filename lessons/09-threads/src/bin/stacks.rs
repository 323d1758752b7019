//! Shows what a thread costs: memory that is reserved for its stack, and memory that is used.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{RwLock, mpsc};
use std::thread;

const HELP: &str = "
Usage: stacks [ADDRESS]

Starts threads that wait, and shows the memory of this process (on Linux). It does not listen.
ADDRESS is not used: 127.0.0.1:0 unless given.
";

const THREADS: usize = 500;
/// Bytes of its stack that each thread writes: the buffer of an echo.
const WRITTEN: usize = 16 * 1024;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, compare)
}

fn compare(_: SocketAddr) -> io::Result<()> {
    let alone = memory()?;
    let (arrived, arrivals) = mpsc::channel();
    let all_arrive = || arrivals.iter().take(THREADS).for_each(drop);
    let gates = [RwLock::new(()), RwLock::new(())];
    let [waiting, written] = thread::scope(|scope| {
        // Whoever reads waits until these are dropped: also if we leave early.
        let [first, _second] = gates.each_ref().map(RwLock::write);
        for _ in 0..THREADS {
            let (arrived, gates) = (arrived.clone(), &gates);
            thread::Builder::new().spawn_scoped(scope, move || {
                let _ = arrived.send(());
                drop(gates[0].read());
                write_to_the_stack();
                let _ = arrived.send(());
                drop(gates[1].read());
            })?;
        }
        all_arrive();
        let waiting = memory()?;
        drop(first);
        all_arrive();
        Ok::<_, io::Error>([waiting, memory()?])
    })?;

    println!("{:40}reserved        used", "");
    show("no other thread", alone);
    show(&format!("{THREADS} threads that wait"), waiting);
    show(&format!("each wrote {WRITTEN} bytes to its stack"), written);
    Ok(())
}

#[inline(never)]
fn write_to_the_stack() {
    std::hint::black_box([1_u8; WRITTEN]);
}

fn show(what: &str, [reserved, used]: [usize; 2]) {
    println!("{what:36}{reserved:8} KiB{used:8} KiB");
}

/// KiB of this process: how much of its address space is taken, and how much memory it uses.
/// VmSize and VmRSS in /proc/self/status, proc_pid_status(5).
fn memory() -> io::Result<[usize; 2]> {
    let status = fs::read_to_string("/proc/self/status")?;
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':')
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    };
    let both = value("VmSize").zip(value("VmRSS"));
    let (size, used) = both.ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
    Ok([size, used])
}
// ANCHOR_END: main
