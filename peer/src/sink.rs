//! Something to write to that takes exactly as much as told.
//!
//! What a nonblocking socket takes depends on its buffers and on the other end. A sink gives the
//! student's code a full socket, a short write or an error at a chosen place, every time.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Scene;
use crate::bytes::{counted, quoted};
use crate::ladder::Ladder;

/// What one call to `write` is told.
#[derive(Clone, Copy, Debug)]
pub enum Take {
    /// So many bytes were taken, or all when there are fewer.
    Bytes(usize),
    /// No byte was taken, and there is no error: `Ok(0)`.
    Nothing,
    /// The error `Interrupted`: a signal came first, and the call should simply be made again.
    Interrupted,
    /// The error `WouldBlock`: the socket takes no more now.
    WouldBlock,
    /// An error of this kind.
    Failed(ErrorKind),
}

/// An in-memory `Write`. After its last step, `write` takes everything. Clones are the same sink,
/// so that a test can look while the student's code holds one.
#[derive(Clone)]
pub struct Sink {
    ladder: Ladder,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    steps: VecDeque<Take>,
    written: Vec<u8>,
    writes: usize,
}

impl Scene {
    /// A sink that takes as `steps` say.
    pub fn sink(&self, steps: impl IntoIterator<Item = Take>) -> Sink {
        Sink {
            ladder: self.ladder().clone(),
            shared: Arc::new(Mutex::new(Shared {
                steps: steps.into_iter().collect(),
                written: Vec::new(),
                writes: 0,
            })),
        }
    }
}

impl Sink {
    /// What has been written so far.
    pub fn written(&self) -> Vec<u8> {
        self.shared().written.clone()
    }

    /// How often `write` was called.
    pub fn writes(&self) -> usize {
        self.shared().writes
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, answer: &str) {
        self.ladder.received(format!("write() = {answer}"));
    }

    fn fails(&self, kind: ErrorKind) -> io::Result<usize> {
        self.say(&format!("error: {kind:?}"));
        Err(kind.into())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shared = self.shared();
        shared.writes += 1;
        let most = match shared.steps.pop_front() {
            Some(Take::Bytes(most)) => most,
            Some(Take::Nothing) => {
                self.say("0, and no error");
                return Ok(0);
            }
            Some(Take::Interrupted) => return self.fails(ErrorKind::Interrupted),
            Some(Take::WouldBlock) => return self.fails(ErrorKind::WouldBlock),
            Some(Take::Failed(kind)) => return self.fails(kind),
            None => usize::MAX,
        };
        let count = bytes.len().min(most);
        shared.written.extend_from_slice(&bytes[..count]);
        let taken = if count < bytes.len() {
            format!(" took {count} of {}", counted(bytes.len()))
        } else {
            String::new()
        };
        self.ladder
            .received(format!("write({}){taken}", quoted(&bytes[..count])));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge;

    #[test]
    fn takes_as_told_and_then_everything() {
        let judged = judge(crate::DEADLINE, |scene| {
            let steps = [Take::Bytes(2), Take::WouldBlock, Take::Nothing];
            let mut sink = scene.sink(steps);
            assert_eq!(sink.write(b"abc").unwrap(), 2);
            let full = sink.write(b"c").unwrap_err();
            assert_eq!(full.kind(), ErrorKind::WouldBlock);
            assert_eq!(sink.write(b"c").unwrap(), 0);
            assert_eq!(sink.write(b"c").unwrap(), 1);
            assert_eq!((sink.written(), sink.writes()), (b"abc".to_vec(), 4));
            let drawn = scene.ladder().drawn("your code");
            assert!(drawn.contains("took 2 of 3 bytes"), "{drawn}");
            assert!(drawn.contains("write() = error: WouldBlock"), "{drawn}");
        });
        assert_eq!(judged, Ok(()));
    }
}
