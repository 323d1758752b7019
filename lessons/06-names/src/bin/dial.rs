//! Connects to a name: looks up its addresses, races to them, and prints what the server says.

use std::env;
use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use first_socket::Endpoints;
use names::{ATTEMPT_DELAY, Attempt, Resolve, System, dial, interleave};

const HELP: &str = "
Usage: dial [NAME:PORT]

Looks up the addresses of NAME, connects to the first one that answers, and prints what the
server says. NAME may be an address, too. It is localhost:7006 unless given.
";

/// How long the whole race may take, and after that each read.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes. A server that goes on and on is not one of ours.
const MAX_GREETING: u64 = 4096;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let target = match arguments.as_slice() {
        [] => "localhost:7006",
        [flag] if flag == "--help" || flag == "-h" => {
            println!("{}", HELP.trim());
            return ExitCode::SUCCESS;
        }
        [target] => target,
        _ => "", // Not a name, as the next lines find out.
    };
    let port = target
        .rsplit_once(':')
        .map(|(name, port)| (name, port.parse()));
    let Some((name, Ok(port))) = port.filter(|(name, _)| !name.is_empty()) else {
        eprintln!("Give one name and a port, like localhost:7006, or nothing. Try --help.");
        return ExitCode::from(2);
    };
    match connect(name, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("It did not work with {name}, port {port}. Is the server started? ({error})");
            ExitCode::FAILURE
        }
    }
}

// ANCHOR: connect
fn connect(name: &str, port: u16) -> io::Result<()> {
    // An IPv6 address stands in brackets, so that its colons are not taken for the port's.
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let addresses = interleave(&System.resolve(bare, port)?);
    let listed: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    println!("{name} is {}", listed.join(", "));

    let stream = dial(addresses, ATTEMPT_DELAY, PATIENCE, print)?;
    println!("connected {}", Endpoints::of(&stream)?);
    read_all(stream)
}

fn print(elapsed: Duration, address: SocketAddr, attempt: Attempt) {
    println!("{:>6} ms  {address}  {attempt}", elapsed.as_millis());
}
// ANCHOR_END: connect

/// Prints what the server says until it hangs up. We have nothing to say, and tell it so.
fn read_all(stream: TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut greeting = Vec::new();
    stream.take(MAX_GREETING).read_to_end(&mut greeting)?;
    print!("{}", String::from_utf8_lossy(&greeting));
    Ok(())
}
