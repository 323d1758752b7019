//! What waits for one client.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chat_threads::{MAX_QUEUE, QueueFull};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Frames that one write may take.
const BATCH: usize = 64;

// ANCHOR: queue
/// Frames on their way to one client. All members share one copy of a frame.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    /// There is something to write.
    filled: Notify,
    /// A frame did not fit.
    overflow: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Arc<[u8]>>,
    /// So many bytes of the first frame have been written.
    written: usize,
    /// Bytes of all frames, without those that have been written.
    bytes: usize,
    overflowed: bool,
}

impl Queue {
    /// Puts a frame behind the others. It never waits.
    pub(crate) fn push(&self, frame: &Arc<[u8]>) -> Result<(), QueueFull> {
        let mut waiting = self.waiting();
        // Policy, slow consumer: whose queue is full loses its connection, at once.
        if waiting.bytes + frame.len() > MAX_QUEUE {
            waiting.overflowed = true;
            self.overflow.notify_one();
            return Err(QueueFull);
        }
        waiting.push(Arc::clone(frame));
        self.filled.notify_one();
        Ok(())
    }

    /// Puts the last frame of all behind the others. There is room for it, even when there is none.
    pub(crate) fn push_last(&self, frame: Arc<[u8]>) {
        self.waiting().push(frame);
        self.filled.notify_one();
    }

    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting().bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting_bytes() == 0
    }

    /// Waits until there is something to write and room for it, and writes once.
    ///
    /// It may be dropped while it waits, and nothing is lost: what has been written is known here,
    /// in the queue, as soon as it has been written.
    ///
    /// # Errors
    ///
    /// Whatever the connection reports.
    pub(crate) async fn write_once(&self, client: &TcpStream) -> io::Result<()> {
        loop {
            while self.is_empty() {
                self.filled.notified().await;
            }
            client.writable().await?;
            // Here nothing waits: from the write to the note of it is one piece.
            let batch = self.first_frames();
            match client.try_write_vectored(&batch.slices()) {
                Ok(count) => {
                    self.waiting().remove(count);
                    return Ok(());
                }
                // It was a false alarm, or another one has been faster.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until a frame did not fit.
    pub(crate) async fn overflowed(&self) {
        self.overflow.notified().await;
    }

    pub(crate) fn has_overflowed(&self) -> bool {
        self.waiting().overflowed
    }
}
// ANCHOR_END: queue

impl Queue {
    /// The frames for one write: only this client's task removes any, so they stay the first.
    fn first_frames(&self) -> Batch {
        let waiting = self.waiting();
        Batch {
            frames: waiting.frames.iter().take(BATCH).cloned().collect(),
            written: waiting.written,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, frame: Arc<[u8]>) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
    }

    /// The first `count` bytes have been written.
    fn remove(&mut self, count: usize) {
        self.bytes -= count;
        self.written += count;
        while let Some(first) = self.frames.front()
            && first.len() <= self.written
        {
            self.written -= first.len();
            self.frames.pop_front();
        }
    }
}

/// Shares in the frames of one write: the lock need not be held meanwhile.
struct Batch {
    frames: Vec<Arc<[u8]>>,
    written: usize,
}

impl Batch {
    fn slices(&self) -> Vec<IoSlice<'_>> {
        let mut slices: Vec<_> = self
            .frames
            .iter()
            .map(|frame| IoSlice::new(frame))
            .collect();
        IoSlice::advance_slices(&mut slices.as_mut_slice(), self.written);
        slices
    }
}
