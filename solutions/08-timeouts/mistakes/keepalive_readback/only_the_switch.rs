//! hint: three-numbers
//! Switches keepalive on and leaves the two hours as they are.

use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::TcpStream;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub idle: Duration,
    pub interval: Duration,
    pub retries: u32,
    pub user_timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    pub on: bool,
    pub idle: Duration,
    pub interval: Duration,
    pub retries: u32,
    pub user_timeout: Option<Duration>,
}

pub fn keep_alive(stream: &TcpStream, wanted: &Wanted) -> io::Result<InForce> {
    let socket = SockRef::from(stream);
    socket.set_keepalive(true)?;
    set_user_timeout(&socket, wanted.user_timeout)?;
    Ok(InForce {
        on: socket.keepalive()?,
        idle: socket.tcp_keepalive_time()?,
        interval: socket.tcp_keepalive_interval()?,
        retries: socket.tcp_keepalive_retries()?,
        user_timeout: user_timeout(&socket)?,
    })
}

fn whole_seconds(time: Duration) -> Duration {
    let begun = u64::from(time.subsec_nanos() > 0);
    Duration::from_secs(time.as_secs() + begun)
}

#[cfg(target_os = "linux")]
fn set_user_timeout(socket: &SockRef, timeout: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(target_os = "linux"))]
fn set_user_timeout(_: &SockRef, _: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn user_timeout(socket: &SockRef) -> io::Result<Option<Duration>> {
    socket.tcp_user_timeout()
}

#[cfg(not(target_os = "linux"))]
fn user_timeout(_: &SockRef) -> io::Result<Option<Duration>> {
    Ok(None)
}
