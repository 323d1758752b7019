//! The frame around the `main` of every program in this course.
//!
//! A program is a help text, a usual port and a function that does the work with an address. What
//! this frame adds is the same everywhere: one optional argument, `--help`, and an error that is a
//! sentence with advice instead of a panic. It is the one place in a library that prints.

use std::env;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic;
use std::process::{self, ExitCode};

/// The work was tried and failed.
const FAILED: u8 = 1;
/// The program was started with arguments that it does not understand.
const WRONG_USAGE: u8 = 2;

// ANCHOR: run
/// Calls `work` with the address from the command line, or with `127.0.0.1:port` when none is given.
///
/// `--help` prints `help`. The exit code is 0 for success, 1 when `work` failed or when nobody reads
/// what it prints, and 2 when the argument is not an address; standard error gets a sentence then.
pub fn run(help: &str, port: u16, work: impl FnOnce(SocketAddr) -> io::Result<()>) -> ExitCode {
    run_with(help, port, |_| Ok(()), |(), address| work(address))
}
// ANCHOR_END: run

/// As [`run`], for a program with options: `options` takes those that it knows out of the arguments. Its
/// error is a sentence on what it does not understand.
pub fn run_with<T>(
    help: &str,
    port: u16,
    options: impl FnOnce(&mut Vec<String>) -> Result<T, String>,
    work: impl FnOnce(T, SocketAddr) -> io::Result<()>,
) -> ExitCode {
    let mut arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    if let [flag] = arguments.as_slice()
        && (flag == "--help" || flag == "-h")
    {
        println!("{}", help.trim());
        return ExitCode::SUCCESS;
    }
    let options = match options(&mut arguments) {
        Ok(options) => options,
        Err(sentence) => {
            eprintln!("{sentence} Try --help.");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    let address = match arguments.as_slice() {
        [] => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        [text] => match text.parse() {
            Ok(address) => address,
            Err(_) => {
                eprintln!("\"{text}\" is not an address like 127.0.0.1:{port}. Try --help.");
                return ExitCode::from(WRONG_USAGE);
            }
        },
        _ => {
            eprintln!("Give one address, like 127.0.0.1:{port}, or none. Try --help.");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    end_when_nobody_reads();
    match work(options, address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", advice(address, &error));
            ExitCode::from(FAILED)
        }
    }
}

/// `println!` panics when nobody reads what it prints, as in `echo-server | head -1`. A server would
/// lose one thread after the other by that. So the whole program ends, with a sentence.
fn end_when_nobody_reads() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // The words of the standard library: nothing else tells this panic from others.
        let text = panic.payload_as_str().unwrap_or_default();
        if text.starts_with("failed printing to stdout") {
            eprintln!("Nobody reads what this program prints, so it ends.");
            process::exit(i32::from(FAILED));
        }
        usual(panic);
    }));
}

/// One sentence on what happened at `address`, and one on what to do.
fn advice(address: SocketAddr, error: &io::Error) -> String {
    let sentence = match error.kind() {
        ErrorKind::AddrInUse => format!(
            "Port {} is in use: another program listens there. Stop that program, or give another \
             address: with 127.0.0.1:0 the kernel chooses a free port.",
            address.port()
        ),
        ErrorKind::AddrNotAvailable => format!(
            "{} is not an address of this computer. Use 127.0.0.1.",
            address.ip()
        ),
        ErrorKind::PermissionDenied => format!(
            "You may not use port {}. Choose one above 1023.",
            address.port()
        ),
        ErrorKind::ConnectionRefused => {
            format!("Nobody listens on {address}. Start the server first, in another terminal.")
        }
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => format!(
            "{address} ended the connection in the middle. Look at what the server printed."
        ),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!(
            "{address} kept silent for too long. Does it run, and does it serve somebody else?"
        ),
        _ => format!("It did not work with {address}."),
    };
    format!("{sentence} ({error})")
}
