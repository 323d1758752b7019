//! Exercise: a keepalive of your own, and what the kernel made of it.

use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::TcpStream;
use std::time::Duration;

/// What a program would like.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Idle time before the first probe.
    pub idle: Duration,
    /// Time between two probes.
    pub interval: Duration,
    /// Probes without an answer until the connection is given up.
    pub retries: u32,
    /// How long sent data may stay unacknowledged until the connection is given up.
    pub user_timeout: Duration,
}

/// What the kernel says is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// SO_KEEPALIVE.
    pub on: bool,
    /// TCP_KEEPIDLE (TCP_KEEPALIVE on macOS).
    pub idle: Duration,
    /// TCP_KEEPINTVL.
    pub interval: Duration,
    /// TCP_KEEPCNT.
    pub retries: u32,
    /// TCP_USER_TIMEOUT; `None` where it is not set or the system does not have it.
    pub user_timeout: Option<Duration>,
}

/// Gives `stream` the keepalive and the user timeout that are `wanted`, and returns what the
/// kernel then says is in force.
///
/// The kernel counts keepalive times in whole seconds, tcp(7), and socket2 cuts the rest off, so
/// round up: nobody is probed earlier than wanted. TCP_USER_TIMEOUT counts milliseconds.
///
/// What will come: times with and without a fraction of a second, also below one second; values
/// that the kernel refuses.
///
/// Example: for an `idle` of 1.5 s this returns an `idle` of 2 s.
///
/// # Errors
/// The kernel's, when it refuses a value.
pub fn keep_alive(stream: &TcpStream, wanted: &Wanted) -> io::Result<InForce> {
    // BEGIN SOLUTION: set the keepalive times in whole seconds, the retries and the user timeout through socket2, then ask the kernel for all of them
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(whole_seconds(wanted.idle))
        .with_interval(whole_seconds(wanted.interval))
        .with_retries(wanted.retries);
    // This also switches SO_KEEPALIVE on: without it the numbers mean nothing.
    socket.set_tcp_keepalive(&keepalive)?;
    set_user_timeout(&socket, wanted.user_timeout)?;
    Ok(InForce {
        on: socket.keepalive()?,
        idle: socket.tcp_keepalive_time()?,
        interval: socket.tcp_keepalive_interval()?,
        retries: socket.tcp_keepalive_retries()?,
        user_timeout: user_timeout(&socket)?,
    })
    // END SOLUTION
}

/// `time` in whole seconds, rounded up.
fn whole_seconds(time: Duration) -> Duration {
    // BEGIN SOLUTION: a second that has begun counts as a whole one
    let begun = u64::from(time.subsec_nanos() > 0);
    Duration::from_secs(time.as_secs() + begun)
    // END SOLUTION
}

/// Sets TCP_USER_TIMEOUT. Given, because not every system has it: elsewhere it does nothing.
#[cfg(target_os = "linux")]
fn set_user_timeout(socket: &SockRef, timeout: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(target_os = "linux"))]
fn set_user_timeout(_: &SockRef, _: Duration) -> io::Result<()> {
    Ok(())
}

/// Asks the kernel for TCP_USER_TIMEOUT. Given, as [`set_user_timeout`].
#[cfg(target_os = "linux")]
fn user_timeout(socket: &SockRef) -> io::Result<Option<Duration>> {
    socket.tcp_user_timeout()
}

#[cfg(not(target_os = "linux"))]
fn user_timeout(_: &SockRef) -> io::Result<Option<Duration>> {
    Ok(None)
}
