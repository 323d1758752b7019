//! A bad network between real programs: [`Lossy`] in both directions, with sockets around it.

use crate::{Chances, Fate, LARGEST_PAYLOAD, Lossy};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Clients that are relayed at a time.
pub const MAX_CLIENTS: usize = 64;

/// How long `lossy-proxy` remembers a client that gets no answers.
pub const FORGET_AFTER: Duration = Duration::from_secs(60);

/// Which way a datagram went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A question.
    ToServer,
    /// An answer.
    ToClient,
}

/// One datagram on its way through [`relay`].
#[derive(Debug)]
pub struct Passage {
    /// Whose conversation it belongs to.
    pub client: SocketAddr,
    /// Where it was going.
    pub direction: Direction,
    /// Its length in bytes and what became of it, or why it could not be passed on.
    pub outcome: io::Result<(usize, Fate)>,
}

impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = match self.direction {
            Direction::ToServer => "->",
            Direction::ToClient => "<-",
        };
        write!(f, "{} {arrow} server: ", self.client)?;
        match &self.outcome {
            Ok((bytes, fate)) => {
                let fate = match fate {
                    Fate::Passed => "passed",
                    Fate::Lost => "lost",
                    Fate::Twice => "passed twice",
                    Fate::Late => "held until the next has passed",
                };
                write!(f, "{bytes} bytes {fate}")
            }
            Err(error) => write!(f, "{error}"),
        }
    }
}

/// Relays between the clients of `listening` and `server`, badly: each client gets one [`Lossy`] for
/// its questions and one for its answers, and `report` hears of every datagram.
///
/// The server sees a socket of ours for each client, so answers find their way back, and any UDP
/// server and client may be at the ends. Client number n (from 0) uses the seeds `seed` + 2n and
/// `seed` + 2n + 1.
///
/// At most [`MAX_CLIENTS`] at a time: others are refused, and reported. A client that has got no
/// answer for `forget_after`, which must not be zero, makes room for another; when it speaks again,
/// the server sees it under a new port.
///
/// # Errors
///
/// When `listening` fails. Otherwise it does not return.
pub fn relay(
    listening: &UdpSocket,
    server: SocketAddr,
    seed: u64,
    chances: Chances,
    forget_after: Duration,
    report: impl Fn(Passage) + Send + Sync + 'static,
) -> io::Result<()> {
    let report = Arc::new(report);
    let mut clients: HashMap<SocketAddr, Client> = HashMap::new();
    let mut next_seed = seed;
    let mut buffer = vec![0; LARGEST_PAYLOAD];
    loop {
        let (count, address) = match listening.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) if is_harmless(&error) => continue,
            Err(error) => return Err(error),
        };
        let direction = Direction::ToServer;
        let passage = |outcome| Passage {
            client: address,
            direction,
            outcome,
        };

        clients.retain(|_, client| !client.answers.is_finished());
        if !clients.contains_key(&address) {
            let seeds = [next_seed, next_seed.wrapping_add(1)];
            let client = if clients.len() < MAX_CLIENTS {
                let report = Arc::clone(&report);
                bound_to(server, forget_after).and_then(|to_server| {
                    Client::new(listening, address, to_server, seeds, chances, report)
                })
            } else {
                // Policy, too many clients: those who are here stay.
                Err(io::Error::other("no room for one more client"))
            };
            match client {
                Ok(client) => clients.insert(address, client),
                Err(error) => {
                    report(passage(Err(error)));
                    continue;
                }
            };
            next_seed = next_seed.wrapping_add(2);
        }
        if let Some(client) = clients.get_mut(&address) {
            let fate = client.questions.receive_datagram(buffer[..count].to_vec());
            report(passage(Ok((count, fate))));
            while let Some(datagram) = client.questions.next_datagram() {
                // The error of an earlier datagram comes back here, and this one was not sent.
                if let Err(error) = client.to_server.send(&datagram) {
                    report(passage(Err(error)));
                }
            }
        }
    }
}

struct Client {
    to_server: Arc<UdpSocket>,
    questions: Lossy<Vec<u8>>,
    /// Ends by itself when no answer comes for long enough.
    answers: JoinHandle<()>,
}

impl Client {
    fn new(
        listening: &UdpSocket,
        address: SocketAddr,
        to_server: UdpSocket,
        [questions, answers]: [u64; 2],
        chances: Chances,
        report: Arc<impl Fn(Passage) + Send + Sync + 'static>,
    ) -> io::Result<Self> {
        let to_server = Arc::new(to_server);
        let from_server = Arc::clone(&to_server);
        let to_client = listening.try_clone()?;
        let mut answers = Lossy::new(answers, chances);
        let answers = thread::Builder::new().spawn(move || {
            let direction = Direction::ToClient;
            let passage = |outcome| Passage {
                client: address,
                direction,
                outcome,
            };
            let mut buffer = vec![0; LARGEST_PAYLOAD];
            loop {
                match from_server.recv(&mut buffer) {
                    Ok(count) => {
                        let fate = answers.receive_datagram(buffer[..count].to_vec());
                        report(passage(Ok((count, fate))));
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // Nobody has the server's port. It may be started later, so we stay.
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                        report(passage(Err(error)));
                    }
                    Err(_) => return, // No answer for too long, or the socket is of no use.
                }
                while let Some(datagram) = answers.next_datagram() {
                    if let Err(error) = to_client.send_to(&datagram, address) {
                        report(passage(Err(error)));
                    }
                }
            }
        })?;
        Ok(Self {
            to_server,
            questions: Lossy::new(questions, chances),
            answers,
        })
    }
}

/// A socket that hears from `server` only, and waits for it that long.
fn bound_to(server: SocketAddr, patience: Duration) -> io::Result<UdpSocket> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(patience))?;
    Ok(socket)
}

/// A signal came first; or, on Windows, an earlier answer found its client gone.
fn is_harmless(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Interrupted | ErrorKind::ConnectionReset
    )
}
