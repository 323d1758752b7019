//! The course serves itself: a port on this computer, and lesson 17's server in a thread of its own.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Once};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http::threaded::{Patience, serve};
use threads::{Limits, News, Stop, raise_descriptor_limit};

use crate::process::was_interrupted;
use crate::reload::Reload;
use crate::site::Site;
use crate::trouble::{Result, Trouble};

/// Where the book is, unless that is taken.
const PORT: u16 = 7000;
/// The ports that are tried then. Those between belong to the lessons, and when all are taken, the system chooses.
const NEXT_PORTS: std::ops::Range<u16> = 7030..7050;

/// Connections at the same time: 1,000 open tabs, with one to load each of them anew.
const MOST_CONNECTIONS: usize = 2_000;
/// Descriptors of a connection: a WebSocket's is held twice, by who hears the page and by who tells it something.
const DESCRIPTORS_EACH: u64 = 2;
/// Descriptors that are no connections: the listener, files that are being sent, the terminal.
const OTHER_DESCRIPTORS: u64 = 200;
/// How long a browser that does not read its last response can keep us from ending. Who waits for an event looks once
/// in a second whether the server stops.
const DRAIN: Duration = Duration::from_secs(2);
/// How often Ctrl-C is noticed.
pub const WAKE_EVERY: Duration = Duration::from_millis(100);

/// A server that runs.
pub struct Server {
    port: u16,
    /// The usual port, when it was taken.
    pub instead_of: Option<u16>,
    stop: Stop,
    thread: JoinHandle<io::Result<usize>>,
}

impl Server {
    /// Serves the built book under `root`, on the port `wanted` or where there is room.
    ///
    /// # Errors
    /// When there is no built book, or no port.
    pub fn start(root: &Path, wanted: Option<u16>, reload: Option<Reload>) -> Result<Server> {
        let listener = match wanted {
            Some(port) => listen([port]),
            None => listen([PORT].into_iter().chain(NEXT_PORTS).chain([0])),
        };
        let listened = listener.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
        let (port, listener) =
            listened.map_err(|error| could_not_listen(wanted.unwrap_or(PORT), &error))?;
        let site = Arc::new(Site::new(root, port, reload)?);
        let limits = Limits {
            connections: connections(raise_descriptor_limit()),
            drain: DRAIN,
            ..Limits::USUAL
        };
        let stop = Stop::new();
        let stopped = stop.clone();
        let waited_for = Arc::clone(&site);
        stop.on_stop(move || waited_for.close());
        let thread = thread::Builder::new()
            .name("server".to_owned())
            .spawn(move || {
                serve(
                    listener,
                    limits,
                    Patience::USUAL,
                    &stopped,
                    report,
                    move |request, body, client| site.answer(request, body, client),
                )
            })
            .map_err(|error| {
                Trouble::new(format!(
                    "The server could not be started ({error}): end other programs, and try again."
                ))
            })?;
        Ok(Server {
            port,
            instead_of: (wanted.is_none() && port != PORT).then_some(PORT),
            stop,
            thread,
        })
    }

    /// The address to open.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Serves until Ctrl-C, and then ends what is still being sent. Calls `meanwhile` again and again; it may wait for
    /// [`WAKE_EVERY`].
    ///
    /// # Errors
    /// When the server failed.
    pub fn until_interrupted(self, mut meanwhile: impl FnMut()) -> Result<()> {
        while !was_interrupted() && !self.thread.is_finished() {
            meanwhile();
        }
        self.stop.stop();
        match self.thread.join() {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Trouble::new(format!(
                "The server can accept no more connections ({error}): start it again."
            ))),
            // The panic has said more.
            Err(_) => Err(Trouble::new("The server has failed: start it again.")),
        }
    }
}

/// So many fit into what the system allows.
fn connections(descriptors: Option<u64>) -> usize {
    let fitting = descriptors
        .map(|limit| (limit.saturating_sub(OTHER_DESCRIPTORS) / DESCRIPTORS_EACH).max(1));
    fitting
        .and_then(|fitting| usize::try_from(fitting).ok())
        .map_or(MOST_CONNECTIONS, |fitting| fitting.min(MOST_CONNECTIONS))
}

/// Listens on the first of the ports that is free. Only programs on this computer can connect.
fn listen(ports: impl IntoIterator<Item = u16>) -> io::Result<TcpListener> {
    let mut outcome = Err(ErrorKind::AddrInUse.into());
    for port in ports {
        outcome = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        if !matches!(&outcome, Err(error) if error.kind() == ErrorKind::AddrInUse) {
            break;
        }
    }
    outcome
}

fn could_not_listen(port: u16, error: &io::Error) -> Trouble {
    Trouble::new(match error.kind() {
        ErrorKind::AddrInUse => format!(
            "Port {port} is taken: another program listens there. End that one, or give another port; without --port, the \
             course finds one."
        ),
        _ => format!(
            "The course cannot listen on 127.0.0.1:{port} ({error}): give another port, such as --port 7049."
        ),
    })
}

/// What becomes of single connections is the browser's business. That there are too many is ours, and said once.
fn report(news: News) {
    static SAID: Once = Once::new();
    if let News::AcceptFailed(error) = news {
        SAID.call_once(|| {
            eprintln!(
                "A browser has to wait ({error}): close tabs, or raise the limit (ulimit -n)."
            );
        });
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what should not happen"
)]
mod tests {
    use super::*;

    #[test]
    fn the_next_port_is_taken_when_one_is_not_free() {
        let first = listen([0]).unwrap();
        let taken = first.local_addr().unwrap().port();
        let second = listen([taken, taken, 0]).unwrap().local_addr().unwrap();
        assert!(second.ip().is_loopback() && second.port() != taken);
        assert_eq!(listen([taken]).unwrap_err().kind(), ErrorKind::AddrInUse);
    }

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        assert_eq!(connections(None), MOST_CONNECTIONS);
        assert_eq!(connections(Some(1_000_000)), MOST_CONNECTIONS);
        assert_eq!(connections(Some(1_024)), 412);
        assert_eq!(connections(Some(100)), 1);
    }
}
