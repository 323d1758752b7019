//! Ends connections in every way there is, and shows what the kernel says after each call.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use closing::states::State::{self, CloseWait, Closing, FinWait1, FinWait2, LastAck, TimeWait};
use closing::{PATIENCE, states};

const HELP: &str = "
Usage: close-lab [ADDRESS]

Ends a connection in every way, and shows the states of both ends (on Linux) after each call.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, try_every_way)
}

fn try_every_way(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    for (name, way) in WAYS {
        println!("\n{name:38}{:21}server's end", "client's end");
        let client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
        let (server, _) = listener.accept()?;
        client.set_read_timeout(Some(PATIENCE))?;
        server.set_read_timeout(Some(PATIENCE))?;
        let lab = Lab(client.local_addr()?, server.local_addr()?);
        way(&lab, client, server)?;
    }
    Ok(())
}

type Way = fn(&Lab, TcpStream, TcpStream) -> io::Result<()>;
const OPEN: Option<State> = Some(State::Established);
const GONE: Option<State> = None;

const WAYS: [(&str, Way); 8] = [
    // ANCHOR: two_ways
    ("ONE HALF, THEN THE OTHER", |lab, client, server| {
        lab.show("connected", [OPEN, OPEN])?;
        client.shutdown(Shutdown::Write)?;
        lab.show("client shutdown(Write)", [Some(FinWait2), Some(CloseWait)])?;
        lab.call("server read", (&server).read(&mut [0; 9]));
        lab.call("server write \"bye\"", (&server).write(b"bye"));
        drop(server);
        lab.show("server close", [Some(TimeWait), GONE])?;
        lab.call("client read", (&client).read(&mut [0; 9]));
        lab.call("client read", (&client).read(&mut [0; 9]));
        Ok(())
    }),
    ("CLOSE, AND THE OTHER GOES ON", |lab, client, server| {
        drop(client);
        lab.show("client close", [Some(FinWait2), Some(CloseWait)])?;
        lab.call("server write \"more\"", (&server).write(b"more"));
        lab.show("   (the client's kernel resets)", [GONE, GONE])?;
        lab.call("server write \"more\"", (&server).write(b"more"));
        Ok(())
    }),
    // ANCHOR_END: two_ways
    ("CLOSE WITH UNREAD INPUT", |lab, client, server| {
        (&client).write_all(b"unread")?;
        drop(server);
        lab.show("server close", [GONE, GONE])?;
        lab.call("client read", (&client).read(&mut [0; 9]));
        Ok(())
    }),
    ("ABORT: SO_LINGER 0, CLOSE", |lab, client, server| {
        socket2::SockRef::from(&server).set_linger(Some(Duration::ZERO))?;
        drop(server);
        lab.show("server close", [GONE, GONE])?;
        lab.call("client read", (&client).read(&mut [0; 9]));
        Ok(())
    }),
    ("ONE OF TWO HANDLES", |lab, client, _server| {
        drop(client.try_clone()?);
        lab.show("client drops a clone", [OPEN, OPEN])?;
        drop(client);
        lab.show("client drops the last", [Some(FinWait2), Some(CloseWait)])
    }),
    ("SHUTDOWN(READ)", |lab, client, server| {
        client.shutdown(Shutdown::Read)?;
        lab.show("client shutdown(Read)", [OPEN, OPEN])?;
        lab.call("server write \"more\"", (&server).write(b"more"));
        Ok(())
    }),
    (
        "CLOSE, AND THE OTHER DOES NOT READ",
        |lab, client, server| {
            fill(&server)?;
            client.shutdown(Shutdown::Write)?;
            lab.show("client shutdown(Write)", [Some(FinWait2), Some(CloseWait)])?;
            drop(server);
            lab.show("server close", [Some(FinWait2), Some(LastAck)])?;
            io::copy(&mut &client, &mut io::sink())?;
            lab.show("client reads to the end", [Some(TimeWait), GONE])
        },
    ),
    ("BOTH AT ONCE, BUFFERS FULL", |lab, client, server| {
        fill(&client)?;
        fill(&server)?;
        client.shutdown(Shutdown::Write)?;
        server.shutdown(Shutdown::Write)?;
        lab.show("both shutdown(Write)", [Some(FinWait1), Some(FinWait1)])?;
        io::copy(&mut &client, &mut io::sink())?;
        lab.show("client reads to the end", [Some(Closing), Some(FinWait2)])?;
        io::copy(&mut &server, &mut io::sink())?;
        lab.show("server reads to the end", [Some(TimeWait), Some(TimeWait)])
    }),
];

/// Writes until the kernel takes no more: then a FIN has to wait behind these bytes.
fn fill(mut stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    while stream.write(&[b'.'; 64 * 1024]).is_ok() {}
    stream.set_nonblocking(false)
}

/// The connection that is looked at: the address of the client's end, and of the server's.
struct Lab(SocketAddr, SocketAddr);

impl Lab {
    /// Prints what the kernel says about both ends: at once if it is what RFC 9293 lets us expect,
    /// else when we have waited for that in vain.
    fn show(&self, what: &str, expected: [Option<State>; 2]) -> io::Result<()> {
        match states::wait_for((self.0, self.1), expected, PATIENCE) {
            Ok(ends) => {
                let [client, server] = ends.map(|end| end.map_or("-".into(), |e| e.to_string()));
                println!("  {what:36}{client:21}{server}");
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                println!("  {what:36}{:21}?   ({error})", "?");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Prints what a call gave.
    fn call(&self, what: &str, outcome: io::Result<usize>) {
        match outcome {
            Ok(count) => println!("  {what} = Ok({count})"),
            Err(error) => println!("  {what} = Err({:?})", error.kind()),
        }
    }
}
// ANCHOR_END: main
