//! What the kernel knows about a TCP connection: its state, what waits in its buffers, its timer.
//!
//! Linux shows this in a file that reads like a table, `/proc/self/net/tcp`, one line for each end
//! of a connection (proc_pid_net(5); the columns are explained in the kernel's
//! Documentation/networking/proc_net_tcp.rst). Other systems keep it behind other interfaces: there
//! [`look`] returns `Unsupported`.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

/// How often [`wait_for`] looks: the kernel does not tell when a state changes.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The states of RFC 9293, section 3.3.2. A connection that is CLOSED is in no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the RFC's, and it explains them")]
pub enum State {
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

impl State {
    /// The number in the table's column `st` (the kernel's include/net/tcp_states.h).
    fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Established,
            2 => Self::SynSent,
            3 | 12 => Self::SynReceived,
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            _ => return None,
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
        })
    }
}

/// One end of a connection, as the kernel sees it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Where it is between the first SYN and the last ACK.
    pub state: State,
    /// Bytes that were written here, and that the other end's kernel has not acknowledged.
    pub unacknowledged: u32,
    /// Bytes that have come, and that no program has read.
    pub unread: u32,
    /// How long the kernel will go on remembering an end that no program holds any more.
    pub forgotten_in: Option<Duration>,
}

impl fmt::Display for End {
    /// The state, and `TIME-WAIT, 60 s` when the kernel counts the time until it forgets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.forgotten_in {
            Some(left) => f.pad(&format!("{}, {} s", self.state, left.as_secs_f32().ceil())),
            None => self.state.fmt(f),
        }
    }
}

/// Looks up the end with the address `local` of a connection to `peer`.
///
/// `None` means that the kernel has no such connection: it was never there, or it is over.
///
/// # Errors
///
/// `Unsupported` where the system has no such table; whatever reading the table gives.
pub fn look(local: SocketAddr, peer: SocketAddr) -> io::Result<Option<End>> {
    let table = match local {
        SocketAddr::V4(_) => "/proc/self/net/tcp",
        SocketAddr::V6(_) => "/proc/self/net/tcp6",
    };
    let table = fs::read_to_string(table).map_err(|error| match error.kind() {
        ErrorKind::NotFound => io::Error::new(
            ErrorKind::Unsupported,
            "this system does not show the states of its sockets in a file, as Linux does",
        ),
        _ => error,
    })?;
    Ok(find(&table, local, peer))
}

/// Looks until both ends of a connection are in the `expected` states, for `patience` at most, and
/// returns what it saw last, which may be something else.
///
/// A segment needs a moment even over loopback, and Linux may hold an acknowledgement back for 40 ms
/// in the hope of sending it together with data.
///
/// # Errors
///
/// As [`look`].
pub fn wait_for(
    (one, other): (SocketAddr, SocketAddr),
    expected: [Option<State>; 2],
    patience: Duration,
) -> io::Result<[Option<End>; 2]> {
    let started = Instant::now();
    loop {
        let seen = [look(one, other)?, look(other, one)?];
        let states = seen.map(|end| end.map(|end| end.state));
        if states == expected || started.elapsed() >= patience {
            return Ok(seen);
        }
        thread::sleep(LOOK_AGAIN);
    }
}

// ANCHOR: find
/// Finds the line that begins with both addresses, in a table like `/proc/self/net/tcp`.
///
/// ```text
///   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when ...
///    3: 0100007F:1B5C 0100007F:D431 06 00000000:00000000 03:00001770 ...
/// ```
pub fn find(table: &str, local: SocketAddr, peer: SocketAddr) -> Option<End> {
    let (local, peer) = (as_in_the_table(local), as_in_the_table(peer));
    table.lines().find_map(|line| {
        let mut columns = line.split_whitespace().skip(1);
        if columns.next()? != local || columns.next()? != peer {
            return None;
        }
        let state = State::from_number(u8::from_str_radix(columns.next()?, 16).ok()?)?;
        let (unacknowledged, unread) = numbers(columns.next()?)?;
        let (timer, hundredths) = numbers(columns.next()?)?;
        Some(End {
            state,
            unacknowledged,
            unread,
            // Timer 3 is the one of TIME-WAIT, and of FIN-WAIT-2 when no program is left.
            forgotten_in: (timer == 3).then(|| Duration::from_millis(u64::from(hundredths) * 10)),
        })
    })
}
// ANCHOR_END: find

/// Two hexadecimal numbers with a colon between.
fn numbers(column: &str) -> Option<(u32, u32)> {
    let (first, second) = column.split_once(':')?;
    Some((
        u32::from_str_radix(first, 16).ok()?,
        u32::from_str_radix(second, 16).ok()?,
    ))
}

/// An address as the kernel prints it: hexadecimal, the IP in words of 32 bits in the order of
/// *this* processor, the port as people write it. 127.0.0.1:80 is `0100007F:0050` on most machines.
fn as_in_the_table(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let words = octets.chunks_exact(4).map(|word| {
        let word = u32::from_ne_bytes([word[0], word[1], word[2], word[3]]);
        format!("{word:08X}")
    });
    format!("{}:{:04X}", words.collect::<String>(), address.port())
}
