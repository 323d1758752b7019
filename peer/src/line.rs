//! One end of a TCP connection, scripted by the grader.

use crate::bytes::{compared, counted, first_difference, quoted};
use crate::scene::after;
use crate::verdict::Why;
use crate::{Scene, of_the_machine};
use socket2::SockRef;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// Bytes that [`Line::echo_until_end`] holds between its read and its write.
const ECHO_BUFFER: usize = 64 * 1024;

/// Unexpected bytes that are read for the verdict; a server that never stops sending ends here.
const EXTRA_BYTES: usize = 1024;

/// The peer's end of a connection to the student's code.
pub struct Line<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) name: String,
    pub(crate) stream: TcpStream,
}

impl<'a> Line<'a> {
    pub(crate) fn connect(
        scene: &'a Scene,
        name: &str,
        address: SocketAddr,
        key: &str,
    ) -> Line<'a> {
        let connected = TcpStream::connect_timeout(&address, scene.left().max(A_MOMENT));
        scene.ladder().sent(format!("{name}: connect"));
        match connected {
            Ok(stream) => Line::over(scene, name, stream),
            Err(error) => scene.fail(
                key,
                format!("Nobody listens on {address} any more: {error}."),
                String::new(),
                false,
            ),
        }
    }

    fn over(scene: &'a Scene, name: &str, stream: TcpStream) -> Line<'a> {
        // What the script sends must leave now, not when Nagle's algorithm allows it.
        of_the_machine("set TCP_NODELAY", stream.set_nodelay(true));
        Line {
            scene,
            name: name.to_string(),
            stream,
        }
    }

    /// The address of this end.
    pub fn local_addr(&self) -> SocketAddr {
        of_the_machine("tell a socket's address", self.stream.local_addr())
    }

    /// Sends everything at once. A peer that is gone or does not read is written into the
    /// ladder only: what should have come back is what the test expects next.
    pub fn send(&mut self, bytes: &[u8]) {
        self.say(quoted(bytes));
        if let Err(error) = self.write_all(bytes) {
            self.scene
                .note(format!("{}: not all of it was sent: {error}", self.name));
        }
    }

    /// Sends each byte alone and waits until the other end has taken it, so that bytes cannot
    /// arrive together. Where the kernel does not show its receive queues (not Linux) the bytes
    /// may still meet in one read.
    pub fn send_byte_by_byte(&mut self, bytes: &[u8]) {
        self.say(format!("{} one by one", quoted(bytes)));
        let mut table_is_long = false;
        for byte in bytes {
            if let Err(error) = self.write_all(std::slice::from_ref(byte)) {
                self.scene
                    .note(format!("{}: the rest was not sent: {error}", self.name));
                return;
            }
            // First the cheap question: code that runs has not come back for the next byte yet.
            while self.scene.left() > Duration::ZERO
                && (self.scene.student_runs() || self.is_untaken(&mut table_is_long))
            {
                // Asleep, and not in a loop: the other end needs the processor more.
                std::thread::sleep(A_LOOK);
            }
            if self.scene.left() > Duration::ZERO {
                self.scene.progressed();
            }
        }
    }

    /// True while the other end's kernel holds bytes that its program has not read.
    ///
    /// A machine with thousands of connections has a table that takes longer to read than the test
    /// has time. It is then looked at no more, and the bytes may meet in one read.
    ///
    /// Source: proc_pid_net(5), /proc/net/tcp; addresses are in host byte order.
    fn is_untaken(&self, table_is_long: &mut bool) -> bool {
        if *table_is_long {
            std::thread::sleep(A_LOOK);
            return false;
        }
        let started = Instant::now();
        let address = |address: io::Result<SocketAddr>| match address {
            Ok(SocketAddr::V4(v4)) => Some(format!(
                "{:08X}:{:04X}",
                u32::from_ne_bytes(v4.ip().octets()),
                v4.port()
            )),
            _ => None,
        };
        let (Some(ours), Some(theirs)) = (
            address(self.stream.local_addr()),
            address(self.stream.peer_addr()),
        ) else {
            return false;
        };
        let Ok(table) = std::fs::read_to_string("/proc/thread-self/net/tcp") else {
            return false;
        };
        *table_is_long = started.elapsed() > LONG_LOOK;
        table.lines().any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let ends = (fields.next(), fields.next());
            let queues = fields.nth(1).and_then(|queues| queues.split_once(':'));
            match queues {
                Some((_, unread)) if ends == (Some(&theirs), Some(&ours)) => unread != "00000000",
                Some((unsent, _)) if ends == (Some(&ours), Some(&theirs)) => unsent != "00000000",
                _ => false,
            }
        })
    }

    /// Says "I have sent everything" and goes on receiving.
    pub fn half_close(&mut self) {
        self.say("end of stream (half-close)");
        if let Err(error) = self.stream.shutdown(Shutdown::Write) {
            self.scene.note(format!("{}: shutdown: {error}", self.name));
        }
    }

    /// Ends the connection with a reset: SO_LINGER of 0 seconds, then close (socket(7)).
    pub fn reset(self) {
        self.say("reset");
        let set = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        of_the_machine("set SO_LINGER", set);
    }

    /// Closes the connection.
    pub fn close(self) {
        self.say("close");
    }

    /// Reads as many bytes as are expected. Ends the test at the first wrong byte, at the end of
    /// the stream, or at the deadline, with the hint that `key` chooses.
    pub fn expect(&mut self, expected: &[u8], key: impl FnOnce(Why) -> &'static str) {
        let mut got = Vec::with_capacity(expected.len());
        let why = loop {
            if first_difference(&expected[..got.len()], &got).is_some() {
                break Some(Why::Different);
            }
            if got.len() == expected.len() {
                break None;
            }
            match self.receive(&mut got, expected.len()) {
                Ok(true) => {}
                Ok(false) => break Some(Why::Ended),
                Err(why) => break Some(why),
            }
        };
        self.hear(&got);
        let Some(why) = why else { return };
        self.hear_end(why);
        let missing = after(got.len(), expected.len());
        let sentence = match why {
            Why::Blocked(_) | Why::Spinning => {
                let missing = format!("and {} of {} came", got.len(), counted(expected.len()));
                self.scene.sentence(why, &missing)
            }
            _ => self.scene.sentence(why, &missing),
        };
        // Where nothing came, there is no first wrong byte to point at.
        let bytes = if got.is_empty() {
            String::new()
        } else {
            compared(expected, &got)
        };
        self.scene
            .fail(key(why), sentence, bytes, self.scene.unclear(why));
    }

    /// Expects the end of the stream and nothing before it.
    pub fn expect_end(&mut self, key: impl FnOnce(Why) -> &'static str) {
        let mut extra = Vec::new();
        let why = loop {
            match self.receive(&mut extra, EXTRA_BYTES) {
                Ok(true) if extra.len() < EXTRA_BYTES => {}
                Ok(true) => break Why::Different,
                Ok(false) if extra.is_empty() => {
                    self.hear_end(Why::Ended);
                    return;
                }
                Ok(false) => break Why::Different,
                Err(why) => {
                    break if extra.is_empty() {
                        why
                    } else {
                        Why::Different
                    };
                }
            }
        };
        self.hear(&extra);
        self.hear_end(why);
        let sentence = match why {
            Why::Different => format!(
                "{} bytes came after the last one that was expected: {}.",
                extra.len(),
                quoted(&extra)
            ),
            Why::Reset => self.scene.sentence(why, "where end of stream was expected"),
            _ => self
                .scene
                .sentence(why, "and should have closed the connection"),
        };
        self.scene.fail(
            key(why),
            sentence,
            compared(b"", &extra),
            self.scene.unclear(why),
        );
    }

    /// Everything up to the end of the stream, `limit` bytes at most.
    pub fn read_to_end(&mut self, limit: usize, key: impl FnOnce(Why) -> &'static str) -> Vec<u8> {
        let mut got = Vec::new();
        let why = loop {
            match self.receive(&mut got, limit) {
                Ok(true) if got.len() < limit => {}
                Ok(true) => break Why::Different,
                Ok(false) => {
                    self.hear(&got);
                    self.hear_end(Why::Ended);
                    return got;
                }
                Err(why) => break why,
            }
        };
        self.hear(&got);
        self.hear_end(why);
        let sentence = match why {
            Why::Different => format!("{} and more came, and no end of stream.", counted(limit)),
            _ => self
                .scene
                .sentence(why, "and should have closed the connection"),
        };
        self.scene
            .fail(key(why), sentence, String::new(), self.scene.unclear(why));
    }

    /// Echoes as a simple server does: reads, writes that back, and reads no more until it is
    /// written. Closes its direction at the end of the stream and returns the number of bytes.
    pub fn echo_until_end(&mut self, key: impl FnOnce(Why) -> &'static str) -> usize {
        let mut buffer = vec![0; ECHO_BUFFER];
        let mut echoed = 0;
        let why = loop {
            let moved = self
                .read_some(&mut buffer)
                .and_then(|n| self.write_all(&buffer[..n]).map(|()| n));
            match moved {
                Ok(0) => {
                    self.say(format!("echoed {}, then end of stream", counted(echoed)));
                    if let Err(error) = self.stream.shutdown(Shutdown::Write) {
                        self.scene.note(format!("{}: shutdown: {error}", self.name));
                    }
                    return echoed;
                }
                Ok(n) => {
                    echoed += n;
                    self.scene.progressed();
                }
                Err(error) => break self.why(&error),
            }
        };
        self.scene
            .ladder()
            .received(format!("{}: {} echoed so far", self.name, counted(echoed)));
        self.hear_end(why);
        let sentence = self
            .scene
            .sentence(why, &format!("after {} were echoed", counted(echoed)));
        self.scene
            .fail(key(why), sentence, String::new(), self.scene.unclear(why));
    }

    /// One read, appended to `got`, which will not grow over `limit`. False at end of stream.
    pub(crate) fn receive(&mut self, got: &mut Vec<u8>, limit: usize) -> Result<bool, Why> {
        let mut buffer = [0; 4096];
        let room = buffer.len().min(limit - got.len());
        match self.read_some(&mut buffer[..room]) {
            Ok(n) => {
                got.extend_from_slice(&buffer[..n]);
                if n > 0 {
                    self.scene.progressed();
                }
                Ok(n > 0)
            }
            Err(error) => Err(self.why(&error)),
        }
    }

    pub(crate) fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.in_time(TcpStream::set_read_timeout)?;
            match self.stream.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Every write gets the time that is left by then: one that took a part at the deadline must
    /// not be followed by one that waits as long again.
    pub(crate) fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.in_time(TcpStream::set_write_timeout)?;
            match self.stream.write(bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Gives the next call the time that is left to the test.
    fn in_time(
        &self,
        set: impl Fn(&TcpStream, Option<Duration>) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.scene.left() {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => set(&self.stream, Some(left)),
        }
    }

    pub(crate) fn why(&self, error: &io::Error) -> Why {
        match error.kind() {
            // Linux says WouldBlock when a receive timeout is over, Windows TimedOut.
            ErrorKind::WouldBlock | ErrorKind::TimedOut => self.scene.why_silent(),
            _ => Why::Reset,
        }
    }

    pub(crate) fn say(&self, text: impl AsRef<str>) {
        self.scene
            .ladder()
            .sent(format!("{}: {}", self.name, text.as_ref()));
    }

    pub(crate) fn hear(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.scene
                .ladder()
                .received(format!("{}: {}", self.name, quoted(bytes)));
        }
    }

    pub(crate) fn hear_end(&self, why: Why) {
        match why {
            Why::Ended => self
                .scene
                .ladder()
                .received(format!("{}: end of stream", self.name)),
            Why::Reset => self
                .scene
                .ladder()
                .received(format!("{}: reset", self.name)),
            Why::Blocked(Some(call)) => {
                self.scene
                    .note(format!("✗ {} waits in {call}", self.scene.name()));
            }
            Why::Blocked(None) | Why::Spinning => self.scene.note("✗ nothing comes"),
            Why::Different => {}
        }
    }
}

/// Between two looks at the other end's receive queue.
const A_LOOK: Duration = Duration::from_micros(50);

/// A table of connections that takes so long to read is looked at once.
const LONG_LOOK: Duration = Duration::from_millis(30);

/// A timeout of zero is not allowed; a deadline that has just passed gets this.
const A_MOMENT: Duration = Duration::from_millis(1);

/// Bytes that the kernel may hold in each direction of a host's connections. Left alone, buffers
/// grow with use (tcp(7): tcp_rmem, tcp_wmem), to 32 MiB on some systems, and a client that writes
/// without reading would come to a stop on some machines only.
const HOST_BUFFER: usize = 64 * 1024;

/// The grader's listener, for exercises in which the student writes a client.
pub struct Host<'a> {
    scene: &'a Scene,
    listener: TcpListener,
    address: SocketAddr,
}

impl<'a> Host<'a> {
    pub(crate) fn new(scene: &'a Scene, listener: TcpListener, address: SocketAddr) -> Host<'a> {
        // Accepted sockets inherit both.
        let socket = SockRef::from(&listener);
        of_the_machine("set SO_RCVBUF", socket.set_recv_buffer_size(HOST_BUFFER));
        of_the_machine("set SO_SNDBUF", socket.set_send_buffer_size(HOST_BUFFER));
        Host {
            scene,
            listener,
            address,
        }
    }

    /// Where the student's client connects to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The student's next connection; ends the test with `key`'s hint when none comes.
    pub fn accept(&self, key: impl FnOnce(Why) -> &'static str) -> Line<'a> {
        // SO_RCVTIMEO bounds accept(2) too, but std sets it on streams only.
        let timeout =
            SockRef::from(&self.listener).set_read_timeout(Some(self.scene.left().max(A_MOMENT)));
        of_the_machine("set SO_RCVTIMEO", timeout);
        let started = Instant::now();
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    self.scene.ladder().received("connect");
                    self.scene.progressed();
                    return Line::over(self.scene, "server", stream);
                }
                Err(error)
                    if error.kind() == ErrorKind::Interrupted
                        && started.elapsed() < crate::LONGEST_DEADLINE => {}
                Err(_) => {
                    let why = self.scene.why_silent();
                    let sentence = self.scene.sentence(why, "and has not connected");
                    self.scene
                        .fail(key(why), sentence, String::new(), self.scene.unclear(why));
                }
            }
        }
    }
}
