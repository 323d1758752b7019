//! Shows how many bytes the compiler's state machines have.

use std::io;
use std::mem::size_of_val;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;

const HELP: &str = "
Usage: task-size [ADDRESS]

Makes three conversations that have not begun and prints how many bytes each state machine has.
ADDRESS is where to listen: 127.0.0.1:0 unless given.
";

const BUFFER_SIZE: usize = 64 * 1024;

// ANCHOR: main
fn main() -> ExitCode {
    program::run(HELP, 0, |address| Runtime::new()?.block_on(weigh(address)))
}

async fn weigh(address: SocketAddr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let (_asked, stopping) = watch::channel(false);
    // An async fn that is called returns a value and does nothing else: the state machine, in its
    // first state. It is as large as its largest state.
    let conversations = [
        size_of_val(&buffer_inside(TcpStream::connect(address).await?)),
        size_of_val(&buffer_kept(TcpStream::connect(address).await?)),
        size_of_val(&tokio_echo::converse(
            TcpStream::connect(address).await?,
            Duration::from_secs(30),
            stopping,
        )),
    ];
    let [inside, kept, converse] = conversations;
    println!("an array of 64 KiB beside an await:    {inside:>6} bytes");
    println!("a Vec of 64 KiB, kept:                 {kept:>6} bytes, and 65536 elsewhere");
    println!("converse(), idle limit and stop:       {converse:>6} bytes, and none elsewhere");
    Ok(())
}

/// `buffer` is alive across the awaits, so it is a field of the state machine.
async fn buffer_inside(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = [0; BUFFER_SIZE];
    loop {
        match client.read(&mut buffer).await? {
            0 => return Ok(()),
            count => client.write_all(&buffer[..count]).await?,
        }
    }
}

/// The state machine has the address of `buffer`, whose bytes live elsewhere as long as it does.
async fn buffer_kept(mut client: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        match client.read(&mut buffer).await? {
            0 => return Ok(()),
            count => client.write_all(&buffer[..count]).await?,
        }
    }
}
// ANCHOR_END: main
