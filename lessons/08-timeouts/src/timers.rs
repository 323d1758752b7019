//! The clocks that the kernel keeps for a TCP socket, as Linux shows them in its tables.
//!
//! It is what `ss -o` prints. Source: proc_pid_net(5) and the kernel's
//! Documentation/networking/proc_net_tcp.rst.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

/// The table counts time in hundredths of a second, whatever the kernel itself does: time(7),
/// USER_HZ.
const TICKS_PER_SECOND: u64 = 100;

// ANCHOR: clock
/// What the kernel waits for on one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Nothing: without a keepalive an idle connection has no clock at all.
    Off,
    /// An acknowledgement. When it does not come, the segment is sent again.
    Retransmit,
    /// The time to probe an idle connection (keepalive).
    Keepalive,
    /// The end of TIME_WAIT.
    TimeWait,
    /// The time to ask a peer without room whether it has room now (zero window probe).
    Probe,
}
// ANCHOR_END: clock

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Off => "off",
            Self::Retransmit => "retransmit",
            Self::Keepalive => "keepalive",
            Self::TimeWait => "time-wait",
            Self::Probe => "probe",
        })
    }
}

/// One row of the kernel's table of TCP sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The state's name in RFC 9293, section 3.3.2; Linux calls SYN-RECEIVED `SYN_RECV`.
    pub state: &'static str,
    /// What the kernel waits for.
    pub clock: Clock,
    /// How long it still waits.
    pub due: Duration,
    /// How often it has sent the same segment again, or probed, without an answer.
    pub retries: u32,
}

/// The row of the socket whose ends are `local` and `peer`; `None` when there is no such socket.
///
/// # Errors
///
/// `Unsupported` where the system has no such table.
pub fn row(local: SocketAddr, peer: SocketAddr) -> io::Result<Option<Row>> {
    let file = match local {
        SocketAddr::V4(_) => "/proc/thread-self/net/tcp",
        SocketAddr::V6(_) => "/proc/thread-self/net/tcp6",
    };
    let table = fs::read_to_string(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => io::Error::new(
            ErrorKind::Unsupported,
            "this system does not show its TCP sockets in /proc; try: netstat -an",
        ),
        _ => error,
    })?;
    Ok(find(&table, local, peer))
}

/// The row of `table`, in the format of /proc/net/tcp, whose ends are `local` and `peer`.
pub fn find(table: &str, local: SocketAddr, peer: SocketAddr) -> Option<Row> {
    let ends = (in_hex(local), in_hex(peer));
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout ...
        let &[_, local, peer, state, _, timer, retransmits, _, probes, ..] = fields.as_slice()
        else {
            return None;
        };
        (local == ends.0 && peer == ends.1)
            .then(|| parsed(state, timer, retransmits, probes))
            .flatten()
    })
}

fn parsed(state: &str, timer: &str, retransmits: &str, probes: &str) -> Option<Row> {
    let (kind, when) = timer.split_once(':')?;
    let ticks = u64::from_str_radix(when, 16).ok()?;
    let clock = match kind {
        "00" => Clock::Off,
        "01" => Clock::Retransmit,
        "02" => Clock::Keepalive,
        "03" => Clock::TimeWait,
        "04" => Clock::Probe,
        _ => return None,
    };
    let retries = match clock {
        Clock::Retransmit => u32::from_str_radix(retransmits, 16).ok()?,
        _ => probes.parse().ok()?,
    };
    Some(Row {
        state: name(state)?,
        clock,
        due: Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND),
        retries,
    })
}

/// The numbers are those of the kernel's include/net/tcp_states.h.
fn name(state: &str) -> Option<&'static str> {
    Some(match state {
        "01" => "ESTABLISHED",
        "02" => "SYN_SENT",
        "03" => "SYN_RECV",
        "04" => "FIN_WAIT1",
        "05" => "FIN_WAIT2",
        "06" => "TIME_WAIT",
        "07" => "CLOSE",
        "08" => "CLOSE_WAIT",
        "09" => "LAST_ACK",
        "0A" => "LISTEN",
        "0B" => "CLOSING",
        _ => return None,
    })
}

/// An address as the table writes it: words of four bytes, each in the byte order of this
/// machine.
fn in_hex(address: SocketAddr) -> String {
    let word = |bytes: &[u8]| {
        let mut word = [0; 4];
        word.copy_from_slice(bytes);
        format!("{:08X}", u32::from_ne_bytes(word))
    };
    let words: String = match address {
        SocketAddr::V4(v4) => word(&v4.ip().octets()),
        SocketAddr::V6(v6) => v6.ip().octets().chunks_exact(4).map(word).collect(),
    };
    format!("{words}:{:04X}", address.port())
}
