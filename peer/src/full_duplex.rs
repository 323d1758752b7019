//! A peer that does more than one thing at a time, or stops doing one of them.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::bytes::{compared, counted, first_difference};
use crate::scene::after;
use crate::verdict::Why;
use crate::{Line, of_the_machine};

/// When so long not a byte more was taken, the peer does not read and all buffers are full.
const FULL: Duration = Duration::from_millis(150);

/// Bytes that one call moves.
const PIECE: usize = 64 * 1024;

/// The first of `bytes` that is not what stands `from` bytes into `piece`, repeated.
fn first_wrong(piece: &[u8], from: usize, bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        let right = &piece[(from + at) % piece.len()..];
        let length = right.len().min(bytes.len() - at);
        // Slices are compared at once; byte for byte would take longer than the bytes came.
        if right[..length] != bytes[at..at + length] {
            return first_difference(&right[..length], &bytes[at..at + length])
                .map(|different| at + different);
        }
        at += length;
    }
    None
}

impl Line<'_> {
    /// Sends `bytes` and reads them back at the same time, so that neither direction waits for the
    /// other.
    pub fn send_while_expecting(&mut self, bytes: &[u8], key: impl FnOnce(Why) -> &'static str) {
        self.say(format!("{} (while reading)", counted(bytes.len())));
        self.exchange(bytes, bytes.len(), false, key);
    }

    /// Ends its stream and reads back `sent` bytes, which are `piece` again and again.
    pub fn half_close_while_expecting(
        &mut self,
        piece: &[u8],
        sent: usize,
        key: impl FnOnce(Why) -> &'static str,
    ) {
        self.half_close();
        self.exchange(piece, sent, true, key);
    }

    fn exchange(
        &mut self,
        piece: &[u8],
        expected: usize,
        is_sent: bool,
        key: impl FnOnce(Why) -> &'static str,
    ) {
        let writer = of_the_machine("clone a socket", self.stream.try_clone());
        let left = Some(self.scene.left().max(FULL));
        of_the_machine("set SO_SNDTIMEO", writer.set_write_timeout(left));
        let ended = thread::scope(|scope| {
            if !is_sent {
                // What is not sent does not come back, and that is what is noticed.
                scope.spawn(|| (&writer).write_all(piece));
            }
            let ended = self.read_pieces(piece, expected);
            if ended.is_err() {
                let _ = writer.shutdown(Shutdown::Both);
            }
            ended
        });
        let (got, why) = match ended {
            Ok(got) => {
                self.scene.ladder().received(format!(
                    "{}: {}, all of them right",
                    self.name,
                    counted(got)
                ));
                return;
            }
            Err(ended) => ended,
        };
        self.hear_end(why);
        let sentence = match why {
            Why::Different => {
                let sentence = self.scene.sentence(why, "");
                format!("{sentence} The first {got} bytes were right.")
            }
            Why::Ended | Why::Reset => self.scene.sentence(why, &after(got, expected)),
            _ => {
                let missing = format!("and {got} of {} came", counted(expected));
                self.scene.sentence(why, &missing)
            }
        };
        self.scene
            .fail(key(why), sentence, String::new(), self.scene.unclear(why));
    }

    /// Reads `expected` bytes, which should be `piece` again and again; or says how many were right
    /// and what came then.
    fn read_pieces(&mut self, piece: &[u8], expected: usize) -> Result<usize, (usize, Why)> {
        let mut buffer = vec![0; PIECE];
        let mut got = 0;
        while got < expected {
            let room = buffer.len().min(expected - got);
            match self.read_some(&mut buffer[..room]) {
                Ok(0) => return Err((got, Why::Ended)),
                Ok(count) => {
                    self.scene.progressed();
                    if let Some(at) = first_wrong(piece, got, &buffer[..count]) {
                        return Err((got + at, Why::Different));
                    }
                    got += count;
                }
                Err(error) => return Err((got, self.why(&error))),
            }
        }
        Ok(got)
    }

    /// Sends `piece` again and again and reads nothing, until no more is taken, or `limit` bytes
    /// were; returns how many.
    pub fn flood(&mut self, piece: &[u8], limit: usize) -> usize {
        // Our own kernel's buffer is not what is tested, and may be many megabytes.
        let bounded = SockRef::from(&self.stream).set_send_buffer_size(PIECE);
        of_the_machine("set SO_SNDBUF", bounded);
        let full = FULL.min(self.scene.left()).max(Duration::from_millis(1));
        of_the_machine("set SO_SNDTIMEO", self.stream.set_write_timeout(Some(full)));
        let mut sent = 0;
        while sent < limit {
            let rest = &piece[sent % piece.len()..];
            let rest = &rest[..rest.len().min(limit - sent)];
            match self.stream.write(rest) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        self.say(format!("{}, and reads nothing", counted(sent)));
        sent
    }

    /// Reads to the end of the connection, however it ends, and returns how many bytes came. They
    /// should be `piece` again and again.
    pub fn read_while_right(&mut self, piece: &[u8], key: &'static str) -> usize {
        match self.read_pieces(piece, usize::MAX) {
            Ok(got) | Err((got, Why::Ended | Why::Reset)) => {
                let text = format!("{}: {}, then the end", self.name, counted(got));
                self.scene.ladder().received(text);
                got
            }
            Err((_, why)) => {
                let sentence = self
                    .scene
                    .sentence(why, "and should have ended the connection");
                self.scene
                    .fail(key, sentence, String::new(), self.scene.unclear(why));
            }
        }
    }

    /// Expects that the connection ends, with the end of the stream or with a reset, and that no
    /// byte comes before.
    pub fn expect_gone(&mut self, key: &'static str) {
        let mut byte = [0];
        let why = match self.read_some(&mut byte) {
            Ok(0) => return self.hear_end(Why::Ended),
            Ok(_) => Why::Different,
            Err(error) => match self.why(&error) {
                Why::Reset => return self.hear_end(Why::Reset),
                why => why,
            },
        };
        self.hear_end(why);
        let sentence = self
            .scene
            .sentence(why, "and should have ended the connection");
        self.scene
            .fail(key, sentence, String::new(), self.scene.unclear(why));
    }

    /// Sends `bytes` and reads as many back. What goes wrong is an error and no verdict.
    pub fn try_exchange(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut echo = vec![0; bytes.len()];
        self.write_all(bytes)?;
        self.stream.set_read_timeout(Some(self.scene.left()))?;
        self.stream.read_exact(&mut echo)
    }

    /// Whether nothing comes, not even the end, for `time`.
    pub fn is_silent(&self, time: Duration) -> bool {
        of_the_machine("set SO_RCVTIMEO", self.stream.set_read_timeout(Some(time)));
        let peeked = self.stream.peek(&mut [0]);
        matches!(peeked, Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    /// Reads exactly `length` bytes, whatever they are.
    pub fn take(&mut self, length: usize, key: impl FnOnce(Why) -> &'static str) -> Vec<u8> {
        let mut got = Vec::with_capacity(length);
        let why = loop {
            if got.len() == length {
                return got;
            }
            match self.receive(&mut got, length) {
                Ok(true) => {}
                Ok(false) => break Why::Ended,
                Err(why) => break why,
            }
        };
        self.hear(&got);
        self.hear_end(why);
        let sentence = match why {
            Why::Ended | Why::Reset => self.scene.sentence(why, &after(got.len(), length)),
            _ => {
                let missing = format!("and {} of {} came", got.len(), counted(length));
                self.scene.sentence(why, &missing)
            }
        };
        self.scene.fail(
            key(why),
            sentence,
            compared(b"", &got),
            self.scene.unclear(why),
        );
    }

    /// A client that sends and reads as fast as it can until `done`, and then is gone: for a thread
    /// of its own.
    pub fn keep_busy<'b>(self, done: &'b AtomicBool) -> impl FnOnce() + Send + 'b {
        self.say("sends and reads without a pause from now on");
        let stream = self.stream;
        move || {
            let _ = stream.set_nonblocking(true);
            let mut buffer = vec![b'x'; PIECE];
            while !done.load(Ordering::Relaxed) {
                let moved = [(&stream).write(&buffer), (&stream).read(&mut buffer)];
                let blocked = |moved: &io::Result<usize>| matches!(moved, Err(error) if error.kind() == ErrorKind::WouldBlock);
                if moved.iter().all(blocked) {
                    thread::yield_now();
                }
            }
            drop::<TcpStream>(stream);
        }
    }
}
