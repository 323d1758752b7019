//! On which processors threads run.

use std::io;

/// One core for a server and one for its clients, so that neither takes time from the other, and nobody is moved
/// about while time is measured.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    server: usize,
    clients: usize,
}

impl Cores {
    /// Two of those on which we may run; `None` when there are fewer, or the system does not tell.
    pub fn two() -> Option<Self> {
        let mut allowed = allowed().into_iter();
        Some(Self {
            server: allowed.next()?,
            clients: allowed.next()?,
        })
    }

    /// From now on this thread runs on the server's core; and what it starts, too: sched_setaffinity(2).
    ///
    /// # Errors
    ///
    /// When the system does not allow it any more.
    pub fn use_servers(self) -> io::Result<()> {
        pin(self.server)
    }

    /// From now on this thread runs on the clients' core.
    ///
    /// # Errors
    ///
    /// As for [`Cores::use_servers`].
    pub fn use_clients(self) -> io::Result<()> {
        pin(self.clients)
    }
}

#[cfg(target_os = "linux")]
fn allowed() -> Vec<usize> {
    use rustix::thread::{CpuSet, sched_getaffinity};
    let Ok(set) = sched_getaffinity(None) else {
        return Vec::new();
    };
    (0..CpuSet::MAX_CPU)
        .filter(|core| set.is_set(*core))
        .collect()
}

#[cfg(target_os = "linux")]
fn pin(core: usize) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(not(target_os = "linux"))]
fn allowed() -> Vec<usize> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
fn pin(_: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
