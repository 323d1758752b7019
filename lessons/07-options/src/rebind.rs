//! Can a port be bound again? It depends on what is left of its last owner, and on what both the
//! old socket and the new one allow.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::Listening;

/// Both ends are on this computer, so nothing takes long; what does has gone wrong.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often we look whether the kernel shows the connection in TIME_WAIT.
const POLL: Duration = Duration::from_millis(1);
/// TIME_WAIT in the kernel's table: proc_pid_net(5), and tcp_states.h of the kernel.
const TIME_WAIT: &str = "06";

/// Whether a second socket could be bound, in each of three situations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebound {
    /// While the old server listens.
    pub beside_a_listener: bool,
    /// When the old server has closed its listening socket, and still talks to a client.
    pub beside_a_connection: bool,
    /// When the old server has closed everything, and that connection is in TIME_WAIT.
    pub after_everything: bool,
}

// ANCHOR: rebind
/// Lets an `old` server come and go on the port of `address`, and tries to start a `new` one in
/// three situations.
///
/// The old server closes its connection first, and so it is its end that goes to TIME_WAIT
/// (RFC 9293, section 3.6.1). Where the system shows its table of connections, we wait until it is
/// there.
///
/// # Errors
///
/// Whatever the sockets report, but for `AddrInUse` of the new one: that is an answer. `TimedOut`
/// when the connection did not come to TIME_WAIT.
pub fn rebind(address: SocketAddr, old: Listening, new: Listening) -> io::Result<Rebound> {
    let listener = old.listen(address)?;
    let address = listener.local_addr()?;
    let mut client = TcpStream::connect_timeout(&address, PATIENCE)?;
    client.set_read_timeout(Some(PATIENCE))?;
    let (server, _) = listener.accept()?;

    let beside_a_listener = can_listen(new, address)?;
    drop(listener);
    let beside_a_connection = can_listen(new, address)?;
    drop(server); // The server's FIN is first...
    while client.read(&mut [0; 64])? > 0 {}
    let clients_port = client.local_addr()?.port();
    drop(client); // ...and the client's FIN answers it.
    wait_for_time_wait(address.port(), clients_port)?;
    Ok(Rebound {
        beside_a_listener,
        beside_a_connection,
        after_everything: can_listen(new, address)?,
    })
}
// ANCHOR_END: rebind

fn can_listen(plan: Listening, address: SocketAddr) -> io::Result<bool> {
    match plan.listen(address) {
        Ok(_) => Ok(true), // It is dropped here, and so it holds nothing any more.
        Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(false),
        Err(error) => Err(error),
    }
}

fn wait_for_time_wait(server: u16, client: u16) -> io::Result<()> {
    let started = Instant::now();
    while in_time_wait(server, client) == Some(false) {
        if started.elapsed() > PATIENCE {
            let sentence = format!("the connection of port {server} did not come to TIME_WAIT");
            return Err(io::Error::new(ErrorKind::TimedOut, sentence));
        }
        thread::sleep(POLL);
    }
    Ok(())
}

/// Whether the connection from `local_port` to `remote_port` is in TIME_WAIT now, as the kernel's
/// table says. `None` where the system does not show it (it is Linux that does).
///
/// Source: proc_pid_net(5), `/proc/net/tcp` and `/proc/net/tcp6`.
pub fn in_time_wait(local_port: u16, remote_port: u16) -> Option<bool> {
    let table = fs::read_to_string("/proc/self/net/tcp").ok()?;
    // A kernel without IPv6 has only the first.
    let table_v6 = fs::read_to_string("/proc/self/net/tcp6").unwrap_or_default();
    let (local, remote) = (format!(":{local_port:04X}"), format!(":{remote_port:04X}"));
    let found = table.lines().chain(table_v6.lines()).any(|line| {
        // Its fields: number, local end, remote end, state, and more.
        let mut fields = line.split_whitespace().skip(1);
        fields.next().is_some_and(|end| end.ends_with(&local))
            && fields.next().is_some_and(|end| end.ends_with(&remote))
            && fields.next() == Some(TIME_WAIT)
    });
    Some(found)
}
