//! The frame around the `main` of every program in this course.
//!
//! A program is a help text, a usual port and a function that does the work with an address. What
//! this frame adds is the same everywhere: one optional argument, `--help`, and an error that is a
//! sentence with advice instead of a panic. It is the one place in a library that prints.

use std::env;
use std::fmt::Display;
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
    let understand = |mut arguments: Vec<String>| {
        let options = options(&mut arguments)?;
        let address = match arguments.as_slice() {
            [] => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            [text] => text
                .parse()
                .map_err(|_| format!("\"{text}\" is not an address like 127.0.0.1:{port}."))?,
            _ => return Err(format!("Give one address, like 127.0.0.1:{port}, or none.")),
        };
        Ok((options, address))
    };
    let work = |(options, address)| work(options, address).map_err(|error| advice(address, &error));
    frame(help, understand, work)
}

/// As [`run`], for a client that goes to something else than an address: `target` makes it of the argument, if
/// there is one. Its error is a sentence on what it does not understand.
pub fn run_to<T: Display>(
    help: &str,
    target: impl FnOnce(Option<&str>) -> Result<T, String>,
    work: impl FnOnce(&T) -> io::Result<()>,
) -> ExitCode {
    let understand = |arguments: Vec<String>| match arguments.as_slice() {
        [] => target(None),
        [text] if !text.starts_with('-') => target(Some(text)),
        [option] => Err(format!("There is no option {option}.")),
        _ => Err("Give one argument, or none.".to_string()),
    };
    let work = |target: T| work(&target).map_err(|error| advice_on(&target, &error));
    frame(help, understand, work)
}

fn frame<T>(
    help: &str,
    understand: impl FnOnce(Vec<String>) -> Result<T, String>,
    work: impl FnOnce(T) -> Result<(), String>,
) -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    if arguments
        .iter()
        .any(|flag| flag == "--help" || flag == "-h")
    {
        println!("{}", help.trim());
        return ExitCode::SUCCESS;
    }
    let understood = match understand(arguments) {
        Ok(understood) => understood,
        Err(sentence) => {
            eprintln!("{sentence} Try --help.");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    end_when_nobody_reads();
    match work(understood) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
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
        _ => return advice_on(&address, error),
    };
    format!("{sentence} ({error})")
}

/// The same for what only clients meet.
fn advice_on(peer: &impl Display, error: &io::Error) -> String {
    let sentence = match error.kind() {
        ErrorKind::ConnectionRefused => {
            format!("Nobody listens on {peer}. Start the server first, in another terminal.")
        }
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            format!("{peer} ended the connection in the middle. Look at what the server printed.")
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!(
            "{peer} kept silent for too long. Does it run, and does it serve somebody else?"
        ),
        _ => format!("It did not work with {peer}."),
    };
    format!("{sentence} ({error})")
}
