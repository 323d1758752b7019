//! A stream in memory that splits bytes exactly as told.
//!
//! Real sockets merge writes and split reads as they like. A script gives the student's code
//! any split, a short write, an interrupted call or a reset at a chosen place, every time.

use crate::Scene;
use crate::bytes::{counted, quoted};
use crate::ladder::Ladder;
use crate::verdict::Verdict;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Reads after the end of the stream before the script says: this loop never ends.
const READS_AFTER_END: usize = 100;

/// What one call to `read` gives.
#[derive(Clone, Debug)]
pub enum Step {
    /// These bytes; what does not fit into the caller's buffer stays for the next call.
    Data(Vec<u8>),
    /// The error `Interrupted`: a signal came first, and the call should simply be made again.
    Interrupted,
    /// The error `ConnectionReset`.
    Reset,
    /// An error of this kind, once: `WouldBlock`, for instance, when a read timeout has expired.
    Failed(ErrorKind),
}

impl Step {
    /// [`Step::Data`] from anything like bytes.
    pub fn data(bytes: impl AsRef<[u8]>) -> Step {
        Step::Data(bytes.as_ref().to_vec())
    }
}

/// An in-memory `Read + Write`. After its last step, `read` returns `Ok(0)`: end of stream.
/// Clones are the same stream, so that a test can look while the student's code holds one.
#[derive(Clone)]
pub struct Script {
    ladder: Ladder,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    steps: VecDeque<Step>,
    written: Vec<u8>,
    /// The longest write that is taken in one call.
    write_at_most: usize,
    interrupt_write: bool,
    reads_after_end: usize,
}

impl Scene {
    /// A stream that reads as `steps` say, and takes all writes.
    pub fn script(&self, steps: impl IntoIterator<Item = Step>) -> Script {
        Script {
            ladder: self.ladder().clone(),
            shared: Arc::new(Mutex::new(Shared {
                steps: steps.into_iter().collect(),
                written: Vec::new(),
                write_at_most: usize::MAX,
                interrupt_write: false,
                reads_after_end: 0,
            })),
        }
    }
}

impl Script {
    /// Every `write` takes at most `limit` bytes (at least 1) and says so, as a socket with a
    /// full buffer does.
    pub fn write_at_most(self, limit: usize) -> Script {
        self.shared().write_at_most = limit.max(1);
        self
    }

    /// The next `write` is interrupted before it takes a byte.
    pub fn interrupt_write(self) -> Script {
        self.shared().interrupt_write = true;
        self
    }

    /// What has been written so far.
    pub fn written(&self) -> Vec<u8> {
        self.shared().written.clone()
    }

    /// Bytes of the script that nobody has read.
    pub fn unread(&self) -> usize {
        let data = |step: &Step| {
            if let Step::Data(bytes) = step {
                bytes.len()
            } else {
                0
            }
        };
        self.shared().steps.iter().map(data).sum()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut shared = self.shared();
        if buffer.is_empty() {
            self.ladder.note("read() into an empty buffer = 0");
            return Ok(0);
        }
        match shared.steps.pop_front() {
            Some(Step::Data(mut bytes)) => {
                let n = bytes.len().min(buffer.len());
                buffer[..n].copy_from_slice(&bytes[..n]);
                self.ladder
                    .sent(format!("read() = {}", quoted(&bytes[..n])));
                if n < bytes.len() {
                    shared.steps.push_front(Step::Data(bytes.split_off(n)));
                }
                Ok(n)
            }
            Some(Step::Interrupted) => {
                self.ladder.sent("read() = error: Interrupted");
                Err(ErrorKind::Interrupted.into())
            }
            Some(Step::Reset) => {
                self.ladder.sent("read() = error: ConnectionReset");
                Err(ErrorKind::ConnectionReset.into())
            }
            Some(Step::Failed(kind)) => {
                self.ladder.sent(format!("read() = error: {kind:?}"));
                Err(kind.into())
            }
            None => {
                self.ladder.sent("read() = 0: end of stream");
                shared.reads_after_end += 1;
                if shared.reads_after_end > READS_AFTER_END {
                    drop(shared);
                    Verdict {
                        key: "reads-past-the-end".to_string(),
                        sentence: format!(
                            "read() returned Ok(0), which is the end of the stream, and your code called it {READS_AFTER_END} times more: a loop that never ends."
                        ),
                        ..Verdict::default()
                    }
                    .raise();
                }
                Ok(0)
            }
        }
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shared = self.shared();
        if shared.interrupt_write {
            shared.interrupt_write = false;
            self.ladder.received("write() = error: Interrupted");
            return Err(ErrorKind::Interrupted.into());
        }
        let n = bytes.len().min(shared.write_at_most);
        shared.written.extend_from_slice(&bytes[..n]);
        let taken = if n < bytes.len() {
            format!(" took {n} of {}", counted(bytes.len()))
        } else {
            String::new()
        };
        self.ladder
            .received(format!("write({}){taken}", quoted(&bytes[..n])));
        Ok(n)
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
    fn a_failed_read_fails_once() {
        let judged = judge(crate::DEADLINE, |scene| {
            let mut script = scene.script([Step::Failed(ErrorKind::WouldBlock), Step::data("ab")]);
            let mut buffer = [0; 8];
            let failed = script.read(&mut buffer).map_err(|error| error.kind());
            assert_eq!(failed, Err(ErrorKind::WouldBlock));
            assert_eq!(script.read(&mut buffer).unwrap(), 2);
            assert_eq!(script.read(&mut buffer).unwrap(), 0);
        });
        assert_eq!(judged, Ok(()));
    }
}
